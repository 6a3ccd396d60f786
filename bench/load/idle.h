#ifndef BENCH_IDLE_H
#define BENCH_IDLE_H

#include "load/connection.h"
#include "load/options.h"

/// Opens connections that stay silent but for answers to pings. Returns how many came up.
unsigned idle_open(const struct options *options, struct ssl_ctx_st *tls);

/// How many of those have been lost since.
unsigned idle_dropped(void);

#endif
