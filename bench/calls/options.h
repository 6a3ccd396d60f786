#ifndef BENCH_CALLS_OPTIONS_H
#define BENCH_CALLS_OPTIONS_H

#include <stdbool.h>
#include <sys/types.h>

#include "calls/audio.h"
#include "common/net.h"

enum vendor { VENDOR_OPENAI, VENDOR_ELEVENLABS };
enum manner { MANNER_CONTINUOUS, MANNER_TURNS, MANNER_CHURN };

struct options {
    struct target bridge;
    struct address upstream;
    const char *certificate, *key, *auth_token, *malloc_counter;
    enum vendor vendor;
    enum manner manner;
    enum audio_format format;  // What the upstream speaks; the phone's is μ-law.
    bool is_exact;             // The bytes pass through as they are.
    unsigned calls, total;     // `total`: how many short calls there are to be, one after the other on each seat.
    double rate, talk, warmup, seconds, drain, longest_setup;
    pid_t process;
    double late_ms, lag_limit_us, cpu_limit, latency_limit_us, clear_limit_us;
    bool json;
};

/// Returns -1 to go on, or the exit code: 0 after `--help`, 2 after a line about what was wrong.
int options_parse(int argc, char **argv, struct options *options);

#endif
