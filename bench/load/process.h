#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// CPU of a process so far. `user` and `system` are in clock ticks (10 ms): good for their ratio alone.
struct process_cpu {
    uint64_t total;    // nanoseconds, exact
    uint64_t waiting;  // nanoseconds all its threads were ready while their CPU ran something else
    uint64_t user_ticks, system_ticks;
};

struct process_memory {
    uint64_t resident;  // bytes
    unsigned descriptors, threads;
};

/// Both return false when the process is gone or not ours to look at. 0 names this process.
bool process_sample_cpu(pid_t process, struct process_cpu *cpu);
bool process_sample_memory(pid_t process, struct process_memory *memory);

struct allocations {
    uint64_t count, frees, bytes;
};

/// Reads what malloc-counter.so has counted so far. False when the file does not hold this process's counts.
bool process_sample_allocations(const char *file, pid_t process, struct allocations *allocations);

#endif
