#ifndef BENCH_FLOOR_RELAY_H
#define BENCH_FLOOR_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/net.h"

struct pair;

/// One end of a pair: the phone's connection or the one to the upstream.
struct side {
    int descriptor;
    struct pair *pair;
    struct side *peer;
    uint8_t *unsent;  // What the socket did not take. While there is some, the other side is not read.
    size_t unsent_start, unsent_count;
    bool has_more;  // Left unread because the other side was full. Edge-triggered epoll will not tell us again.
    struct part *part;  // The beginning of a frame, where frames are looked at.
};

/// What is done with what came for a side. False when the side has not taken all of it.
typedef bool (*forward_function)(struct side *to, uint8_t *bytes, size_t count);

/// Runs the relay on this thread until the process ends. Returns only when epoll itself cannot be set up.
int relay_run(int listener, const struct target *upstream, forward_function forward);

/// Sends what the socket takes and keeps the rest. False when there is a rest.
bool side_send(struct side *side, uint8_t *bytes, size_t count);

static inline bool side_is_upstream(const struct side *side) {
    return side->peer < side;
}

/// Closes this end and the other.
void side_close_both(struct side *side);

#endif
