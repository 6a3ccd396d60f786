#include "calls/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "load/json.h"

struct figures {
    double call_seconds, cpu_ns, user, frame_allocations, bytes_per_call;
};

static struct figures figures_of(const struct call_results *results) {
    double up = results->calls_up > 0 ? results->calls_up : 1;
    double ticks = (double)(results->cpu.user_ticks + results->cpu.system_ticks);
    bool churns = call_options->manner == MANNER_CHURN;
    double call_seconds = churns ? call_counts.done * call_options->talk : up * results->seconds;
    double grown = (double)results->memory_up.resident - (double)results->memory_before.resident;
    return (struct figures){
        .call_seconds = call_seconds,
        .cpu_ns = (double)results->cpu.total / (call_seconds > 0 ? call_seconds : 1),
        .user = ticks > 0 ? (double)results->cpu.user_ticks / ticks : 0,
        .frame_allocations =
            (double)results->allocations.count / (call_counts.messages > 0 ? (double)call_counts.messages : 1),
        .bytes_per_call = grown / up,
    };
}

static void table_line(const char *name, const struct histogram *histogram) {
    if (histogram->count == 0) return;
    printf("%-12s p50 %.0f us, p99 %.0f us, p99.9 %.0f us, max %.0f us (%" PRIu64 ")\n", name,
           (double)histogram_quantile(histogram, 0.5) / 1e3, (double)histogram_quantile(histogram, 0.99) / 1e3,
           (double)histogram_quantile(histogram, 0.999) / 1e3, (double)histogram->maximum / 1e3, histogram->count);
}

static void table_way(const char *name, enum way way) {
    const struct way_counts *counts = &call_counts.ways[way];
    table_line(name, &counts->latency);
    printf("             %" PRIu64 " sent, %" PRIu64 " lost, %" PRIu64 " cut, %" PRIu64 " late, %" PRIu64
           " duplicated, %" PRIu64 " reordered, %" PRIu64 " corrupt, %" PRIu64 " crossed, %" PRIu64 " filled, %" PRIu64
           " stale, %" PRIu64 " withheld\n",
           counts->sent, report_lost(way), counts->cut, counts->late, counts->duplicated, counts->reordered,
           counts->corrupt, counts->crossed, counts->filled, counts->stale, counts->withheld);
}

void report_table(const struct call_results *results, const struct judgement *judgement) {
    struct figures figures = figures_of(results);
    printf("calls        %u up of %u, %u begun, %u lost, %u failed\n", results->calls_up, call_options->calls,
           call_counts.begun, call_counts.lost, call_counts.failed);
    table_way("up", WAY_UP);
    table_way("down", WAY_DOWN);
    table_line("set-up", &call_counts.setup);
    table_line("first audio", &call_counts.first_audio);
    table_line("clear", &call_counts.clear);
    table_line("gaps", &call_counts.gap);
    if (results->has_process) {
        printf("bridge       %.0f us a call-second (user %.0f %%), %.0f %% of a CPU, %.1f KiB a call\n",
               figures.cpu_ns / 1e3, figures.user * 100, (double)results->cpu.total / results->seconds / 1e7,
               figures.bytes_per_call / 1024);
    }
    if (results->has_allocations) {
        printf("heap         %" PRIu64 " allocations in %" PRIu64 " frames\n", results->allocations.count,
               call_counts.messages);
    }
    table_line("driver's lag", &call_counts.lag);
    printf("driver       %.0f %% of a CPU\n", (double)results->own_cpu.total / results->seconds / 1e7);
    static const char *const words[] = {"fine", "FAILED", "", "REFUSED: the driver was overloaded"};
    printf("verdict      %s\n", words[judgement->verdict]);
    for (unsigned i = 0; i < judgement->count; i++) printf("             - %s\n", judgement->reasons[i]);
}

static void json_way(const char *name, enum way way) {
    const struct way_counts *counts = &call_counts.ways[way];
    printf("\"%s\":{\"sent\":%" PRIu64 ",\"received\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"cut\":%" PRIu64
           ",\"late\":%" PRIu64 ",\"duplicated\":%" PRIu64 ",\"reordered\":%" PRIu64 ",\"corrupt\":%" PRIu64
           ",\"crossed\":%" PRIu64 ",\"filled\":%" PRIu64 ",\"stale\":%" PRIu64 ",\"withheld\":%" PRIu64
           ",\"held_back_us\":%.0f,\"latency_us\":",
           name, counts->sent, counts->received, report_lost(way), counts->cut, counts->late, counts->duplicated,
           counts->reordered, counts->corrupt, counts->crossed, counts->filled, counts->stale, counts->withheld,
           (double)counts->delay / 1e3);
    json_quantiles(&counts->latency);
    printf("}");
}

static void json_histogram(const char *name, const struct histogram *histogram) {
    printf(",\"%s\":{\"count\":%" PRIu64 ",\"us\":", name, histogram->count);
    json_quantiles(histogram);
    printf("}");
}

static void json_memory(const char *name, const struct process_memory *memory) {
    printf(",\"%s\":{\"resident\":%" PRIu64 ",\"descriptors\":%u,\"threads\":%u}", name, memory->resident,
           memory->descriptors, memory->threads);
}

static void json_bridge(const struct call_results *results) {
    struct figures figures = figures_of(results);
    printf(",\"bridge\":{\"cpu_us_per_call_second\":%.2f,\"user_us\":%.2f,\"system_us\":%.2f,\"cpu_share\":%.4f,"
           "\"waiting_share\":%.4f,\"bytes_per_call\":%.0f",
           figures.cpu_ns / 1e3, figures.cpu_ns / 1e3 * figures.user, figures.cpu_ns / 1e3 * (1 - figures.user),
           (double)results->cpu.total / results->seconds / 1e9,
           (double)results->cpu.waiting / results->seconds / 1e9, figures.bytes_per_call);
    json_memory("before", &results->memory_before);
    json_memory("up", &results->memory_up);
    json_memory("at_end", &results->memory_at_end);
    json_memory("after", &results->memory_after);
    printf("}");
}

void report_json(const struct call_results *results, const struct judgement *judgement) {
    printf("{\"seconds\":%.4f,\"calls\":%u,\"calls_up\":%u,\"begun\":%u,\"done\":%u,\"failed\":%u,\"lost\":%u,"
           "\"left\":%u",
           results->seconds, call_options->calls, results->calls_up, call_counts.begun, call_counts.done,
           call_counts.failed, call_counts.lost, results->left);
    printf(",\"messages\":%" PRIu64 ",\"marks\":%" PRIu64 ",\"marks_answered\":%" PRIu64
           ",\"interruptions\":%" PRIu64 ",\"clears\":%" PRIu64 ",\"ways\":{",
           call_counts.messages, call_counts.marks, call_counts.marks_answered, call_counts.interruptions,
           call_counts.clears);
    json_way("up", WAY_UP);
    printf(",");
    json_way("down", WAY_DOWN);
    printf("}");
    json_histogram("setup", &call_counts.setup);
    json_histogram("first_audio", &call_counts.first_audio);
    json_histogram("clear", &call_counts.clear);
    json_histogram("gaps", &call_counts.gap);
    printf(",\"driver\":{\"cpu_share\":%.4f,\"waiting_share\":%.4f,\"lag_us\":",
           (double)results->own_cpu.total / results->seconds / 1e9,
           (double)results->own_cpu.waiting / results->seconds / 1e9);
    json_quantiles(&call_counts.lag);
    printf("}");
    if (results->has_process) json_bridge(results);
    if (results->has_allocations) {
        struct figures figures = figures_of(results);
        printf(",\"heap\":{\"allocations\":%" PRIu64 ",\"frees\":%" PRIu64 ",\"bytes\":%" PRIu64
               ",\"allocations_per_frame\":%.6f}",
               results->allocations.count, results->allocations.frees, results->allocations.bytes,
               figures.frame_allocations);
    }
    json_judgement(judgement);
    printf("}\n");
}
