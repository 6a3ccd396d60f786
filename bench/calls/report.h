#ifndef BENCH_CALLS_REPORT_H
#define BENCH_CALLS_REPORT_H

#include "calls/call.h"
#include "load/judgement.h"
#include "load/process.h"

/// What a run found out, apart from `call_counts`.
struct call_results {
    double seconds;    // The window as it was.
    unsigned calls_up; // At its beginning.
    unsigned left;     // Calls whose connections were not all closed after the end.
    bool has_process, has_allocations;
    struct process_cpu cpu, own_cpu;
    struct process_memory memory_before, memory_up, memory_at_end, memory_after;
    struct allocations allocations;
};

uint64_t report_lost(enum way way);
void report_judge(const struct call_results *results, struct judgement *judgement);
void report_table(const struct call_results *results, const struct judgement *judgement);
void report_json(const struct call_results *results, const struct judgement *judgement);

#endif
