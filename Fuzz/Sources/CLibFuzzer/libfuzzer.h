// libFuzzer's entry point for programs with a main function of their own (llvm.org/docs/LibFuzzer.html, "Using libFuzzer as
// a library"). The toolchain has the library, which -sanitize=fuzzer links, but no header for it.
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
