#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include "load/churn.h"
#include "load/judgement.h"
#include "load/options.h"
#include "load/process.h"
#include "load/traffic.h"

/// What a run found out, apart from `traffic_counts`.
struct results {
    double seconds;  // The window as it was.
    unsigned idle_up, idle_dropped;
    bool has_process, has_allocations;
    struct process_cpu cpu, own_cpu;  // Used inside the window.
    struct process_memory memory_before, memory_with_idle, memory_at_end;
    struct allocations allocations;  // Made inside the window.
    struct churn_counts churn;
};

void results_judge(const struct options *options, const struct results *results, struct judgement *judgement);

/// Frames of one way that were sent and never came.
uint64_t results_lost(enum way way);

#endif
