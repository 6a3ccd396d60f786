#ifndef BENCH_CALLS_PHONE_H
#define BENCH_CALLS_PHONE_H

#include "calls/call.h"

struct ssl_ctx_st;

/// The calls' side of a carrier's media streams. `target` carries the signature, where there is one.
void phone_prepare(const struct target *target, struct ssl_ctx_st *tls);

/// Begins a call on an empty seat.
void phone_dial(struct call *call);

/// 20 ms of the caller, and the marks that have been played.
void phone_beat(struct call *call, uint64_t due);

/// Says goodbye as a carrier does.
void phone_hang_up(struct call *call);

#endif
