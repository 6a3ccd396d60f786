#include "calls/options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "call-driver: plays both ends of telephone calls through a bridge, and times the audio between them.\n"
    "\n"
    "  call-driver --bridge ws://127.0.0.1:8080/twilio/media --upstream 127.0.0.1:9090 --calls 500\n"
    "  It is 500 phones of a carrier's media streams, which it connects to the bridge, and the voice service that the\n"
    "  bridge connects to in turn. One process, one clock. Each 20 ms of sound tell their call and their number in a\n"
    "  pattern that a resampler does not harm, so what comes out is known wherever it comes out.\n"
    "\n"
    "What is under test\n"
    "  --bridge URL           the bridge's media socket, ws:// or wss://\n"
    "  --upstream HOST:PORT   be the voice service here\n"
    "  --upstream-cert FILE, --upstream-key FILE   speak TLS there\n"
    "  --auth-token TOKEN     sign the upgrades with it\n"
    "  --pid PID              the bridge's process: CPU, memory and descriptors are sampled\n"
    "  --malloc-counter FILE  its heap calls, as counted by malloc-counter.so\n"
    "\n"
    "The calls\n"
    "  --calls N              so many at once (default 100)\n"
    "  --rate R               begin R a second (default: as fast as they come up)\n"
    "  --vendor NAME          openai or elevenlabs (default openai)\n"
    "  --format NAME          what the voice service speaks: mulaw, pcm16k or pcm24k (default mulaw)\n"
    "  --resampled            what passes through as mulaw may differ in its bytes all the same\n"
    "  --manner NAME          continuous: 50 frames a second up, 10 pieces of 100 ms down (default)\n"
    "                         turns: answers of 6 s that come eight times faster than they are heard, every other one\n"
    "                         interrupted\n"
    "                         churn: short calls, one after the other, see --total and --talk\n"
    "  --total N, --talk S    churn: N calls in all (default 1000) of S seconds (default 5)\n"
    "  --setup S              how long the calls may take to come up (default 30)\n"
    "  --warmup S, --seconds S, --drain S\n"
    "                         before the window, the window, and the wait for the last of it (1, 5, 1; turns: 8)\n"
    "\n"
    "The verdict\n"
    "  --late-ms MS           a frame slower than this is late (default 20)\n"
    "  --limit-p99-us US      p99 latency of either way above this fails (default: no limit)\n"
    "  --limit-clear-us US    so does the p99 from the interruption sent to `clear` received\n"
    "  --lag-limit-us US      the driver's own p99 lag above this refuses the verdict (default 1000)\n"
    "  --cpu-limit SHARE      so does its own CPU share above this (default 0.9)\n"
    "  --json                 print JSON instead of a table\n"
    "\n"
    "Exit code: 0 all fine; 1 frames lost, damaged or late beyond a limit, or calls lost; 2 wrong usage;\n"
    "3 the driver was overloaded and its figures say nothing about the bridge.\n";

enum {
    OPTION_BRIDGE = 256, OPTION_UPSTREAM, OPTION_CERT, OPTION_KEY, OPTION_TOKEN, OPTION_PID, OPTION_MALLOC,
    OPTION_CALLS, OPTION_RATE, OPTION_VENDOR, OPTION_FORMAT, OPTION_RESAMPLED, OPTION_MANNER, OPTION_TOTAL,
    OPTION_TALK, OPTION_SETUP, OPTION_WARMUP, OPTION_SECONDS, OPTION_DRAIN, OPTION_LATE, OPTION_LATENCY_LIMIT,
    OPTION_CLEAR_LIMIT, OPTION_LAG_LIMIT, OPTION_CPU_LIMIT, OPTION_JSON, OPTION_HELP,
};

static const struct option long_options[] = {
    {"bridge", 1, 0, OPTION_BRIDGE}, {"upstream", 1, 0, OPTION_UPSTREAM}, {"upstream-cert", 1, 0, OPTION_CERT},
    {"upstream-key", 1, 0, OPTION_KEY}, {"auth-token", 1, 0, OPTION_TOKEN}, {"pid", 1, 0, OPTION_PID},
    {"malloc-counter", 1, 0, OPTION_MALLOC}, {"calls", 1, 0, OPTION_CALLS}, {"rate", 1, 0, OPTION_RATE},
    {"vendor", 1, 0, OPTION_VENDOR}, {"format", 1, 0, OPTION_FORMAT}, {"resampled", 0, 0, OPTION_RESAMPLED},
    {"manner", 1, 0, OPTION_MANNER}, {"total", 1, 0, OPTION_TOTAL}, {"talk", 1, 0, OPTION_TALK},
    {"setup", 1, 0, OPTION_SETUP}, {"warmup", 1, 0, OPTION_WARMUP}, {"seconds", 1, 0, OPTION_SECONDS},
    {"drain", 1, 0, OPTION_DRAIN}, {"late-ms", 1, 0, OPTION_LATE}, {"limit-p99-us", 1, 0, OPTION_LATENCY_LIMIT},
    {"limit-clear-us", 1, 0, OPTION_CLEAR_LIMIT}, {"lag-limit-us", 1, 0, OPTION_LAG_LIMIT},
    {"cpu-limit", 1, 0, OPTION_CPU_LIMIT}, {"json", 0, 0, OPTION_JSON}, {"help", 0, 0, OPTION_HELP}, {0, 0, 0, 0},
};

static int wrong(const char *what, const char *why) {
    fprintf(stderr, "call-driver: %s: %s. See --help.\n", what, why);
    return 2;
}

static bool read_number(const char *text, double lowest, double highest, double *value) {
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == 0 && isfinite(*value) && *value >= lowest && *value <= highest;
}

static bool read_count(const char *text, unsigned lowest, unsigned highest, unsigned *value) {
    double number;
    if (!read_number(text, lowest, highest, &number)) return false;
    *value = (unsigned)number;
    return number == *value;
}

static bool read_word(const char *text, const char *const words[], unsigned count, unsigned *value) {
    for (*value = 0; *value < count; ++*value) {
        if (strcmp(text, words[*value]) == 0) return true;
    }
    return false;
}

static bool take_text(int option, const char *text, struct options *options) {
    switch (option) {
    case OPTION_CERT: options->certificate = text; return true;
    case OPTION_KEY: options->key = text; return true;
    case OPTION_TOKEN: options->auth_token = text; return true;
    case OPTION_MALLOC: options->malloc_counter = text; return true;
    case OPTION_JSON: options->json = true; return true;
    case OPTION_RESAMPLED: options->is_exact = false; return true;
    default: return false;
    }
}

static bool take_word_or_number(int option, const char *text, struct options *options) {
    static const char *const vendors[] = {"openai", "elevenlabs"}, *const manners[] = {"continuous", "turns", "churn"},
                             *const formats[] = {"mulaw", "pcm16k", "pcm24k"};
    unsigned word = 0;
    bool good = false;
    switch (option) {
    case OPTION_VENDOR: good = read_word(text, vendors, 2, &word), options->vendor = word; return good;
    case OPTION_MANNER: good = read_word(text, manners, 3, &word), options->manner = word; return good;
    case OPTION_FORMAT: good = read_word(text, formats, 3, &word), options->format = word; return good;
    case OPTION_PID: good = read_count(text, 1, 1 << 30, &word), options->process = (pid_t)word; return good;
    case OPTION_CALLS: return read_count(text, 1, AUDIO_CALL_LIMIT, &options->calls);
    case OPTION_TOTAL: return read_count(text, 1, 10000000, &options->total);
    case OPTION_RATE: return read_number(text, 0.1, 100000, &options->rate);
    case OPTION_TALK: return read_number(text, 0.5, 3600, &options->talk);
    case OPTION_SETUP: return read_number(text, 0.1, 3600, &options->longest_setup);
    case OPTION_WARMUP: return read_number(text, 0, 3600, &options->warmup);
    case OPTION_SECONDS: return read_number(text, 0.1, 86400, &options->seconds);
    case OPTION_DRAIN: return read_number(text, 0, 60, &options->drain);
    case OPTION_LATE: return read_number(text, 0, 60000, &options->late_ms);
    case OPTION_LATENCY_LIMIT: return read_number(text, 1, 6e7, &options->latency_limit_us);
    case OPTION_CLEAR_LIMIT: return read_number(text, 1, 6e7, &options->clear_limit_us);
    case OPTION_LAG_LIMIT: return read_number(text, 1, 6e7, &options->lag_limit_us);
    case OPTION_CPU_LIMIT: return read_number(text, 0.01, 1000, &options->cpu_limit);
    default: return false;
    }
}

static int check(const char *bridge, const char *upstream, struct options *options) {
    const char *why = "";
    if (bridge == NULL || upstream == NULL) return wrong("what to do", "--bridge and --upstream are needed");
    if (!target_parse(bridge, &options->bridge, &why)) return wrong(bridge, why);
    if (!address_parse(upstream, &options->upstream, &why)) return wrong(upstream, why);
    if ((options->certificate == NULL) != (options->key == NULL)) {
        return wrong("--upstream-cert", "a certificate and its key go together");
    }
    if (options->manner == MANNER_TURNS && options->vendor != VENDOR_OPENAI) {
        return wrong("--manner turns", "only openai can be played that way");
    }
    if (options->vendor == VENDOR_OPENAI && options->format == AUDIO_PCM_16K) {
        return wrong("--format pcm16k", "openai does not speak it");
    }
    if (options->format != AUDIO_MULAW_8K) options->is_exact = false;
    if (options->drain < 0) options->drain = options->manner == MANNER_TURNS ? 8 : 1;
    return -1;
}

int options_parse(int argc, char **argv, struct options *options) {
    *options = (struct options){.calls = 100, .total = 1000, .talk = 5, .warmup = 1, .seconds = 5, .drain = -1,
                                .longest_setup = 30, .late_ms = 20, .lag_limit_us = 1000, .cpu_limit = 0.9,
                                .is_exact = true};
    const char *bridge = NULL, *upstream = NULL;
    int option, index = 0;
    while ((option = getopt_long(argc, argv, "", long_options, &index)) != -1) {
        switch (option) {
        case '?': return 2;
        case OPTION_HELP: fputs(help, stdout); return 0;
        case OPTION_BRIDGE: bridge = optarg; break;
        case OPTION_UPSTREAM: upstream = optarg; break;
        default:
            if (take_text(option, optarg, options) || take_word_or_number(option, optarg, options)) break;
            return wrong(long_options[index].name, "its value is unknown or out of range");
        }
    }
    if (optind < argc) return wrong(argv[optind], "this is not an option");
    return check(bridge, upstream, options);
}
