#include <inttypes.h>

#include "calls/report.h"

uint64_t report_lost(enum way way) {
    const struct way_counts *counts = &call_counts.ways[way];
    uint64_t came = counts->received + counts->cut;
    return counts->sent > came ? counts->sent - came : 0;
}

static double quantile_us(const struct histogram *histogram, double share) {
    return (double)histogram_quantile(histogram, share) / 1e3;
}

static void judge_way(enum way way, struct judgement *judgement) {
    const struct way_counts *counts = &call_counts.ways[way];
    const char *name = way == WAY_UP ? "up" : "down";
    const struct {
        uint64_t count;
        const char *what;
    } faults[] = {
        {report_lost(way), "lost"}, {counts->duplicated, "duplicated"}, {counts->reordered, "reordered"},
        {counts->corrupt, "corrupt"}, {counts->crossed, "of another call"}, {counts->filled, "filled with silence"},
        {counts->stale, "heard after they were cut off"}, {counts->withheld, "withheld: the bridge did not read"},
    };
    for (unsigned i = 0; i < sizeof faults / sizeof *faults; i++) {
        if (faults[i].count == 0) continue;
        judgement_add(judgement, VERDICT_FAILED, "%" PRIu64 " frames %s %s", faults[i].count, name, faults[i].what);
    }
    double p99 = quantile_us(&counts->latency, 0.99), limit = call_options->latency_limit_us;
    if (limit > 0 && p99 > limit) {
        judgement_add(judgement, VERDICT_FAILED, "p99 latency %s is %.0f us, above %.0f", name, p99, limit);
    }
}

static void judge_driver(const struct call_results *results, struct judgement *judgement) {
    double lag = quantile_us(&call_counts.lag, 0.99), share = (double)results->own_cpu.total / 1e9 / results->seconds;
    if (lag > call_options->lag_limit_us) {
        judgement_add(judgement, VERDICT_DRIVER_OVERLOADED, "the driver's own lag p99 was %.0f us, above %.0f", lag,
                      call_options->lag_limit_us);
    }
    if (share > call_options->cpu_limit) {
        judgement_add(judgement, VERDICT_DRIVER_OVERLOADED, "the driver used %.0f %% of its CPU, above %.0f %%",
                      share * 100, call_options->cpu_limit * 100);
    }
}

static void judge_calls(const struct call_results *results, struct judgement *judgement) {
    bool churns = call_options->manner == MANNER_CHURN;
    unsigned asked = churns ? call_options->total : call_options->calls;
    unsigned came = churns ? call_counts.done : results->calls_up;
    if (came < asked || call_counts.failed > 0) {
        judgement_add(judgement, VERDICT_FAILED, "%u of %u calls came up, the first failed because: %s",
                      came - (churns ? call_counts.failed : 0), asked,
                      call_counts.first_failure != NULL ? call_counts.first_failure : "no sound came in time");
    }
    if (call_counts.lost > 0) {
        judgement_add(judgement, VERDICT_FAILED, "%u calls lost, the first because: %s", call_counts.lost,
                      call_counts.first_loss);
    }
    if (results->left > 0) judgement_add(judgement, VERDICT_FAILED, "%u calls did not end", results->left);
    if (call_counts.clears < call_counts.interruptions) {
        judgement_add(judgement, VERDICT_FAILED, "%" PRIu64 " interruptions without `clear`",
                      call_counts.interruptions - call_counts.clears);
    }
    if (call_counts.marks_answered > 0 && call_counts.ways[WAY_DOWN].sent == 0) {
        judgement_add(judgement, VERDICT_FAILED, "marks came and no audio was sent");
    }
    double clear = quantile_us(&call_counts.clear, 0.99), limit = call_options->clear_limit_us;
    if (limit > 0 && clear > limit) {
        judgement_add(judgement, VERDICT_FAILED, "p99 from interruption to `clear` is %.0f us, above %.0f", clear,
                      limit);
    }
}

void report_judge(const struct call_results *results, struct judgement *judgement) {
    *judgement = (struct judgement){.verdict = VERDICT_FINE};
    if (call_options->process != 0 && !results->has_process) {
        judgement_add(judgement, VERDICT_FAILED, "process %d could not be sampled", call_options->process);
    }
    if (call_options->malloc_counter != NULL && !results->has_allocations) {
        judgement_add(judgement, VERDICT_FAILED, "%s does not hold this process's heap calls",
                      call_options->malloc_counter);
    }
    judge_calls(results, judgement);
    for (enum way way = WAY_UP; way < WAY_COUNT; way++) judge_way(way, judgement);
    judge_driver(results, judgement);
}
