#ifndef BENCH_TRAFFIC_H
#define BENCH_TRAFFIC_H

#include "load/connection.h"
#include "load/histogram.h"
#include "load/options.h"
#include "load/stamp.h"

/// What happened to the frames of one way that were sent inside the measured window.
struct way_counts {
    uint64_t sent, received, late, duplicated, reordered, corrupt, crossed, withheld;
    struct histogram latency;
};

struct traffic_counts {
    struct way_counts ways[WAY_COUNT];
    struct histogram lag;  // The driver's own: send time minus due time.
    uint64_t relayed;      // Frames that came out while the window was open, whenever they were sent.
    unsigned pairs_up, connections_lost;
    const char *first_loss;  // Why the first of those connections was lost.
};

extern struct traffic_counts traffic_counts;

/// What the listener for the relay's upstream connections does with them.
extern const struct connection_events traffic_upstream_events;

/// Opens the phones. Returns how many came up.
unsigned traffic_open(const struct options *options, struct ssl_ctx_st *phone_tls);

/// Both ends of all pairs begin to send, spread evenly over the interval.
void traffic_start(void);

/// Frames sent between the two times are counted.
void traffic_measure(uint64_t from, uint64_t until);

/// Ends the sending; no connection lost from here on counts.
void traffic_stop(void);

/// Whether every counted frame has arrived.
bool traffic_is_complete(void);

#endif
