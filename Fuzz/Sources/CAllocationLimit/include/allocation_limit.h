// Counts what one execution of a fuzz target allocates. libFuzzer's own -malloc_limit_mb needs a sanitizer's allocator, which
// a build with -sanitize=fuzzer alone does not have.
#include <stddef.h>

/// Begins an execution that may hold `limit` bytes more than the process holds now. One that takes more is aborted.
void allocation_limit_begin(size_t limit);

/// Ends the execution. When the process ends, standard error says the most that an execution held at once.
void allocation_limit_end(void);
