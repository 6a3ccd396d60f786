#ifndef BENCH_MALLOC_COUNTER_H
#define BENCH_MALLOC_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

#define MALLOC_COUNTER_VARIABLE "PATCHBAY_MALLOC_COUNTER"

/// What the counted process writes and another process reads: the whole content of the file.
/// `magic` is set once the counts are live.
struct malloc_counts {
    _Atomic uint64_t magic;
    _Atomic uint64_t process;  // Whose counts these are.
    _Atomic uint64_t mallocs;
    _Atomic uint64_t callocs;
    _Atomic uint64_t reallocs;
    _Atomic uint64_t aligned;  // posix_memalign, aligned_alloc, memalign, valloc, pvalloc
    _Atomic uint64_t frees;    // of pointers that are not NULL
    _Atomic uint64_t bytes;    // asked for, by all of the above
};

enum { MALLOC_COUNTER_FILE_SIZE = 4096 };
static const uint64_t malloc_counter_magic = 0x50424D414C4C4F43;

#endif
