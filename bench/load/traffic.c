#include "load/traffic.h"

#include <stdlib.h>

#include "load/clock.h"
#include "load/dial.h"
#include "load/sequence.h"

struct pair {
    uint32_t number;
    struct connection *ends[WAY_COUNT];  // Who sends that way: the phone up, the upstream down.
    uint64_t next[WAY_COUNT];
    struct sequence came[WAY_COUNT];
};

struct sender {
    struct pair *pair;
    enum way way;
};

enum { SLOT_NANOSECONDS = 250000 };

struct traffic_counts traffic_counts;

static const struct options *options;
static struct ssl_ctx_st *phone_tls;
static struct pair *pairs;
static struct sender *senders;  // In the order of their slots.
static unsigned sender_count, slot_count, slot;
static uint64_t measure_from = UINT64_MAX, measure_until = UINT64_MAX, late_after;
static bool stopped;

static bool is_measured(uint64_t sent) {
    return sent >= measure_from && sent < measure_until;
}

static void send_frame(struct pair *pair, enum way way, uint64_t due) {
    struct connection *connection = pair->ends[way];
    if (connection == NULL || connection->state != CONNECTION_OPEN) return;
    struct way_counts *counts = &traffic_counts.ways[way];
    struct stamp stamp = {pair->number, way, pair->next[way], clock_now()};
    loop_now = stamp.sent;
    bool measured = is_measured(stamp.sent);
    if (measured) histogram_add(&traffic_counts.lag, stamp.sent - due);
    if (connection_is_congested(connection)) {
        counts->withheld += measured;
        return;
    }
    pair->next[way]++;
    counts->sent += measured;
    stamp_write((char *)connection_payload(connection, options->bytes), options->bytes, &stamp);
    connection_send(connection, OPCODE_TEXT, options->bytes);
}

/// One slot of the interval: every sender whose turn it is.
static void tick(uint64_t due) {
    uint64_t first = (uint64_t)slot * sender_count / slot_count, end = (uint64_t)(slot + 1) * sender_count / slot_count;
    for (uint64_t i = first; i < end; i++) send_frame(senders[i].pair, senders[i].way, due);
    slot = (slot + 1) % slot_count;
}

static void count_arrival(struct pair *pair, enum way way, const struct stamp *stamp) {
    struct way_counts *counts = &traffic_counts.ways[way];
    enum arrival arrival = sequence_note(&pair->came[way], stamp->sequence);
    if (!is_measured(stamp->sent)) return;
    if (arrival == ARRIVAL_DUPLICATE) {
        counts->duplicated++;
        return;
    }
    uint64_t latency = loop_now - stamp->sent;
    counts->received++;
    counts->reordered += arrival == ARRIVAL_REORDERED;
    counts->late += latency > late_after;
    histogram_add(&counts->latency, latency);
}

static void take_frame(struct pair *pair, enum way way, const struct frame *frame) {
    traffic_counts.relayed += is_measured(loop_now);
    struct stamp stamp;
    if (!stamp_read((const char *)frame->payload, frame->length, &stamp) || frame->opcode != OPCODE_TEXT) {
        traffic_counts.ways[way].corrupt++;
    } else if (pair == NULL || stamp.pair != pair->number || stamp.way != way) {
        traffic_counts.ways[way].crossed++;
    } else {
        count_arrival(pair, way, &stamp);
    }
}

static void lose(struct connection *connection, enum way way, const char *why) {
    struct pair *pair = connection->owner;
    if (pair != NULL && pair->ends[way] == connection) pair->ends[way] = NULL;
    if (!stopped) {
        traffic_counts.connections_lost++;
        if (traffic_counts.first_loss == NULL) traffic_counts.first_loss = why;
    }
    connection_free(connection);
}

static void phone_opened(struct connection *connection) {
    (void)connection;
    dial_settled(true);
}

static void phone_message(struct connection *connection, const struct frame *frame) {
    take_frame(connection->owner, options->has_upstream ? WAY_DOWN : WAY_UP, frame);
}

static void phone_closed(struct connection *connection, const char *why) {
    if (!connection->was_open) dial_settled(false);
    lose(connection, WAY_UP, why);
}

static const struct connection_events phone_events = {phone_opened, phone_message, phone_closed};

static void upstream_opened(struct connection *connection) {
    (void)connection;
}

/// The relay does not say which phone a connection belongs to; its first frame does.
static void bind_to_pair(struct connection *connection, const struct frame *frame) {
    struct stamp stamp;
    if (!stamp_read((const char *)frame->payload, frame->length, &stamp) || stamp.pair >= options->pairs) return;
    struct pair *pair = &pairs[stamp.pair];
    if (pair->ends[WAY_DOWN] != NULL) return;
    pair->ends[WAY_DOWN] = connection;
    connection->owner = pair;
    traffic_counts.pairs_up++;
}

static void upstream_message(struct connection *connection, const struct frame *frame) {
    if (connection->owner == NULL) bind_to_pair(connection, frame);
    take_frame(connection->owner, WAY_UP, frame);
}

static void upstream_closed(struct connection *connection, const char *why) {
    lose(connection, WAY_DOWN, why);
}

const struct connection_events traffic_upstream_events = {upstream_opened, upstream_message, upstream_closed};

static bool open_phone(unsigned index) {
    struct pair *pair = &pairs[index];
    pair->number = index;
    pair->ends[WAY_UP] = connection_open(&options->phone_target, phone_tls, index, &phone_events, pair);
    return pair->ends[WAY_UP] != NULL;
}

unsigned traffic_open(const struct options *given, struct ssl_ctx_st *tls) {
    options = given;
    phone_tls = tls;
    late_after = (uint64_t)(given->late_ms * 1e6);
    unsigned per_pair = given->has_upstream ? 2 : 1;
    pairs = calloc(given->pairs, sizeof *pairs);
    senders = calloc((size_t)given->pairs * per_pair, sizeof *senders);
    if (given->pairs > 0 && (pairs == NULL || senders == NULL)) abort();
    for (unsigned i = 0; i < given->pairs; i++) {
        for (unsigned way = 0; way < per_pair; way++) senders[sender_count++] = (struct sender){&pairs[i], way};
    }
    unsigned up = dial_all(given->pairs, open_phone, 30 * nanoseconds_per_second);
    if (!given->has_upstream) traffic_counts.pairs_up = up;
    return up;
}

void traffic_start(void) {
    slot_count = options->every_ms * (1000000 / SLOT_NANOSECONDS);
    loop_start_ticks(clock_now() + SLOT_NANOSECONDS, SLOT_NANOSECONDS, tick);
}

void traffic_measure(uint64_t from, uint64_t until) {
    measure_from = from;
    measure_until = until;
}

void traffic_stop(void) {
    loop_stop_ticks();
    stopped = true;
}

bool traffic_is_complete(void) {
    for (int way = 0; way < WAY_COUNT; way++) {
        if (traffic_counts.ways[way].received < traffic_counts.ways[way].sent) return false;
    }
    return true;
}
