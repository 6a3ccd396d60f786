// The call driver: every phone and every voice service in one process, on one thread and one clock.
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls/base64.h"
#include "calls/phone.h"
#include "calls/report.h"
#include "calls/upstream.h"
#include "load/clock.h"
#include "load/dial.h"
#include "load/edge.h"
#include "load/loop.h"
#include "load/upstream.h"

// A tick is a slot; a phone's turn comes each 80 of them, an upstream's each 400.
enum { SLOT_NANOSECONDS = 250000, PHONE_SLOTS = 80, UPSTREAM_SLOTS = 400, DIALLING_AT_ONCE = 64, ENDING_SECONDS = 8 };

static struct options options;
static unsigned slot, dialling;
static uint64_t measure_from = UINT64_MAX, measure_until = UINT64_MAX, began;
static bool takes_new_calls = true;

bool call_is_measured(uint64_t sent) {
    return sent >= measure_from && sent < measure_until;
}

/// A seat that is empty gets a call when its time has come.
static void fill_seat(struct call *call) {
    bool churns = options.manner == MANNER_CHURN;
    if (!takes_new_calls || dialling >= DIALLING_AT_ONCE || (call->life > 0 && !churns)) return;
    if (churns && call_counts.begun >= options.total) return;
    if (options.rate > 0 && loop_now < began + (uint64_t)(call_counts.begun / options.rate * 1e9)) return;
    dialling++;
    phone_dial(call);
}

static void serve_seat(struct call *call, uint64_t due) {
    if (call->stage == CALL_ABSENT) fill_seat(call);
    bool given_up = call->stage == CALL_DIALLING && options.manner == MANNER_CHURN &&
                    loop_now > call->dialled + (uint64_t)(options.longest_setup * 1e9);
    if (given_up) {
        call_counts.failed++;
        phone_hang_up(call);
    }
    if (call->stage == CALL_UP && call->hangs_up != 0 && loop_now >= call->hangs_up) phone_hang_up(call);
    phone_beat(call, due);
}

static void count_dialling(void) {
    dialling = 0;
    for (unsigned i = 0; i < options.calls; i++) dialling += calls[i].stage == CALL_DIALLING;
}

static void tick(uint64_t due) {
    unsigned phone = slot % PHONE_SLOTS, upstream = slot % UPSTREAM_SLOTS;
    if (phone == 0 && takes_new_calls) count_dialling();
    for (unsigned i = phone * options.calls / PHONE_SLOTS; i < (phone + 1) * options.calls / PHONE_SLOTS; i++) {
        serve_seat(&calls[i], due);
    }
    unsigned from = (unsigned)((uint64_t)upstream * options.calls / UPSTREAM_SLOTS);
    unsigned until = (unsigned)((uint64_t)(upstream + 1) * options.calls / UPSTREAM_SLOTS);
    for (unsigned i = from; i < until; i++) upstream_beat(&calls[i], due);
    slot = (slot + 1) % UPSTREAM_SLOTS;
}

static unsigned count_up(void) {
    unsigned up = 0;
    for (unsigned i = 0; i < options.calls; i++) up += calls[i].stage == CALL_UP;
    return up;
}

static bool all_up(void) {
    static uint64_t looked;
    if (loop_now < looked + 10000000) return false;
    looked = loop_now;
    return call_counts.begun >= options.calls && count_up() + call_counts.failed >= options.calls;
}

static bool all_ended(void) {
    for (unsigned i = 0; i < options.calls; i++) {
        if (calls[i].stage != CALL_ABSENT) return false;
    }
    return true;
}

static bool all_done(void) {
    return call_counts.begun >= options.total && all_ended();
}

static bool all_came(void) {
    static uint64_t looked;
    if (loop_now < looked + 10000000) return false;
    looked = loop_now;
    for (enum way way = 0; way < WAY_COUNT; way++) {
        if (report_lost(way) > 0) return false;
    }
    for (unsigned i = 0; i < options.calls; i++) {
        if (!upstream_is_quiet(&calls[i])) return false;
    }
    return true;
}

static void run_for(double seconds, bool (*done)(void)) {
    loop_run(clock_now() + (uint64_t)(seconds * 1e9), done);
}

static void sample_memory(struct process_memory *memory) {
    if (options.process != 0) process_sample_memory(options.process, memory);
}

static void take_difference(const struct edge *from, const struct edge *to, struct call_results *results) {
    results->seconds = (double)(to->time - from->time) / 1e9;
    results->has_process = from->has_process && to->has_process;
    results->has_allocations = from->has_allocations && to->has_allocations;
    results->cpu = cpu_between(&from->cpu, &to->cpu);
    results->own_cpu = cpu_between(&from->own_cpu, &to->own_cpu);
    results->allocations = allocations_between(&from->allocations, &to->allocations);
}

static void end_all(struct call_results *results) {
    takes_new_calls = false;
    loop_stop_ticks();
    for (unsigned i = 0; i < options.calls; i++) phone_hang_up(&calls[i]);
    run_for(ENDING_SECONDS, all_ended);
    for (unsigned i = 0; i < options.calls; i++) results->left += calls[i].stage != CALL_ABSENT;
    // The bridge closes its ends a moment after us.
    run_for(0.5, NULL);
    sample_memory(&results->memory_after);
}

static void run_lasting(struct call_results *results) {
    run_for(options.longest_setup, all_up);
    takes_new_calls = false;
    run_for(options.warmup, NULL);
    sample_memory(&results->memory_up);
    results->calls_up = count_up();
    dial_show("measuring");
    struct edge from = edge_sample(options.process, options.malloc_counter);
    measure_from = from.time;
    measure_until = from.time + (uint64_t)(options.seconds * 1e9);
    loop_run(measure_until, NULL);
    struct edge to = edge_sample(options.process, options.malloc_counter);
    upstream_finish();
    take_difference(&from, &to, results);
    sample_memory(&results->memory_at_end);
    run_for(options.drain, all_came);
    run_for(0.05, NULL);  // Duplicates come after the last frame that was missing.
    end_all(results);
}

static void run_churn(struct call_results *results) {
    // Every frame counts: the calls themselves are what is measured.
    struct edge from = edge_sample(options.process, options.malloc_counter);
    measure_from = from.time;
    double longest = options.total / (options.rate > 0 ? options.rate : 20.0 * options.calls) +
                     options.total / (double)options.calls * (options.talk + 2) + 30;
    run_for(longest, all_done);
    struct edge to = edge_sample(options.process, options.malloc_counter);
    measure_until = to.time;
    results->calls_up = options.calls;
    take_difference(&from, &to, results);
    sample_memory(&results->memory_at_end);
    end_all(results);
}

/// X-Twilio-Signature of an upgrade: the URL alone, signed.
static void sign(struct target *target, const char *token) {
    char url[700], text[64];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned count = 0;
    snprintf(url, sizeof url, "%s://%s:%s%s", target->tls ? "wss" : "ws", target->host, target->port, target->path);
    HMAC(EVP_sha1(), token, (int)strlen(token), (const unsigned char *)url, strlen(url), digest, &count);
    text[base64_encode(digest, count, text)] = 0;
    snprintf(target->headers, sizeof target->headers, "X-Twilio-Signature: %s\r\n", text);
}

static bool set_up(void) {
    struct ssl_ctx_st *phone_tls = NULL, *upstream_tls = NULL;
    if (options.bridge.tls && (phone_tls = stream_client_context(NULL)) == NULL) return false;
    if (options.certificate != NULL &&
        (upstream_tls = stream_server_context(options.certificate, options.key)) == NULL) {
        return false;
    }
    if (!loop_open() || upstream_listen(&options.upstream, upstream_tls, &upstream_events) == 0) {
        fprintf(stderr, "call-driver: cannot listen for the bridge: %s\n", strerror(errno));
        return false;
    }
    if (options.auth_token != NULL) sign(&options.bridge, options.auth_token);
    phone_prepare(&options.bridge, phone_tls);
    return true;
}

int main(int argc, char **argv) {
    static struct call_results results;
    int code = options_parse(argc, argv, &options);
    if (code >= 0) return code;
    signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    call_options = &options;
    calls = calloc(options.calls, sizeof *calls);
    if (calls == NULL) abort();
    for (unsigned i = 0; i < options.calls; i++) calls[i].number = i;
    base64_prepare();
    audio_prepare();
    if (!set_up()) return 2;
    sample_memory(&results.memory_before);
    began = clock_now();
    dial_show("calling");
    loop_start_ticks(began + SLOT_NANOSECONDS, SLOT_NANOSECONDS, tick);
    (options.manner == MANNER_CHURN ? run_churn : run_lasting)(&results);
    struct judgement judgement;
    report_judge(&results, &judgement);
    (options.json ? report_json : report_table)(&results, &judgement);
    return judgement.verdict;
}
