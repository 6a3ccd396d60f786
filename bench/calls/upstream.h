#ifndef BENCH_CALLS_UPSTREAM_H
#define BENCH_CALLS_UPSTREAM_H

#include "calls/call.h"

/// What the listener does with the connections of the bridge.
extern const struct connection_events upstream_events;

/// 100 ms of the agent, and what else is due on its side.
void upstream_beat(struct call *call, uint64_t due);

/// The phone was told to forget what it has not played yet.
void upstream_cleared(struct call *call);

/// From now on no answer begins, and none is interrupted. What is said all the time goes on: it pushes out what a
/// bridge holds back.
void upstream_finish(void);

/// Whether all that has been begun was said.
bool upstream_is_quiet(const struct call *call);

#endif
