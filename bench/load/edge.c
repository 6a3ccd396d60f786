#include "load/edge.h"

#include <stddef.h>

#include "load/clock.h"

struct edge edge_sample(pid_t process, const char *malloc_counter) {
    struct edge edge = {0};
    if (malloc_counter != NULL) {
        edge.has_allocations = process_sample_allocations(malloc_counter, process, &edge.allocations);
    }
    edge.has_process = process != 0 && process_sample_cpu(process, &edge.cpu);
    process_sample_cpu(0, &edge.own_cpu);
    edge.time = clock_now();
    return edge;
}

struct process_cpu cpu_between(const struct process_cpu *from, const struct process_cpu *to) {
    return (struct process_cpu){to->total - from->total, to->waiting - from->waiting,
                                to->user_ticks - from->user_ticks, to->system_ticks - from->system_ticks};
}

struct allocations allocations_between(const struct allocations *from, const struct allocations *to) {
    return (struct allocations){to->count - from->count, to->frees - from->frees, to->bytes - from->bytes};
}
