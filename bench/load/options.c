#include "load/options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/stamp.h"

static const char help[] =
    "load-driver: plays both ends of WebSocket connections and times the frames between them.\n"
    "\n"
    "THROUGH A RELAY   load-driver --relay ws://127.0.0.1:8080/ --upstream 127.0.0.1:9090 --pairs 500\n"
    "  It connects as 500 phones to the relay, and listens at --upstream for the connections the relay opens in turn.\n"
    "  Both ends of every pair send a text frame each 20 ms on an absolute clock. A frame carries its pair, way,\n"
    "  number and send time; the other end checks every byte of it. One process, one clock: no clocks to align.\n"
    "AGAINST AN ECHO   load-driver --echo ws://127.0.0.1:8080/ --pairs 100 --idle 10000\n"
    "  The same, but the server sends the frames back itself. A latency is then the whole way there and back.\n"
    "CHURN             load-driver --echo ws://127.0.0.1:8080/ --churn 10000 [--abrupt]\n"
    "  Connect, handshake, close; or a TCP reset instead of the close. With --relay, through the relay.\n"
    "BE AN ECHO        load-driver --serve 127.0.0.1:8080\n"
    "  An echo server to compare with. Prints `ready PORT`; SIGINT and SIGTERM end it.\n"
    "\n"
    "What is under test\n"
    "  --relay URL            relay under test, ws:// or wss://\n"
    "  --upstream HOST:PORT   listen here for what the relay opens\n"
    "  --upstream-cert FILE   speak TLS there with this certificate chain and\n"
    "  --upstream-key FILE    this key\n"
    "  --echo URL             echo server under test\n"
    "  --ca FILE              check the server's certificate against this CA (default: do not check)\n"
    "  --pid PID              its process: CPU, memory and descriptors are sampled\n"
    "  --malloc-counter FILE  its heap calls, as counted by malloc-counter.so\n"
    "\n"
    "The load\n"
    "  --pairs N              busy pairs (default 100; with --churn none)\n"
    "  --bytes N              payload of a frame (default 350, 96 to 32768)\n"
    "  --every-ms N           one frame each N ms on each side (default 20)\n"
    "  --warmup S             seconds before the measured window (default 1)\n"
    "  --seconds S            the measured window (default 5)\n"
    "  --drain S              how long to wait for the last frames (default 1)\n"
    "  --idle N               connections that are opened first and stay silent\n"
    "  --churn N, --rate R, --abrupt\n"
    "                         N cycles, R a second (default: as fast as they come), ended by a reset\n"
    "\n"
    "The verdict\n"
    "  --late-ms MS           a frame slower than this is late (default 20)\n"
    "  --limit-p99-us US      p99 latency above this fails (default: no limit)\n"
    "  --lag-limit-us US      the driver's own p99 lag above this refuses the verdict (default 1000)\n"
    "  --cpu-limit SHARE      so does its own CPU share above this (default 0.9)\n"
    "  --json                 print JSON instead of a table\n"
    "\n"
    "How to read it\n"
    "  latency    from the send() of one end to the recv() of the other, so the driver's lag is not part of it\n"
    "  withheld   frames not sent because the peer had not taken the ones before: a slow peer never blocks the others\n"
    "  crossed    frames that came out at another pair than they went in\n"
    "  lag        how long after its due time a frame was sent: what the driver itself was late\n"
    "  waiting    share of the time a process was ready to run and the CPU was busy with something else\n"
    "\n"
    "Exit code: 0 all fine; 1 frames lost, damaged or late beyond a limit, or connections lost; 2 wrong usage;\n"
    "3 the driver was overloaded and its figures say nothing about the server.\n";

enum {
    OPTION_RELAY = 256, OPTION_UPSTREAM, OPTION_CERT, OPTION_KEY, OPTION_ECHO, OPTION_SERVE, OPTION_CA, OPTION_PID,
    OPTION_MALLOC, OPTION_PAIRS, OPTION_BYTES, OPTION_EVERY, OPTION_WARMUP, OPTION_SECONDS, OPTION_DRAIN, OPTION_IDLE,
    OPTION_CHURN, OPTION_RATE, OPTION_ABRUPT, OPTION_LATE, OPTION_LATENCY_LIMIT, OPTION_LAG_LIMIT, OPTION_CPU_LIMIT,
    OPTION_JSON, OPTION_HELP,
};

static const struct option long_options[] = {
    {"relay", 1, 0, OPTION_RELAY}, {"upstream", 1, 0, OPTION_UPSTREAM}, {"upstream-cert", 1, 0, OPTION_CERT},
    {"upstream-key", 1, 0, OPTION_KEY}, {"echo", 1, 0, OPTION_ECHO}, {"serve", 1, 0, OPTION_SERVE},
    {"ca", 1, 0, OPTION_CA}, {"pid", 1, 0, OPTION_PID}, {"malloc-counter", 1, 0, OPTION_MALLOC},
    {"pairs", 1, 0, OPTION_PAIRS}, {"bytes", 1, 0, OPTION_BYTES}, {"every-ms", 1, 0, OPTION_EVERY},
    {"warmup", 1, 0, OPTION_WARMUP}, {"seconds", 1, 0, OPTION_SECONDS}, {"drain", 1, 0, OPTION_DRAIN},
    {"idle", 1, 0, OPTION_IDLE}, {"churn", 1, 0, OPTION_CHURN}, {"rate", 1, 0, OPTION_RATE},
    {"abrupt", 0, 0, OPTION_ABRUPT}, {"late-ms", 1, 0, OPTION_LATE}, {"limit-p99-us", 1, 0, OPTION_LATENCY_LIMIT},
    {"lag-limit-us", 1, 0, OPTION_LAG_LIMIT}, {"cpu-limit", 1, 0, OPTION_CPU_LIMIT}, {"json", 0, 0, OPTION_JSON},
    {"help", 0, 0, OPTION_HELP}, {0, 0, 0, 0},
};

static int wrong(const char *what, const char *why) {
    fprintf(stderr, "load-driver: %s: %s. See --help.\n", what, why);
    return 2;
}

static int wrong_option(int index, const char *why) {
    fprintf(stderr, "load-driver: --%s: %s. See --help.\n", long_options[index].name, why);
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

static bool read_process(const char *text, pid_t *process) {
    unsigned number;
    if (!read_count(text, 1, 1 << 30, &number)) return false;
    *process = (pid_t)number;
    return true;
}

/// Takes one option that holds text, a number or a switch. NULL when it was fine.
static const char *take_value(int option, const char *text, struct options *options) {
    const char *number = "the number is out of range";
    switch (option) {
    case OPTION_CERT: options->certificate = text; return NULL;
    case OPTION_KEY: options->key = text; return NULL;
    case OPTION_CA: options->ca_file = text; return NULL;
    case OPTION_MALLOC: options->malloc_counter = text; return NULL;
    case OPTION_ABRUPT: options->abruptly = true; return NULL;
    case OPTION_JSON: options->json = true; return NULL;
    case OPTION_PID: return read_process(text, &options->process) ? NULL : number;
    case OPTION_PAIRS: return read_count(text, 0, 100000, &options->pairs) ? NULL : number;
    case OPTION_IDLE: return read_count(text, 0, 1000000, &options->idle) ? NULL : number;
    case OPTION_CHURN: return read_count(text, 1, 10000000, &options->churn) ? NULL : number;
    case OPTION_RATE: return read_count(text, 1, 100000, &options->rate) ? NULL : number;
    case OPTION_BYTES:
        return read_count(text, STAMP_SMALLEST_PAYLOAD, STAMP_LARGEST_PAYLOAD, &options->bytes) ? NULL : number;
    case OPTION_EVERY: return read_count(text, 1, 60000, &options->every_ms) ? NULL : number;
    case OPTION_WARMUP: return read_number(text, 0, 3600, &options->warmup) ? NULL : number;
    case OPTION_SECONDS: return read_number(text, 0.1, 86400, &options->seconds) ? NULL : number;
    case OPTION_DRAIN: return read_number(text, 0, 60, &options->drain) ? NULL : number;
    case OPTION_LATE: return read_number(text, 0, 60000, &options->late_ms) ? NULL : number;
    case OPTION_LATENCY_LIMIT: return read_number(text, 1, 6e7, &options->latency_limit_us) ? NULL : number;
    case OPTION_LAG_LIMIT: return read_number(text, 1, 6e7, &options->lag_limit_us) ? NULL : number;
    case OPTION_CPU_LIMIT: return read_number(text, 0.01, 1000, &options->cpu_limit) ? NULL : number;
    default: return "unknown option";
    }
}

struct addresses {
    const char *relay, *upstream, *echo, *serve;
};

static int take_addresses(const struct addresses *given, struct options *options) {
    const char *why = "";
    if ((given->relay != NULL) + (given->echo != NULL) + (given->serve != NULL) != 1) {
        return wrong("what to do", "exactly one of --relay, --echo and --serve is needed");
    }
    if ((given->relay != NULL) != (given->upstream != NULL)) {
        return wrong("--relay", "it goes together with --upstream, where the relay is told to connect to");
    }
    const char *url = given->relay != NULL ? given->relay : given->echo;
    const char *listening = given->upstream != NULL ? given->upstream : given->serve;
    if (url != NULL && !target_parse(url, &options->phone_target, &why)) return wrong(url, why);
    if (listening != NULL && !address_parse(listening, &options->listen_address, &why)) return wrong(listening, why);
    if ((options->certificate == NULL) != (options->key == NULL)) {
        return wrong("--upstream-cert", "a certificate and its key go together");
    }
    options->has_upstream = given->upstream != NULL;
    options->mode = given->relay != NULL ? MODE_RELAY : given->echo != NULL ? MODE_ECHO : MODE_SERVE;
    if (options->churn > 0) options->mode = MODE_CHURN;
    return -1;
}

int options_parse(int argc, char **argv, struct options *options) {
    *options = (struct options){.pairs = 100, .bytes = 350, .every_ms = 20, .seconds = 5, .warmup = 1, .drain = 1,
                                .late_ms = 20, .lag_limit_us = 1000, .cpu_limit = 0.9};
    struct addresses given = {0};
    int option, index = 0;
    while ((option = getopt_long(argc, argv, "", long_options, &index)) != -1) {
        switch (option) {
        case '?': return 2;
        case OPTION_HELP: fputs(help, stdout); return 0;
        case OPTION_RELAY: given.relay = optarg; break;
        case OPTION_UPSTREAM: given.upstream = optarg; break;
        case OPTION_ECHO: given.echo = optarg; break;
        case OPTION_SERVE: given.serve = optarg; break;
        default: {
            const char *why = take_value(option, optarg, options);
            if (why != NULL) return wrong_option(index, why);
        }
        }
    }
    if (optind < argc) return wrong(argv[optind], "this is not an option");
    return take_addresses(&given, options);
}
