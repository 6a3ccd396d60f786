// The load driver: both ends of every WebSocket connection in one process, on one thread and one clock.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "load/clock.h"
#include "load/dial.h"
#include "load/edge.h"
#include "load/idle.h"
#include "load/options.h"
#include "load/report.h"
#include "load/upstream.h"

static void run_for(double seconds) {
    loop_run(clock_now() + (uint64_t)(seconds * 1e9), NULL);
}

static void take_difference(const struct edge *from, const struct edge *to, struct results *results) {
    results->has_process = from->has_process && to->has_process;
    results->has_allocations = from->has_allocations && to->has_allocations;
    results->cpu = cpu_between(&from->cpu, &to->cpu);
    results->own_cpu = cpu_between(&from->own_cpu, &to->own_cpu);
    results->allocations = allocations_between(&from->allocations, &to->allocations);
}

static void sample_memory(const struct options *options, struct process_memory *memory) {
    if (options->process != 0) process_sample_memory(options->process, memory);
}

static void run_traffic(const struct options *options, struct ssl_ctx_st *tls, struct results *results) {
    sample_memory(options, &results->memory_before);
    if (options->idle > 0) {
        dial_show("opening idle connections");
        results->idle_up = idle_open(options, tls);
        run_for(0.3);  // The server's side of the last handshakes.
    }
    sample_memory(options, &results->memory_with_idle);
    dial_show("opening pairs");
    traffic_open(options, tls);
    traffic_start();
    run_for(options->warmup);

    dial_show("measuring");
    struct edge from = edge_sample(options->process, options->malloc_counter);
    uint64_t until = from.time + (uint64_t)(options->seconds * 1e9);
    traffic_measure(from.time, until);
    loop_run(until, NULL);
    struct edge to = edge_sample(options->process, options->malloc_counter);
    traffic_stop();
    results->seconds = (double)(to.time - from.time) / 1e9;
    take_difference(&from, &to, results);
    sample_memory(options, &results->memory_at_end);
    loop_run(clock_now() + (uint64_t)(options->drain * 1e9), traffic_is_complete);
    run_for(0.05);  // Duplicates come after the last frame that was missing.
    results->idle_dropped = idle_dropped();
}

/// The server closes its ends a moment after us.
static void wait_for_descriptors(const struct options *options, struct results *results) {
    for (int attempt = 0; attempt < 100; attempt++) {
        sample_memory(options, &results->memory_at_end);
        if (results->memory_at_end.descriptors <= results->memory_before.descriptors) return;
        run_for(0.05);
    }
}

static void run_churn(const struct options *options, struct ssl_ctx_st *tls, struct results *results) {
    // The first cycles fill the server's pools and the allocator's bins; what grows after them is a leak.
    unsigned settling = options->churn / 10 < 1000 ? options->churn / 10 : 1000;
    if (settling > 0) churn_run(options, tls, settling);
    run_for(0.5);
    sample_memory(options, &results->memory_before);
    struct edge from = edge_sample(options->process, options->malloc_counter);
    results->churn = churn_run(options, tls, options->churn);
    struct edge to = edge_sample(options->process, options->malloc_counter);
    results->seconds = (double)(to.time - from.time) / 1e9;
    take_difference(&from, &to, results);
    wait_for_descriptors(options, results);
}

static void end_now(int signal_number) {
    (void)signal_number;
    _exit(0);
}

static int serve(const struct options *options, struct ssl_ctx_st *tls) {
    struct sigaction action = {.sa_handler = end_now};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    uint16_t port = upstream_listen(&options->listen_address, tls, &upstream_echo_events);
    if (port == 0) {
        fprintf(stderr, "load-driver: cannot listen: %s\n", strerror(errno));
        return 1;
    }
    printf("ready %u\n", port);
    fflush(stdout);
    loop_run(UINT64_MAX, NULL);
    return 0;
}

static bool set_up(const struct options *options, struct ssl_ctx_st **phone_tls, struct ssl_ctx_st **upstream_tls) {
    if (options->phone_target.tls && (*phone_tls = stream_client_context(options->ca_file)) == NULL) return false;
    if (options->certificate != NULL &&
        (*upstream_tls = stream_server_context(options->certificate, options->key)) == NULL) {
        return false;
    }
    if (!loop_open()) {
        fprintf(stderr, "load-driver: epoll: %s\n", strerror(errno));
        return false;
    }
    return true;
}

int main(int argc, char **argv) {
    static struct options options;
    static struct results results;
    int code = options_parse(argc, argv, &options);
    if (code >= 0) return code;
    signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    struct ssl_ctx_st *phone_tls = NULL, *upstream_tls = NULL;
    if (!set_up(&options, &phone_tls, &upstream_tls)) return 2;
    if (options.mode == MODE_SERVE) return serve(&options, upstream_tls);
    bool churning = options.mode == MODE_CHURN;
    const struct connection_events *events = churning ? &upstream_echo_events : &traffic_upstream_events;
    if (options.has_upstream && upstream_listen(&options.listen_address, upstream_tls, events) == 0) {
        fprintf(stderr, "load-driver: cannot listen for the relay's upstream connections: %s\n", strerror(errno));
        return 2;
    }
    (churning ? run_churn : run_traffic)(&options, phone_tls, &results);
    struct judgement judgement;
    results_judge(&options, &results, &judgement);
    (options.json ? report_json : report_table)(&options, &results, &judgement);
    return judgement.verdict;
}
