// Byte streams: libwebsockets' raw role moves the bytes; connecting, TLS, flush and FIN are kept around it here.
#include <errno.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

static void free_stream(pb_stream *stream) {
    pb_ahead_forget(stream);
    if (stream->ssl) SSL_free(stream->ssl);
    free(stream->text);
    free(stream);
}

static void tell_closed(pb_stream *stream) {
    if (stream->told) return;
    stream->told = 1;
    stream->dead = 1;
    stream->loop->traffic.streams_open--;
    stream->loop->call.closed(stream->user, stream->why, stream->text ? stream->text : "");
}

void pb_stream_note(pb_stream *stream, pb_why why, const char *text) {
    if (stream->dead || stream->text) return;
    stream->why = why;
    stream->text = strdup(text);
}

// Not at once, since this may be called from inside a callback of this very socket. LWS_TO_KILL_ASYNC would be as safe,
// but under libuv its timer is looked at only after some socket had something to say.
static void end_soon(pb_stream *stream) {
    stream->dead = 1;
    if (!stream->wsi || stream->socket_gone || stream->doomed) return;
    stream->doomed = 1;
    LIST_INSERT_HEAD(&stream->loop->doomed, stream, doom);
}

void pb_stream_end_doomed(pb_loop *loop) {
    pb_stream *stream;
    while ((stream = LIST_FIRST(&loop->doomed))) {
        LIST_REMOVE(stream, doom);
        stream->doomed = 0;
        lws_set_timeout(stream->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
    }
}

void pb_stream_fail(pb_stream *stream, pb_why why, const char *text) {
    pb_stream_note(stream, why, text);
    if (!stream->dead) end_soon(stream);
}

// MARK: reading and its rest

static void follow_reading(pb_stream *stream) {
    // While libwebsockets holds output back, unread input would make the loop spin.
    bool wanted = (stream->read_wanted || stream->closing) && !stream->backed_up;
    if (wanted == stream->reading) return;
    stream->reading = wanted;
    lws_rx_flow_control(stream->wsi, wanted ? 1 : 0);
}

static void received(pb_stream *stream, uint8_t *bytes, size_t count) {
    pb_loop *loop = stream->loop;
    pb_ahead_received(stream);
    loop->traffic.raw_received_bytes += count;
    loop->traffic.raw_received_calls++;
    if (stream->ssl)
        pb_tls_received(stream, bytes, count);
    else if (!stream->closing)
        loop->call.received(stream->user, bytes, count);
    pb_ahead_fetch(loop);
}

// MARK: writing

static void finish_if_flushed(pb_stream *stream) {
    if (stream->finished || stream->backed_up) return;
    stream->finished = 1;
    shutdown(lws_get_socket_fd(stream->wsi), SHUT_WR);
}

bool pb_stream_raw_write(pb_stream *stream, const uint8_t *bytes, size_t count) {
    if (stream->dead) return false;
    pb_ahead_fetch(stream->loop);
    // libwebsockets takes a mutable pointer and changes nothing in the raw role.
    int written = lws_write(stream->wsi, (unsigned char *)(uintptr_t)bytes, count, LWS_WRITE_RAW);
    if (written < 0) {
        pb_stream_fail(stream, PB_WHY_FAILED, strerror(errno));
        return false;
    }
    stream->loop->traffic.raw_written_bytes += count;
    stream->loop->traffic.raw_written_calls++;
    if (lws_partial_buffered(stream->wsi)) {
        stream->backed_up = 1;
        follow_reading(stream);
    }
    return true;
}

// libwebsockets keeps what the kernel does not take, and then reads nothing more from that socket. Two peers that both did
// so could wait for each other for ever, each with a full buffer. So it is never given more than the kernel takes: the
// send buffer is asked how much that is, once in a while, since what it told is spent frame by frame.
#define OVERHEAD_BYTES 2048  // More than the kernel's own for one write.

static void ask_for_room(pb_stream *stream) {
    uint32_t memory[SK_MEMINFO_VARS] = {0};
    socklen_t size = sizeof memory;
    if (getsockopt(lws_get_socket_fd(stream->wsi), SOL_SOCKET, SO_MEMINFO, memory, &size) != 0) return;
    uint32_t queued = memory[SK_MEMINFO_WMEM_QUEUED], limit = memory[SK_MEMINFO_SNDBUF];
    stream->room = limit > queued ? limit - queued : 0;
    // An empty buffer takes a little, however small it is.
    if (queued == 0 && stream->room < 2 * OVERHEAD_BYTES) stream->room = 2 * OVERHEAD_BYTES;
}

size_t pb_stream_room(pb_stream *stream, size_t wanted) {
    // Each byte may cost two of the kernel's.
    if (stream->room < 2 * wanted + OVERHEAD_BYTES) ask_for_room(stream);
    size_t given = stream->room > OVERHEAD_BYTES ? (stream->room - OVERHEAD_BYTES) / 2 : 0;
    if (given > wanted) given = wanted;
    // A large write goes in pieces, but not in crumbs.
    if (given < wanted && given < 1024) {
        stream->full = 1;
        return 0;
    }
    stream->room -= (uint32_t)(2 * given + OVERHEAD_BYTES);
    return given;
}

ptrdiff_t pb_stream_write(pb_stream *stream, const uint8_t *bytes, size_t count) {
    if (stream->dead || stream->closing || !stream->open) return -1;
    if (stream->ssl) return pb_tls_write(stream, bytes, count);
    size_t taken = 0;
    while (taken < count && !stream->full && !stream->backed_up) {
        size_t piece = pb_stream_room(stream, count - taken < PB_WRITE_BYTES ? count - taken : PB_WRITE_BYTES);
        if (piece == 0) break;
        if (!pb_stream_raw_write(stream, bytes + taken, piece)) return -1;
        taken += piece;
    }
    return (ptrdiff_t)taken;
}

bool pb_stream_congested(const pb_stream *stream) {
    return !stream->dead && (stream->full || stream->backed_up);
}

void pb_stream_want_write(pb_stream *stream) {
    if (stream->dead || !stream->wsi) return;
    stream->write_wanted = 1;
    lws_callback_on_writable(stream->wsi);
}

static void writable(pb_stream *stream) {
    stream->backed_up = lws_partial_buffered(stream->wsi);
    if (stream->backed_up) return;
    // The kernel wants bytes again, so it takes at least some: whatever it tells of its memory, there is progress.
    stream->full = 0;
    if (stream->room < 2 * OVERHEAD_BYTES) stream->room = 2 * OVERHEAD_BYTES;
    follow_reading(stream);
    if (stream->closing) {
        finish_if_flushed(stream);
        return;
    }
    if (!stream->write_wanted || !stream->open) return;
    stream->write_wanted = 0;
    stream->loop->call.writable(stream->user);
}

// MARK: libwebsockets' callback

// What a connection can die of. Any other number is left over from a call that has nothing to do with it.
static bool is_fatal(int error) {
    switch (error) {
    case ECONNRESET:
    case ETIMEDOUT:
    case EPIPE:
    case ECONNABORTED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case ENETRESET:
    case EHOSTDOWN: return true;
    default: return false;
    }
}

static void closed_by_socket(pb_stream *stream, int error, int descriptor) {
    if (stream->dead) {
        tell_closed(stream);
        return;
    }
    int pending = 0;
    socklen_t size = sizeof pending;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &pending, &size) == 0 && pending != 0) error = pending;
    if (stream->loop->destroying)
        pb_stream_note(stream, PB_WHY_KILLED, "the loop ended");
    else if (stream->finished)
        pb_stream_note(stream, PB_WHY_LOCAL, "closed");
    else if (is_fatal(error))
        pb_stream_note(stream, PB_WHY_FAILED, strerror(error));
    else if (stream->handshaking)
        pb_stream_note(stream, PB_WHY_TLS, "the peer closed the connection during the TLS handshake");
    else if (stream->ssl && !stream->peer_done)
        pb_stream_note(stream, PB_WHY_TRUNCATED, "the peer ended TLS without saying so");
    else
        pb_stream_note(stream, PB_WHY_PEER, "closed by the peer");
    tell_closed(stream);
}

int pb_stream_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
    (void)user;
    int error = errno;  // The failed read's, if that is what brought us to LWS_CALLBACK_RAW_CLOSE.
    pb_stream *stream = lws_get_opaque_user_data(wsi);
    if (!stream) return 0;
    switch ((int)reason) {
    case LWS_CALLBACK_RAW_RX:
        if (stream->dead) return -1;
        received(stream, in, length);
        return stream->dead ? -1 : 0;
    case LWS_CALLBACK_RAW_WRITEABLE:
        if (stream->dead) return -1;
        writable(stream);
        return stream->dead ? -1 : 0;
    case LWS_CALLBACK_RAW_CLOSE:
        stream->socket_gone = 1;
        if (stream->doomed) LIST_REMOVE(stream, doom);
        stream->doomed = 0;
        closed_by_socket(stream, error, lws_get_socket_fd(wsi));
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        // The only callback that always comes; under libuv turns after the close.
        if (!stream->told) {
            pb_stream_note(stream, PB_WHY_KILLED, "closed");
            tell_closed(stream);
        }
        free_stream(stream);
        return 0;
    default: return 0;
    }
}

// MARK: coming up

static bool adopt(pb_stream *stream, int descriptor) {
    lws_adopt_desc_t how = {
        .vh = stream->loop->vhost,
        .type = LWS_ADOPT_SOCKET,
        .fd = {.sockfd = descriptor},
        .vh_prot_name = "raw",
        .opaque = stream,
    };
    stream->wsi = lws_adopt_descriptor_vhost_via_info(&how);
    stream->reading = 1;
    return stream->wsi != NULL;
}

static pb_stream *new_stream(pb_loop *loop, void *user) {
    pb_stream *stream = aligned_alloc(64, (sizeof *stream + 63) / 64 * 64);
    if (!stream) return NULL;
    memset(stream, 0, sizeof *stream);
    stream->loop = loop;
    stream->user = user;
    stream->read_wanted = 1;
    return stream;
}

pb_stream *pb_stream_adopt(pb_loop *loop, int descriptor, pb_tls *tls, void *user) {
    pb_stream *stream = loop->destroying ? NULL : new_stream(loop, user);
    if (!stream || (tls && !pb_tls_attach(stream, tls, NULL))) {
        if (stream) free_stream(stream);
        close(descriptor);
        return NULL;
    }
    stream->open = tls == NULL;
    stream->told = 1;  // Should adoption fail, nobody hears of this stream.
    if (!adopt(stream, descriptor)) {  // libwebsockets closed the descriptor.
        if (!stream->socket_gone) free_stream(stream);
        return NULL;
    }
    stream->told = 0;
    loop->traffic.streams_open++;
    return stream;
}

static void attempt_closed(uv_handle_t *handle) {
    pb_attempt *attempt = handle->data;
    pb_stream *stream = attempt->stream;
    if (attempt->descriptor >= 0) close(attempt->descriptor);
    free(attempt);
    if (stream) {  // It never became a socket of libwebsockets, so nobody else will say so.
        tell_closed(stream);
        free_stream(stream);
    }
}

static void give_up(pb_stream *stream) {
    pb_attempt *attempt = stream->attempt;
    stream->dead = 1;
    stream->attempt = NULL;
    uv_close((uv_handle_t *)&attempt->poll, attempt_closed);
}

static void come_up(pb_stream *stream) {
    pb_attempt *attempt = stream->attempt;
    int descriptor = attempt->descriptor;
    // Closing the watcher first matters: it takes the descriptor out of the poll set at once, never later.
    attempt->descriptor = -1;
    attempt->stream = NULL;
    stream->attempt = NULL;
    uv_close((uv_handle_t *)&attempt->poll, attempt_closed);
    if (!adopt(stream, descriptor)) {
        pb_stream_note(stream, PB_WHY_CONNECT, "no room for another socket");
        tell_closed(stream);
        if (!stream->socket_gone) free_stream(stream);
        return;
    }
    if (stream->ssl) {
        pb_tls_begin(stream);
        return;
    }
    stream->open = 1;
    stream->loop->call.opened(stream->user);
}

static void connect_answered(uv_poll_t *handle, int status, int events) {
    (void)events;
    pb_attempt *attempt = handle->data;
    pb_stream *stream = attempt->stream;
    int error = status < 0 ? -status : 0;
    socklen_t size = sizeof error;
    int pending = 0;
    if (getsockopt(attempt->descriptor, SOL_SOCKET, SO_ERROR, &pending, &size) == 0 && pending != 0) error = pending;
    uv_poll_stop(handle);
    if (error == 0) {
        come_up(stream);
        return;
    }
    pb_stream_note(stream, PB_WHY_CONNECT, strerror(error));
    give_up(stream);
}

pb_stream *pb_stream_connect(pb_loop *loop, const struct sockaddr *address, socklen_t length, pb_tls *tls,
                             const char *host, void *user, int *error) {
    if (loop->destroying) {
        *error = ECANCELED;
        return NULL;
    }
    pb_stream *stream = new_stream(loop, user);
    pb_attempt *attempt = calloc(1, sizeof *attempt);
    int descriptor = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    errno = descriptor < 0 ? errno : ENOMEM;
    if (!stream || !attempt || descriptor < 0) goto failed;
    if (tls && !pb_tls_attach(stream, tls, host)) {
        errno = EINVAL;
        goto failed;
    }
    stream->handshaking = tls != NULL;
    int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(descriptor, address, length) != 0 && errno != EINPROGRESS) goto failed;
    int status = uv_poll_init(&loop->uv, &attempt->poll, descriptor);
    if (status != 0) {
        errno = -status;
        goto failed;
    }
    attempt->poll.data = attempt;
    attempt->stream = stream;
    attempt->descriptor = descriptor;
    stream->attempt = attempt;
    loop->traffic.streams_open++;
    uv_poll_start(&attempt->poll, UV_WRITABLE, connect_answered);
    return stream;
failed:
    *error = errno;
    if (descriptor >= 0) close(descriptor);
    free(attempt);
    if (stream) free_stream(stream);
    return NULL;
}

// MARK: the owner's commands

void pb_stream_read(pb_stream *stream, bool enabled) {
    stream->read_wanted = enabled;
    if (stream->wsi && !stream->dead) follow_reading(stream);
}

void pb_stream_close(pb_stream *stream) {
    if (stream->dead || stream->closing) return;
    if (!stream->open) {
        pb_stream_kill(stream, false);
        return;
    }
    if (stream->ssl) pb_tls_notify_close(stream);
    stream->closing = 1;
    follow_reading(stream);
    finish_if_flushed(stream);
    if (!stream->finished) lws_callback_on_writable(stream->wsi);
}

void pb_stream_kill(pb_stream *stream, bool reset) {
    if (stream->dead) return;
    // A peer that never answers our FIN is no failure: all that we had to say is said.
    if (stream->finished)
        pb_stream_note(stream, PB_WHY_LOCAL, "closed; the peer did not close its side");
    else
        pb_stream_note(stream, PB_WHY_KILLED, "killed");
    if (stream->attempt) {
        give_up(stream);
        return;
    }
    if (reset) {
        struct linger at_once = {.l_onoff = 1, .l_linger = 0};
        setsockopt(lws_get_socket_fd(stream->wsi), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    end_soon(stream);
}

bool pb_stream_reset(const pb_stream *stream) {
    if (!stream->wsi || stream->dead) return true;
    struct tcp_info info;
    socklen_t size = sizeof info;
    // Both sides have closed, or a reset came: in either case nobody takes what we still say. Reads no pending error.
    return getsockopt(lws_get_socket_fd(stream->wsi), IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
           info.tcpi_state == TCP_CLOSE;
}

size_t pb_stream_unsent(const pb_stream *stream) {
    int unsent = 0;
    if (!stream->wsi || stream->dead) return 0;
    return ioctl(lws_get_socket_fd(stream->wsi), SIOCOUTQ, &unsent) == 0 && unsent > 0 ? (size_t)unsent : 0;
}
