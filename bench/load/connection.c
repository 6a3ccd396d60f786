#include "load/connection.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "load/clock.h"

enum { INBOX_SIZE = 256 * 1024, OUTBOX_SIZE = FRAME_LARGEST_HEAD + INBOX_SIZE, UNSENT_LIMIT = 1024 * 1024 };

// Shared by all connections: a frame is whole in nearly every read, and only the rest of one is kept per connection.
static uint8_t inbox[INBOX_SIZE], outbox[OUTBOX_SIZE];

// What has been gathered stands at the front of the outbox.
static struct connection *gathering;
static size_t gathered;

static void set_waiting(struct waiting *waiting, const uint8_t *bytes, size_t count) {
    if (count == 0) {
        if (waiting->bytes != NULL) free(waiting->bytes);
        *waiting = (struct waiting){0};
        return;
    }
    uint8_t *copy = malloc(count);
    if (copy == NULL) abort();
    memcpy(copy, bytes, count);
    free(waiting->bytes);
    *waiting = (struct waiting){copy, count};
}

static void end(struct connection *connection, bool abruptly, const char *why) {
    if (connection->state == CONNECTION_CLOSED) return;
    connection->state = CONNECTION_CLOSED;
    stream_close(&connection->stream, abruptly);
    set_waiting(&connection->inbound, NULL, 0);
    set_waiting(&connection->outbound, NULL, 0);
    connection->events->closed(connection, why);
}

static void keep_unsent(struct connection *connection, const uint8_t *bytes, size_t count) {
    struct waiting *outbound = &connection->outbound;
    if (outbound->count + count > UNSENT_LIMIT) return end(connection, true, "the peer stopped reading");
    uint8_t *grown = realloc(outbound->bytes, outbound->count + count);
    if (grown == NULL) abort();
    memcpy(grown + outbound->count, bytes, count);
    *outbound = (struct waiting){grown, outbound->count + count};
}

static void write_bytes(struct connection *connection, const uint8_t *bytes, size_t count) {
    while (count > 0 && connection->outbound.count == 0) {
        ptrdiff_t sent = stream_write(&connection->stream, bytes, count);
        if (sent == STREAM_WOULD_BLOCK) break;
        if (sent <= 0) return end(connection, false, "sending failed");
        bytes += sent;
        count -= (size_t)sent;
    }
    if (count > 0) keep_unsent(connection, bytes, count);
}

static void flush(struct connection *connection) {
    struct waiting *outbound = &connection->outbound;
    size_t done = 0;
    while (done < outbound->count) {
        ptrdiff_t sent = stream_write(&connection->stream, outbound->bytes + done, outbound->count - done);
        if (sent == STREAM_WOULD_BLOCK) break;
        if (sent <= 0) return end(connection, false, "sending failed");
        done += (size_t)sent;
    }
    if (done > 0) set_waiting(outbound, outbound->bytes + done, outbound->count - done);
    if (outbound->count == 0 && connection->ends_when_flushed) end(connection, false, "closed");
}

uint8_t *connection_payload(struct connection *connection, size_t length) {
    return outbox + gathered + frame_head_size(length, connection->is_client);
}

void connection_send(struct connection *connection, enum opcode opcode, size_t length) {
    if (connection->state != CONNECTION_OPEN) return;
    size_t size = frame_finish(outbox + gathered, opcode, length, connection->is_client);
    if (connection == gathering) {
        gathered += size;
    } else {
        write_bytes(connection, outbox + gathered, size);
    }
}

void connection_gather(struct connection *connection) {
    gathering = connection;
}

void connection_release(struct connection *connection) {
    size_t count = gathered;
    gathering = NULL;
    gathered = 0;
    if (count > 0 && connection->state == CONNECTION_OPEN) write_bytes(connection, outbox, count);
}

void connection_send_copy(struct connection *connection, enum opcode opcode, const void *payload, size_t length) {
    if (length > 0) memcpy(connection_payload(connection, length), payload, length);
    connection_send(connection, opcode, length);
}

void connection_close(struct connection *connection) {
    if (connection->state != CONNECTION_OPEN || connection->close_sent) return;
    connection->close_sent = true;
    static const uint8_t normal_closure[2] = {1000 >> 8, 1000 & 0xFF};
    connection_send_copy(connection, OPCODE_CLOSE, normal_closure, sizeof normal_closure);
}

/// The server closes the TCP connection, the client waits for that (RFC 6455, 7.1.1).
static void take_close(struct connection *connection, const struct frame *frame) {
    connection->close_received = true;
    if (!connection->close_sent) {
        connection->close_sent = true;
        connection_send_copy(connection, OPCODE_CLOSE, frame->payload, frame->length < 2 ? frame->length : 2);
    }
    if (connection->is_client || connection->state == CONNECTION_CLOSED) return;
    connection->ends_when_flushed = true;
    if (connection->outbound.count == 0) end(connection, false, "closed");
}

static size_t take_frames(struct connection *connection, uint8_t *bytes, size_t count) {
    size_t at = 0, used;
    struct frame frame;
    while (connection->state == CONNECTION_OPEN) {
        enum frame_result result = frame_decode(bytes + at, count - at, !connection->is_client, &frame, &used);
        if (result == FRAME_INCOMPLETE) break;
        if (result == FRAME_INVALID) {
            end(connection, true, "an invalid frame came");
            break;
        }
        at += used;
        switch (frame.opcode) {
        case OPCODE_TEXT:
        case OPCODE_BINARY: connection->events->message(connection, &frame); break;
        case OPCODE_PING: connection_send_copy(connection, OPCODE_PONG, frame.payload, frame.length); break;
        case OPCODE_PONG: break;
        case OPCODE_CLOSE: take_close(connection, &frame); break;
        }
    }
    return at;
}

static void send_request(struct connection *connection) {
    char head[HANDSHAKE_HEAD_LIMIT];
    connection->state = CONNECTION_UPGRADING;
    handshake_make_key(clock_now() ^ (uintptr_t)connection, connection->key);
    write_bytes(connection, (uint8_t *)head, handshake_write_request(head, connection->target, connection->key));
}

/// Returns how many bytes the head took, 0 while it is not complete or when it was refused.
static size_t take_head(struct connection *connection, const char *bytes, size_t count) {
    size_t length = handshake_head_length(bytes, count);
    const char *why = "the handshake's head is too long";
    if (length == 0) {
        if (count >= HANDSHAKE_HEAD_LIMIT) end(connection, true, why);
        return 0;
    }
    bool good = connection->is_client ? handshake_check_response(bytes, length, connection->key, &why)
                                      : handshake_check_request(bytes, length, connection->key, &why);
    if (!good) {
        end(connection, true, why);
        return 0;
    }
    connection->state = CONNECTION_OPEN;
    connection->was_open = true;
    if (!connection->is_client) {
        char head[HANDSHAKE_HEAD_LIMIT];
        write_bytes(connection, (uint8_t *)head, handshake_write_response(head, connection->key));
    }
    if (connection->state == CONNECTION_OPEN) connection->events->opened(connection);
    return length;
}

static void take_bytes(struct connection *connection, uint8_t *bytes, size_t count) {
    size_t used = 0;
    if (connection->state == CONNECTION_UPGRADING) used = take_head(connection, (char *)bytes, count);
    if (connection->state == CONNECTION_OPEN) used += take_frames(connection, bytes + used, count - used);
    if (connection->state == CONNECTION_CLOSED) return;
    if (count - used == INBOX_SIZE) return end(connection, true, "a frame larger than the bench's buffer came");
    set_waiting(&connection->inbound, bytes + used, count - used);
}

static void read_ready(struct connection *connection, bool to_the_end) {
    while (connection->state != CONNECTION_CLOSED) {
        size_t kept = connection->inbound.count, room = INBOX_SIZE - kept;
        if (kept > 0) memcpy(inbox, connection->inbound.bytes, kept);
        ptrdiff_t got = stream_read(&connection->stream, inbox + kept, room);
        if (got == STREAM_WOULD_BLOCK) return;
        const char *why_ended = connection->close_received ? "closed" : "the peer hung up";
        if (got == STREAM_ENDED) return end(connection, false, why_ended);
        if (got == STREAM_FAILED) return end(connection, false, "the connection broke");
        loop_now = clock_now();
        take_bytes(connection, inbox, kept + (size_t)got);
        if (connection->stream.tls == NULL && (size_t)got < room && !to_the_end) return;
    }
}

/// Goes through connect and TLS. True once bytes of the handshake or of frames can be read.
static bool is_ready_to_read(struct connection *connection) {
    if (connection->state == CONNECTION_CONNECTING) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(connection->stream.descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) return end(connection, false, strerror(error)), false;
        connection->state = CONNECTION_SECURING;
        if (connection->stream.tls == NULL) send_request(connection);
    }
    if (connection->state == CONNECTION_SECURING) {
        int outcome = stream_secure(&connection->stream);
        if (outcome == STREAM_WOULD_BLOCK) return false;
        if (outcome != 1) return end(connection, false, "the TLS handshake failed"), false;
        connection->state = CONNECTION_UPGRADING;
        if (connection->is_client) send_request(connection);
    }
    return connection->state == CONNECTION_UPGRADING || connection->state == CONNECTION_OPEN;
}

static void connection_ready(struct watcher *watcher, uint32_t events) {
    struct connection *connection = (struct connection *)watcher;
    if (connection->state == CONNECTION_CLOSED || !is_ready_to_read(connection)) return;
    if (connection->outbound.count > 0) flush(connection);
    bool incoming = (events & ~(uint32_t)EPOLLOUT) != 0 || connection->stream.tls != NULL;
    if (incoming) read_ready(connection, (events & ~(uint32_t)(EPOLLIN | EPOLLOUT)) != 0);
}

static struct connection *create(int descriptor, bool is_client, const struct connection_events *events, void *owner) {
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) abort();
    connection->watcher.ready = connection_ready;
    connection->stream.descriptor = descriptor;
    connection->is_client = is_client;
    connection->events = events;
    connection->owner = owner;
    connection->began = clock_now();
    return connection;
}

static struct connection *start(struct connection *connection, struct ssl_ctx_st *tls, const char *host) {
    bool secured = tls == NULL || stream_begin_tls(&connection->stream, tls, connection->is_client, host);
    if (secured && loop_watch(connection->stream.descriptor, &connection->watcher)) return connection;
    stream_close(&connection->stream, true);
    free(connection);
    return NULL;
}

struct connection *connection_open(const struct target *target, struct ssl_ctx_st *tls, unsigned spread,
                                   const struct connection_events *events, void *owner) {
    int descriptor = connect_to(&target->address, spread);
    if (descriptor < 0) return NULL;
    struct connection *connection = create(descriptor, true, events, owner);
    connection->target = target;
    connection->state = CONNECTION_CONNECTING;
    return start(connection, tls, target->host);
}

struct connection *connection_adopt(int descriptor, struct ssl_ctx_st *tls, const struct connection_events *events) {
    struct connection *connection = create(descriptor, false, events, NULL);
    connection->state = tls == NULL ? CONNECTION_UPGRADING : CONNECTION_SECURING;
    return start(connection, tls, NULL);
}

void connection_abort(struct connection *connection, const char *why) {
    end(connection, true, why);
}

void connection_free(struct connection *connection) {
    loop_free_later(connection);
}
