#include "load/churn.h"

#include "load/clock.h"

enum { AT_ONCE = 32, AT_ONCE_WITH_RATE = 1024 };

static const uint64_t cycle_limit = 10 * (uint64_t)1000000000;

static const struct options *options;
static struct ssl_ctx_st *tls;
static struct churn_counts counts;
static struct connection *running[AT_ONCE_WITH_RATE];
static unsigned wanted, started;
static uint64_t began, checked;

static void churn_opened(struct connection *connection) {
    if (options->abruptly) {
        connection_abort(connection, "reset");
    } else {
        connection_close(connection);
    }
}

static void churn_message(struct connection *connection, const struct frame *frame) {
    (void)connection, (void)frame;
}

/// A cycle is good when the handshake was, and then our reset or the server's orderly close ended it.
static void churn_closed(struct connection *connection, const char *why) {
    bool ended_as_meant = connection->was_open && (options->abruptly || connection->close_received);
    if (ended_as_meant && connection->began != 0) {
        counts.done++;
    } else {
        counts.failed++;
        if (counts.first_failure == NULL) counts.first_failure = why;
    }
    struct connection **place = connection->owner;
    *place = NULL;
    connection_free(connection);
}

static const struct connection_events churn_events = {churn_opened, churn_message, churn_closed};

static void begin_cycle(struct connection **place) {
    *place = connection_open(&options->phone_target, tls, started++, &churn_events, place);
    if (*place == NULL) {
        counts.failed++;
        if (counts.first_failure == NULL) counts.first_failure = "no socket could be opened";
    }
}

static void give_up_on_stuck_cycles(void) {
    if (loop_now < checked + nanoseconds_per_second / 10) return;
    checked = loop_now;
    for (unsigned i = 0; i < AT_ONCE_WITH_RATE; i++) {
        struct connection *connection = running[i];
        if (connection == NULL || loop_now < connection->began + cycle_limit) continue;
        connection->began = 0;  // Marks it as failed, whatever it had reached.
        connection_abort(connection, "a cycle took more than 10 s");
    }
}

static void rate_tick(uint64_t due) {
    (void)due;
}

static unsigned due_by_now(void) {
    if (options->rate == 0) return wanted;
    uint64_t due = (loop_now - began) * options->rate / nanoseconds_per_second + 1;
    return due < wanted ? (unsigned)due : wanted;
}

static bool advance(void) {
    unsigned limit = options->rate == 0 ? AT_ONCE : AT_ONCE_WITH_RATE, due = due_by_now();
    for (unsigned i = 0; i < limit && started < due; i++) {
        if (running[i] == NULL) begin_cycle(&running[i]);
    }
    give_up_on_stuck_cycles();
    return counts.done + counts.failed == wanted;
}

struct churn_counts churn_run(const struct options *given, struct ssl_ctx_st *client_tls, unsigned cycles) {
    options = given;
    tls = client_tls;
    counts = (struct churn_counts){0};
    wanted = cycles;
    started = 0;
    began = loop_now = clock_now();
    // The tick does nothing but wake the loop, so that `advance` runs even when no socket moves.
    loop_start_ticks(began, nanoseconds_per_second / 1000, rate_tick);
    loop_run(UINT64_MAX, advance);
    loop_stop_ticks();
    return counts;
}
