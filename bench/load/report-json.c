#include <inttypes.h>
#include <stdio.h>

#include "load/json.h"
#include "load/report.h"

static void json_way(const char *name, enum way way) {
    const struct way_counts *counts = &traffic_counts.ways[way];
    printf("\"%s\":{\"sent\":%" PRIu64 ",\"received\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"late\":%" PRIu64
           ",\"duplicated\":%" PRIu64 ",\"reordered\":%" PRIu64 ",\"corrupt\":%" PRIu64 ",\"crossed\":%" PRIu64
           ",\"withheld\":%" PRIu64 ",\"latency_us\":",
           name, counts->sent, counts->received, results_lost(way), counts->late, counts->duplicated, counts->reordered,
           counts->corrupt, counts->crossed, counts->withheld);
    json_quantiles(&counts->latency);
    printf("}");
}

static void json_traffic(const struct options *options, const struct results *results) {
    printf(",\"pairs\":%u,\"pairs_up\":%u,\"connections_lost\":%u,\"bytes\":%u,\"every_ms\":%u", options->pairs,
           traffic_counts.pairs_up, traffic_counts.connections_lost, options->bytes, options->every_ms);
    printf(",\"relayed_frames\":%" PRIu64, traffic_counts.relayed);
    printf(",\"idle\":{\"asked\":%u,\"up\":%u,\"dropped\":%u},\"ways\":{", options->idle, results->idle_up,
           results->idle_dropped);
    if (options->has_upstream) {
        json_way("up", WAY_UP);
        printf(",");
        json_way("down", WAY_DOWN);
    } else {
        json_way("round", WAY_UP);
    }
    printf("},\"driver\":{\"cpu_share\":%.4f,\"waiting_share\":%.4f,\"lag_us\":",
           (double)results->own_cpu.total / results->seconds / 1e9,
           (double)results->own_cpu.waiting / results->seconds / 1e9);
    json_quantiles(&traffic_counts.lag);
    printf("}");
}

static void json_process(const struct options *options, const struct results *results) {
    const struct process_memory *before = &results->memory_before, *end = &results->memory_at_end;
    double cpu = report_cpu_per_frame(results), user = report_user_share(results);
    printf(",\"server\":{\"cpu_ns_per_frame\":%.1f,\"user_ns_per_frame\":%.1f,\"system_ns_per_frame\":%.1f,"
           "\"cpu_share\":%.4f,\"waiting_share\":%.4f",
           cpu, cpu * user, cpu * (1 - user), (double)results->cpu.total / results->seconds / 1e9,
           (double)results->cpu.waiting / results->seconds / 1e9);
    printf(",\"resident_before\":%" PRIu64 ",\"resident_at_end\":%" PRIu64
           ",\"descriptors_before\":%u,\"descriptors_at_end\":%u,\"threads\":%u",
           before->resident, end->resident, before->descriptors, end->descriptors, end->threads);
    printf(",\"bytes_per_idle_connection\":%.0f,\"bytes_per_pair\":%.0f}", report_bytes_per_idle(results),
           report_bytes_per_pair(options, results));
}

void report_json(const struct options *options, const struct results *results, const struct judgement *judgement) {
    static const char *const modes[] = {"relay", "echo", "churn", "serve"};
    printf("{\"mode\":\"%s\",\"seconds\":%.4f", modes[options->mode], results->seconds);
    if (options->mode == MODE_CHURN) {
        printf(",\"churn\":{\"done\":%u,\"failed\":%u,\"per_second\":%.1f,\"abrupt\":%s}", results->churn.done,
               results->churn.failed, results->churn.done / results->seconds, options->abruptly ? "true" : "false");
    } else {
        json_traffic(options, results);
    }
    if (results->has_process) json_process(options, results);
    if (results->has_allocations) {
        printf(",\"heap\":{\"allocations\":%" PRIu64 ",\"frees\":%" PRIu64 ",\"bytes\":%" PRIu64
               ",\"allocations_per_frame\":%.6f}",
               results->allocations.count, results->allocations.frees, results->allocations.bytes,
               report_allocations_per_frame(results));
    }
    json_judgement(judgement);
    printf("}\n");
}
