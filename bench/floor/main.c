// The floor: the cheapest relay this kernel allows, and so the lower bound for any other.
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/net.h"
#include "floor/calls.h"
#include "floor/faults.h"
#include "floor/relay.h"

static const char help[] =
    "floor-relay: a WebSocket relay that only receives and sends.\n"
    "\n"
    "  floor-relay --listen 127.0.0.1:8080 --connect ws://127.0.0.1:9090/\n"
    "\n"
    "For each phone that connects it opens one connection to the upstream and pumps bytes both ways: one thread,\n"
    "epoll, no parser, no copies. Prints `ready PORT` when it listens; SIGINT and SIGTERM end it at once.\n"
    "\n"
    "  --listen HOST:PORT   where phones connect; port 0 takes a free one\n"
    "  --connect URL        ws:// URL of the upstream\n"
    "  --calls              relay telephone calls as call-driver plays them: what is heard is copied out of its\n"
    "                       message into a prepared one, at the place where it is known to stand. No parser, no checks\n"
    "\n"
    "Faults on purpose, to prove that a generator sees them. Each strikes every N-th chunk received:\n"
    "  --drop-every N  --duplicate-every N  --swap-every N  --corrupt-every N  --cross-every N\n"
    "  --stall-every N with --stall-ms M (default 50)\n";

static void end_now(int signal_number) {
    (void)signal_number;
    _exit(0);
}

static int usage(const char *problem, const char *detail) {
    fprintf(stderr, "floor-relay: %s%s%s. See --help.\n", problem, *detail ? ": " : "", detail);
    return 2;
}

struct addresses {
    const char *listen, *connect;
    bool calls;
};

/// Returns -1 to go on, or the exit code.
static int take_options(int argc, char **argv, struct addresses *given) {
    static const struct option options[] = {
        {"listen", 1, 0, 'l'},          {"connect", 1, 0, 'c'},    {"drop-every", 1, 0, 'd'},
        {"duplicate-every", 1, 0, 'u'}, {"swap-every", 1, 0, 's'}, {"corrupt-every", 1, 0, 'r'},
        {"cross-every", 1, 0, 'x'},     {"stall-every", 1, 0, 'e'}, {"stall-ms", 1, 0, 'm'},
        {"calls", 0, 0, 'a'},           {"help", 0, 0, 'h'},     {0, 0, 0, 0},
    };
    faults.stall_ms = 50;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        unsigned number = optarg != NULL ? (unsigned)strtoul(optarg, NULL, 10) : 0;
        switch (option) {
        case 'l': given->listen = optarg; break;
        case 'c': given->connect = optarg; break;
        case 'd': faults.drop_every = number; break;
        case 'u': faults.duplicate_every = number; break;
        case 's': faults.swap_every = number; break;
        case 'r': faults.corrupt_every = number; break;
        case 'x': faults.cross_every = number; break;
        case 'e': faults.stall_every = number; break;
        case 'm': faults.stall_ms = number; break;
        case 'a': given->calls = true; break;
        case 'h': fputs(help, stdout); return 0;
        default: return 2;
        }
    }
    faults.any = faults.drop_every || faults.duplicate_every || faults.swap_every || faults.corrupt_every ||
                 faults.cross_every || faults.stall_every;
    if (given->listen != NULL && given->connect != NULL && optind == argc) return -1;
    return usage("--listen and --connect are needed, and nothing else", "");
}

static void take_signals(void) {
    struct sigaction action = {.sa_handler = end_now};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv) {
    struct addresses given = {0};
    int code = take_options(argc, argv, &given);
    if (code >= 0) return code;
    const char *why = "";
    struct address address;
    struct target upstream;
    uint16_t port;
    if (!address_parse(given.listen, &address, &why)) return usage("--listen", why);
    if (!target_parse(given.connect, &upstream, &why)) return usage("--connect", why);
    if (upstream.tls) return usage("--connect", "the floor speaks no TLS");
    raise_descriptor_limit();
    take_signals();
    int listener = listen_on(&address, &port);
    if (listener < 0) {
        fprintf(stderr, "floor-relay: cannot listen on %s: %s\n", given.listen, strerror(errno));
        return 1;
    }
    printf("ready %u\n", port);
    fflush(stdout);
    relay_run(listener, &upstream, given.calls ? calls_forward : faults.any ? faults_send : side_send);
    fprintf(stderr, "floor-relay: epoll: %s\n", strerror(errno));
    return 1;
}
