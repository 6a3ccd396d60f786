#ifndef BENCH_UPSTREAM_H
#define BENCH_UPSTREAM_H

#include "load/connection.h"

/// Listens and hands every connection to `events`. Returns the port, or 0 with `errno`.
uint16_t upstream_listen(const struct address *address, struct ssl_ctx_st *tls, const struct connection_events *events);

/// The events of a plain echo server.
extern const struct connection_events upstream_echo_events;

#endif
