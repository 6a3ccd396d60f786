#include "load/results.h"

#include <inttypes.h>

uint64_t results_lost(enum way way) {
    const struct way_counts *counts = &traffic_counts.ways[way];
    return counts->sent > counts->received ? counts->sent - counts->received : 0;
}

static void judge_way(const struct options *options, enum way way, struct judgement *judgement) {
    const struct way_counts *counts = &traffic_counts.ways[way];
    const char *name = way == WAY_UP ? "up" : "down";
    uint64_t lost = results_lost(way);
    if (lost) judgement_add(judgement, VERDICT_FAILED, "%" PRIu64 " frames lost %s", lost, name);
    if (counts->duplicated) {
        judgement_add(judgement, VERDICT_FAILED, "%" PRIu64 " frames duplicated %s", counts->duplicated, name);
    }
    if (counts->reordered) {
        judgement_add(judgement, VERDICT_FAILED, "%" PRIu64 " frames reordered %s", counts->reordered, name);
    }
    if (counts->corrupt) {
        judgement_add(judgement, VERDICT_FAILED, "%" PRIu64 " frames corrupt %s", counts->corrupt, name);
    }
    if (counts->crossed) {
        judgement_add(judgement, VERDICT_FAILED,
                      "%" PRIu64 " frames came out at the wrong pair %s", counts->crossed, name);
    }
    if (counts->withheld) {
        judgement_add(judgement, VERDICT_FAILED,
                      "%" PRIu64 " frames withheld %s: the peer did not read", counts->withheld, name);
    }
    double p99 = (double)histogram_quantile(&counts->latency, 0.99) / 1e3;
    if (options->latency_limit_us > 0 && p99 > options->latency_limit_us) {
        judgement_add(judgement, VERDICT_FAILED,
                      "p99 latency %s is %.0f us, above %.0f", name, p99, options->latency_limit_us);
    }
}

static void judge_driver(const struct options *options, const struct results *results, struct judgement *judgement) {
    double lag = (double)histogram_quantile(&traffic_counts.lag, 0.99) / 1e3;
    double share = (double)results->own_cpu.total / 1e9 / results->seconds;
    if (lag > options->lag_limit_us) {
        judgement_add(judgement, VERDICT_DRIVER_OVERLOADED, "the driver's own lag p99 was %.0f us, above %.0f", lag,
            options->lag_limit_us);
    }
    if (share > options->cpu_limit) {
        judgement_add(judgement, VERDICT_DRIVER_OVERLOADED,
                      "the driver used %.0f %% of its CPU, above %.0f %%", share * 100,
            options->cpu_limit * 100);
    }
}

void results_judge(const struct options *options, const struct results *results, struct judgement *judgement) {
    *judgement = (struct judgement){.verdict = VERDICT_FINE};
    if (options->process != 0 && !results->has_process) {
        judgement_add(judgement, VERDICT_FAILED, "process %d could not be sampled", options->process);
    }
    if (options->malloc_counter != NULL && !results->has_allocations) {
        judgement_add(judgement, VERDICT_FAILED, "%s does not hold this process's heap calls", options->malloc_counter);
    }
    if (results->churn.failed > 0) {
        judgement_add(judgement, VERDICT_FAILED, "%u cycles failed, the first because: %s", results->churn.failed,
            results->churn.first_failure);
    }
    if (options->mode == MODE_CHURN) return;
    if (traffic_counts.pairs_up < options->pairs) {
        judgement_add(judgement, VERDICT_FAILED,
                      "only %u of %u pairs came up", traffic_counts.pairs_up, options->pairs);
    }
    if (traffic_counts.connections_lost > 0) {
        judgement_add(judgement, VERDICT_FAILED,
                      "%u connections lost, the first because: %s", traffic_counts.connections_lost,
            traffic_counts.first_loss);
    }
    if (results->idle_up < options->idle) {
        judgement_add(judgement, VERDICT_FAILED,
                      "only %u of %u idle connections came up", results->idle_up, options->idle);
    }
    if (results->idle_dropped > 0) {
        judgement_add(judgement, VERDICT_FAILED, "%u idle connections lost", results->idle_dropped);
    }
    for (enum way way = WAY_UP; way < WAY_COUNT; way++) judge_way(options, way, judgement);
    judge_driver(options, results, judgement);
}
