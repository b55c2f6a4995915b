#pragma once
#include <uv.h>

#ifdef __linux__
// The C library shows these two only with _GNU_SOURCE, which Swift's importer does not define; the names differ so that
// they cannot meet the library's own declarations.
extern int cuv_accept4(int socket, struct sockaddr *address, socklen_t *length, int flags) __asm__("accept4");
extern int cuv_pthread_setname(pthread_t thread, const char *name) __asm__("pthread_setname_np");
#endif
