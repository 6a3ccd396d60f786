#ifndef BENCH_EDGE_H
#define BENCH_EDGE_H

#include "load/process.h"

/// What is sampled at both edges of the measured window, as close to it as possible: CPU innermost.
struct edge {
    struct allocations allocations;
    struct process_cpu cpu, own_cpu;
    bool has_process, has_allocations;
    uint64_t time;
};

/// `process` is the server's, 0 where there is none to look at; so is NULL for `malloc_counter`.
struct edge edge_sample(pid_t process, const char *malloc_counter);

struct process_cpu cpu_between(const struct process_cpu *from, const struct process_cpu *to);
struct allocations allocations_between(const struct allocations *from, const struct allocations *to);

#endif
