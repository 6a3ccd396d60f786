#ifndef BENCH_CONNECTION_H
#define BENCH_CONNECTION_H

#include "common/handshake.h"
#include "common/frame.h"
#include "load/loop.h"
#include "load/stream.h"

struct connection;

/// What an owner hears. Each connection that was opened or accepted ends with `closed`, exactly once.
struct connection_events {
    void (*opened)(struct connection *connection);
    void (*message)(struct connection *connection, const struct frame *frame);
    void (*closed)(struct connection *connection, const char *why);
};

enum connection_state { CONNECTION_CONNECTING, CONNECTION_SECURING, CONNECTION_UPGRADING, CONNECTION_OPEN,
                        CONNECTION_CLOSED };

/// Bytes that wait: the beginning of a frame on the way in, what the socket did not take on the way out.
struct waiting {
    uint8_t *bytes;
    size_t count;
};

/// One WebSocket connection, client or server side. Pings are answered, a close is answered and ends it.
struct connection {
    struct watcher watcher;
    struct stream stream;
    enum connection_state state;
    bool is_client, was_open, close_sent, close_received, ends_when_flushed;
    const struct connection_events *events;
    void *owner;
    const struct target *target;
    uint64_t began;
    char key[HANDSHAKE_KEY_LENGTH + 1];
    struct waiting inbound, outbound;
};

/// NULL when the socket could not be made (`errno`).
struct connection *connection_open(const struct target *target, struct ssl_ctx_st *tls, unsigned spread,
                                   const struct connection_events *events, void *owner);
struct connection *connection_adopt(int descriptor, struct ssl_ctx_st *tls, const struct connection_events *events);

/// Room for a payload of `length`, to be sent with `connection_send`. It stays valid until the next call.
uint8_t *connection_payload(struct connection *connection, size_t length);

/// Sends what was put into `connection_payload`.
void connection_send(struct connection *connection, enum opcode opcode, size_t length);

/// Sends a message that lies elsewhere.
void connection_send_copy(struct connection *connection, enum opcode opcode, const void *payload, size_t length);

/// What is sent until `connection_release` goes out in one write. For one connection at a time, and for little: its
/// frames share memory with what others send.
void connection_gather(struct connection *connection);
void connection_release(struct connection *connection);

/// Whether the peer is slow: bytes sent earlier still wait. A data frame should be withheld then.
static inline bool connection_is_congested(const struct connection *connection) {
    return connection->outbound.count > 0;
}

/// Sends a close frame; the peer's answer ends the connection.
void connection_close(struct connection *connection);

/// Ends it now with a TCP reset; `closed` is told.
void connection_abort(struct connection *connection, const char *why);

/// Frees the memory of a closed connection.
void connection_free(struct connection *connection);

#endif
