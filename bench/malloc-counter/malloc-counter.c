// Counts the heap calls of a process into a file that another process maps.
//
// Use: PATCHBAY_MALLOC_COUNTER=counts.bin LD_PRELOAD=./malloc-counter.so program
//
// It forwards to glibc's own `__libc_` entry points. So there is no dlsym, whose own allocations would recurse, and
// calls that come before any constructor ran (the loader, the Swift runtime) are counted like all others.
#include "malloc-counter/malloc-counter.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static struct malloc_counts before_mapping;
static struct malloc_counts *counts = &before_mapping;

static inline void add(_Atomic uint64_t *counter, uint64_t amount) {
    atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

/// A child of the counted process inherits the variable. It must neither clear nor add to its parent's counts.
static int belongs_to_another(const struct malloc_counts *mapped) {
    pid_t owner = (pid_t)mapped->process;
    return mapped->magic == malloc_counter_magic && owner != getpid() && kill(owner, 0) == 0;
}

/// Runs before `main` and before there is a second thread, so the switch to the mapped page races with nobody.
__attribute__((constructor)) static void map_counts(void) {
    const char *path = getenv(MALLOC_COUNTER_VARIABLE);
    if (path == NULL || *path == 0) return;
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return;
    void *page = MAP_FAILED;
    if (ftruncate(descriptor, MALLOC_COUNTER_FILE_SIZE) == 0) {
        page = mmap(NULL, MALLOC_COUNTER_FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    }
    close(descriptor);
    if (page == MAP_FAILED) return;
    struct malloc_counts *mapped = page;
    if (belongs_to_another(mapped)) {
        munmap(page, MALLOC_COUNTER_FILE_SIZE);
        return;
    }
    memset(page, 0, sizeof *mapped);
    mapped->process = (uint64_t)getpid();
    add(&mapped->mallocs, before_mapping.mallocs);
    add(&mapped->callocs, before_mapping.callocs);
    add(&mapped->reallocs, before_mapping.reallocs);
    add(&mapped->aligned, before_mapping.aligned);
    add(&mapped->frees, before_mapping.frees);
    add(&mapped->bytes, before_mapping.bytes);
    counts = mapped;
    atomic_store_explicit(&mapped->magic, malloc_counter_magic, memory_order_release);
}

EXPORT void *malloc(size_t size) {
    add(&counts->mallocs, 1);
    add(&counts->bytes, size);
    return __libc_malloc(size);
}

EXPORT void *calloc(size_t count, size_t size) {
    add(&counts->callocs, 1);
    add(&counts->bytes, count * size);
    return __libc_calloc(count, size);
}

EXPORT void *realloc(void *pointer, size_t size) {
    add(&counts->reallocs, 1);
    add(&counts->bytes, size);
    return __libc_realloc(pointer, size);
}

EXPORT void *reallocarray(void *pointer, size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(pointer, total);
}

static void *aligned(size_t alignment, size_t size) {
    add(&counts->aligned, 1);
    add(&counts->bytes, size);
    return __libc_memalign(alignment, size);
}

EXPORT void *memalign(size_t alignment, size_t size) { return aligned(alignment, size); }

EXPORT void *aligned_alloc(size_t alignment, size_t size) { return aligned(alignment, size); }

EXPORT int posix_memalign(void **result, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
    int saved = errno;
    void *pointer = aligned(alignment, size);
    errno = saved;
    if (pointer == NULL) return ENOMEM;
    *result = pointer;
    return 0;
}

EXPORT void *valloc(size_t size) { return aligned((size_t)sysconf(_SC_PAGESIZE), size); }

EXPORT void *pvalloc(size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return aligned(page, (size + page - 1) / page * page);
}

EXPORT void free(void *pointer) {
    if (pointer != NULL) add(&counts->frees, 1);
    __libc_free(pointer);
}
