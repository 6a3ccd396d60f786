#include "load/upstream.h"

#include <string.h>
#include <sys/socket.h>

static struct upstream {
    struct watcher watcher;
    int listener;
    struct ssl_ctx_st *tls;
    const struct connection_events *events;
} upstream;

static void listener_ready(struct watcher *watcher, uint32_t events) {
    (void)watcher, (void)events;
    int descriptor;
    while ((descriptor = accept4(upstream.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        disable_nagle(descriptor);
        connection_adopt(descriptor, upstream.tls, upstream.events);
    }
}

uint16_t upstream_listen(const struct address *address, struct ssl_ctx_st *tls,
                         const struct connection_events *events) {
    uint16_t port = 0;
    upstream = (struct upstream){{listener_ready}, listen_on(address, &port), tls, events};
    if (upstream.listener < 0 || !loop_watch(upstream.listener, &upstream.watcher)) return 0;
    return port;
}

static void echo_opened(struct connection *connection) {
    (void)connection;
}

static void echo_message(struct connection *connection, const struct frame *frame) {
    if (connection_is_congested(connection)) return;
    memcpy(connection_payload(connection, frame->length), frame->payload, frame->length);
    connection_send(connection, frame->opcode, frame->length);
}

static void echo_closed(struct connection *connection, const char *why) {
    (void)why;
    connection_free(connection);
}

const struct connection_events upstream_echo_events = {echo_opened, echo_message, echo_closed};
