// The floor: the cheapest relay this kernel allows, and so the lower bound for any other.
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/net.h"
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

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"listen", required_argument, 0, 'l'},     {"connect", required_argument, 0, 'c'},
        {"drop-every", required_argument, 0, 'd'}, {"duplicate-every", required_argument, 0, 'u'},
        {"swap-every", required_argument, 0, 's'}, {"corrupt-every", required_argument, 0, 'r'},
        {"cross-every", required_argument, 0, 'x'},
        {"stall-every", required_argument, 0, 'e'}, {"stall-ms", required_argument, 0, 'm'},
        {"help", no_argument, 0, 'h'},             {0, 0, 0, 0},
    };
    const char *listen_text = NULL, *connect_text = NULL, *why = "";
    faults.stall_ms = 50;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        unsigned number = optarg != NULL ? (unsigned)strtoul(optarg, NULL, 10) : 0;
        switch (option) {
        case 'l': listen_text = optarg; break;
        case 'c': connect_text = optarg; break;
        case 'd': faults.drop_every = number; break;
        case 'u': faults.duplicate_every = number; break;
        case 's': faults.swap_every = number; break;
        case 'r': faults.corrupt_every = number; break;
        case 'x': faults.cross_every = number; break;
        case 'e': faults.stall_every = number; break;
        case 'm': faults.stall_ms = number; break;
        case 'h': fputs(help, stdout); return 0;
        default: return usage("unknown option", "");
        }
    }
    faults.any = faults.drop_every || faults.duplicate_every || faults.swap_every || faults.corrupt_every ||
                 faults.cross_every || faults.stall_every;
    if (listen_text == NULL || connect_text == NULL || optind < argc) {
        return usage("--listen and --connect are needed, and nothing else", "");
    }
    struct address address;
    struct target upstream;
    uint16_t port;
    if (!address_parse(listen_text, &address, &why)) return usage("--listen", why);
    if (!target_parse(connect_text, &upstream, &why) || upstream.tls) return usage("--connect", why);

    raise_descriptor_limit();
    struct sigaction action = {.sa_handler = end_now};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    int listener = listen_on(&address, &port);
    if (listener < 0) {
        fprintf(stderr, "floor-relay: cannot listen on %s: %s\n", listen_text, strerror(errno));
        return 1;
    }
    printf("ready %u\n", port);
    fflush(stdout);
    relay_run(listener, &upstream);
    fprintf(stderr, "floor-relay: epoll: %s\n", strerror(errno));
    return 1;
}
