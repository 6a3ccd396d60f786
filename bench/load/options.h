#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/net.h"

enum mode { MODE_RELAY, MODE_ECHO, MODE_CHURN, MODE_SERVE };

struct options {
    enum mode mode;
    struct target phone_target;     // The relay or the echo server under test.
    struct address listen_address;  // Where the relay under test finds its upstream; or where `--serve` listens.
    bool has_upstream;
    unsigned pairs, idle, churn, rate, bytes, every_ms;
    bool abruptly;
    double seconds, warmup, drain;
    pid_t process;
    const char *malloc_counter, *ca_file, *certificate, *key;
    double late_ms, latency_limit_us, lag_limit_us, cpu_limit;
    bool json;
};

/// Returns -1 to go on, or the exit code: 0 after `--help`, 2 after a line about what was wrong.
int options_parse(int argc, char **argv, struct options *options);

#endif
