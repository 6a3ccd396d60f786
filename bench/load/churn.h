#ifndef BENCH_CHURN_H
#define BENCH_CHURN_H

#include "load/connection.h"
#include "load/options.h"

struct churn_counts {
    unsigned done, failed;
    const char *first_failure;
};

/// Runs `cycles` of connect, handshake and close. With `--rate` they begin that often, else 32 run at a time.
struct churn_counts churn_run(const struct options *options, struct ssl_ctx_st *tls, unsigned cycles);

#endif
