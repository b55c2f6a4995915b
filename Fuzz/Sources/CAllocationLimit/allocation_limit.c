#include "allocation_limit.h"

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef __GLIBC__

// The C library's allocator under the names that it keeps for those who put a layer of their own on top.
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

// Signed, since what was allocated before an execution can be freed in it.
static atomic_long held, peak, limit;
static atomic_int counting;

static void *count(void *memory) {
  if (!memory || !atomic_load_explicit(&counting, memory_order_relaxed)) return memory;
  long size = (long)malloc_usable_size(memory);
  long now = atomic_fetch_add_explicit(&held, size, memory_order_relaxed) + size;
  if (now > atomic_load_explicit(&peak, memory_order_relaxed)) atomic_store_explicit(&peak, now, memory_order_relaxed);
  if (now > atomic_load_explicit(&limit, memory_order_relaxed)) {
    static const char message[] = "Fatal error: one execution allocates more than its limit\n";
    atomic_store(&counting, 0);
    if (write(STDERR_FILENO, message, sizeof message - 1) < 0) abort();
    abort();
  }
  return memory;
}

static void discount(void *memory) {
  if (!memory || !atomic_load_explicit(&counting, memory_order_relaxed)) return;
  atomic_fetch_sub_explicit(&held, (long)malloc_usable_size(memory), memory_order_relaxed);
}

void *malloc(size_t size) { return count(__libc_malloc(size)); }
void *calloc(size_t number, size_t size) { return count(__libc_calloc(number, size)); }
void *memalign(size_t alignment, size_t size) { return count(__libc_memalign(alignment, size)); }
void *aligned_alloc(size_t alignment, size_t size) { return count(__libc_memalign(alignment, size)); }

void *realloc(void *memory, size_t size) {
  size_t before = memory ? malloc_usable_size(memory) : 0;
  void *moved = __libc_realloc(memory, size);
  if ((moved || size == 0) && atomic_load_explicit(&counting, memory_order_relaxed))
    atomic_fetch_sub_explicit(&held, (long)before, memory_order_relaxed);
  return count(moved);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  void *aligned = __libc_memalign(alignment, size);
  if (!aligned) return ENOMEM;
  *memory = count(aligned);
  return 0;
}

void free(void *memory) {
  discount(memory);
  __libc_free(memory);
}

void allocation_limit_begin(size_t bytes) {
  atomic_store(&held, 0);
  atomic_store(&peak, 0);
  atomic_store(&limit, (long)bytes);
  atomic_store(&counting, 1);
}

static long most;

static void report(void) { fprintf(stderr, "stat::peak_allocation_kb: %ld\n", (most + 1023) / 1024); }

void allocation_limit_end(void) {
  atomic_store(&counting, 0);
  if (most == 0) atexit(report);
  long reached = atomic_load(&peak);
  if (reached > most || most == 0) most = reached > 0 ? reached : 1;
}

#else

void allocation_limit_begin(size_t bytes) { (void)bytes; }
void allocation_limit_end(void) {}

#endif
