#include "load/report.h"

#include <inttypes.h>
#include <stdio.h>

static double per_frame(uint64_t amount) {
    return traffic_counts.relayed == 0 ? 0 : (double)amount / (double)traffic_counts.relayed;
}

double report_cpu_per_frame(const struct results *results) {
    return per_frame(results->cpu.total);
}

double report_user_share(const struct results *results) {
    uint64_t ticks = results->cpu.user_ticks + results->cpu.system_ticks;
    return ticks == 0 ? 0 : (double)results->cpu.user_ticks / (double)ticks;
}

double report_allocations_per_frame(const struct results *results) {
    return per_frame(results->allocations.count);
}

double report_bytes_per_idle(const struct results *results) {
    if (results->idle_up == 0) return 0;
    double grown = (double)results->memory_with_idle.resident - (double)results->memory_before.resident;
    return grown / results->idle_up;
}

double report_bytes_per_pair(const struct options *options, const struct results *results) {
    if (options->pairs == 0) return 0;
    double grown = (double)results->memory_at_end.resident - (double)results->memory_with_idle.resident;
    return grown / options->pairs;
}

static void table_way(const char *name, enum way way) {
    const struct way_counts *counts = &traffic_counts.ways[way];
    const struct histogram *latency = &counts->latency;
    printf("%-6s %10" PRIu64 " %10" PRIu64 " %6" PRIu64 " %6" PRIu64 " %6" PRIu64 " %6" PRIu64 " %6" PRIu64 " %6" PRIu64
           " %8" PRIu64 " %8.0f %8.0f %8.0f %8.0f\n",
           name, counts->sent, counts->received, results_lost(way), counts->late, counts->duplicated, counts->reordered,
           counts->corrupt, counts->crossed, counts->withheld, (double)histogram_quantile(latency, 0.5) / 1e3,
           (double)histogram_quantile(latency, 0.99) / 1e3, (double)histogram_quantile(latency, 0.999) / 1e3,
           (double)latency->maximum / 1e3);
}

static void table_process(const struct options *options, const struct results *results) {
    if (!results->has_process) return;
    if (options->mode != MODE_CHURN) {
        double cpu = report_cpu_per_frame(results), user = report_user_share(results);
        printf("server   %.0f ns CPU per frame (user %.0f, system %.0f), %.1f %% of one CPU, waiting %.1f %%\n", cpu,
               cpu * user, cpu * (1 - user), (double)results->cpu.total / results->seconds / 1e7,
               (double)results->cpu.waiting / results->seconds / 1e7);
    }
    const struct process_memory *before = &results->memory_before, *end = &results->memory_at_end;
    printf("memory   %" PRIu64 " KiB before, %" PRIu64 " KiB at the end", before->resident / 1024,
           end->resident / 1024);
    if (results->idle_up > 0) printf("; %.0f bytes per idle connection", report_bytes_per_idle(results));
    if (options->mode != MODE_CHURN) printf("; %.0f bytes per pair", report_bytes_per_pair(options, results));
    printf("\nother    descriptors %u before, %u at the end; threads %u\n", before->descriptors, end->descriptors,
           end->threads);
}

static void table_traffic(const struct options *options, const struct results *results) {
    printf("pairs    %u of %u up; idle %u of %u up, %u lost; %.2f s measured, %u bytes each %u ms\n",
           traffic_counts.pairs_up, options->pairs, results->idle_up, options->idle, results->idle_dropped,
           results->seconds, options->bytes, options->every_ms);
    printf("%-6s %10s %10s %6s %6s %6s %6s %6s %6s %8s %8s %8s %8s %8s\n", "", "sent", "received", "lost", "late",
           "dup", "reord", "corr", "cross", "withheld", "p50 us", "p99 us", "p99.9", "max us");
    if (options->has_upstream) {
        table_way("up", WAY_UP);
        table_way("down", WAY_DOWN);
    } else {
        table_way("round", WAY_UP);
    }
}

static void table_driver(const struct results *results) {
    const struct histogram *lag = &traffic_counts.lag;
    printf("driver   lag p50 %.0f us, p99 %.0f us, max %.0f us; %.1f %% of one CPU, waiting %.1f %%\n",
           (double)histogram_quantile(lag, 0.5) / 1e3, (double)histogram_quantile(lag, 0.99) / 1e3,
           (double)lag->maximum / 1e3, (double)results->own_cpu.total / results->seconds / 1e7,
           (double)results->own_cpu.waiting / results->seconds / 1e7);
}

void report_table(const struct options *options, const struct results *results, const struct judgement *judgement) {
    if (options->mode == MODE_CHURN) {
        printf("churn    %u cycles done, %u failed, %.0f a second, ended by %s\n", results->churn.done,
               results->churn.failed, results->churn.done / results->seconds,
               options->abruptly ? "a reset" : "a close frame");
    } else {
        table_traffic(options, results);
    }
    table_process(options, results);
    if (results->has_allocations) {
        printf("heap     %" PRIu64 " allocations, %" PRIu64 " frees in the window: %.6f allocations per frame\n",
               results->allocations.count, results->allocations.frees, report_allocations_per_frame(results));
    }
    if (options->mode != MODE_CHURN) table_driver(results);
    static const char *const words[] = {"fine", "FAILED", "", "REFUSED: the driver was overloaded"};
    printf("verdict  %s\n", words[judgement->verdict]);
    for (unsigned i = 0; i < judgement->count; i++) printf("         - %s\n", judgement->reasons[i]);
}
