#ifndef BENCH_NET_H
#define BENCH_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct address {
    struct sockaddr_storage storage;
    socklen_t length;
};

/// Where a WebSocket client goes: the parts of `ws://host:port/path` or `wss://…`, resolved once.
struct target {
    bool tls;
    char host[128];
    char port[8];
    char path[512];
    char headers[256];  // Whole lines for the upgrade request, each with its CRLF.
    struct address address;
};

/// Both return false with a sentence for the user in `why`.
bool address_parse(const char *text, struct address *address, const char **why);
bool target_parse(const char *url, struct target *target, const char **why);

/// A non-blocking listener, or -1 with `errno`. `port` receives the port it got.
int listen_on(const struct address *address, uint16_t *port);

/// A non-blocking socket whose connect has begun, or -1 with `errno`.
/// A loopback target is dialled from 127.0.0.(1 + spread % 8), so that one address does not run out of ports.
int connect_to(const struct address *address, unsigned spread);

/// Sends small writes at once: a frame must not wait for the acknowledgement of the one before.
void disable_nagle(int descriptor);

/// The hard limit on open files becomes the soft one.
void raise_descriptor_limit(void);

#endif
