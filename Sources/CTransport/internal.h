// What the shim's own files share. Never included from outside.
#ifndef PATCHBAY_CTRANSPORT_INTERNAL_H
#define PATCHBAY_CTRANSPORT_INTERNAL_H

#include <libwebsockets.h>
#include <openssl/ssl.h>
#include <sys/queue.h>
#include <uv.h>

#include "ctransport.h"

// One read of a socket brings in at most this much. Well above a full TLS record (16,408 bytes).
#define PB_READ_BYTES 32768
// One write to a socket takes at most this much; libwebsockets copies what it cannot send.
#define PB_WRITE_BYTES 65536

struct pb_loop {
    uv_loop_t uv;
    struct lws_context *lws;
    struct lws_vhost *vhost;
    pb_callbacks call;
    void *context;
    pb_traffic traffic;

    uv_async_t wake;
    uv_prepare_t prepare;
    uv_idle_t busy;
    uv_timer_t timer;
    uv_poll_t grid;
    int grid_descriptor;
    int pipe_descriptor;  // libwebsockets' own, which it closes twice at the end.
    LIST_HEAD(, pb_stream) doomed;  // To be ended before the loop blocks.
    pb_stream *last;                // Whose bytes came last, and
    pb_stream *soon;                // whose come next if all goes as it did before. See ahead.c.
    bool destroying;

    // TLS: the slice that the socket just delivered, while its stream decrypts it, and the room for the plain text.
    const uint8_t *slice;
    size_t slice_count;
    uint8_t plain[PB_READ_BYTES];
};

// Places that the shim itself adds to those of `pb_stream_look_ahead`.
#define PB_AHEAD_OWN 12

// The part of a stream that exists only while it connects.
typedef struct pb_attempt {
    uv_poll_t poll;
    pb_stream *stream;
    int descriptor;  // -1 once the stream took it over.
    int error;
} pb_attempt;

// What every frame touches comes first and fills one cache line: with a thousand sockets each line is fetched anew.
struct pb_stream {
    struct lws *wsi;  // NULL while connecting.
    pb_loop *loop;
    void *user;
    SSL *ssl;
    unsigned open : 1;          // `opened` was called, or the stream was plain when adopted.
    unsigned handshaking : 1;   // TLS is not up yet.
    unsigned read_wanted : 1;   // The owner wants bytes.
    unsigned reading : 1;       // libwebsockets reads.
    unsigned write_wanted : 1;  // The owner waits for `writable`.
    unsigned closing : 1;       // Flush, FIN, then wait for the peer's.
    unsigned finished : 1;      // FIN was sent.
    unsigned dead : 1;          // Killed or failed; only `closed` may follow.
    unsigned doomed : 1;
    unsigned full : 1;          // A write was cut short; no more until `writable`.
    unsigned backed_up : 1;     // libwebsockets holds output that the kernel did not take.
    unsigned told : 1;          // `closed` was called.
    unsigned peer_done : 1;     // TLS: close_notify came.
    unsigned socket_gone : 1;   // libwebsockets closed the socket; its last callback frees the stream.
    uint32_t room;              // What the kernel's send buffer surely still takes, its own overhead included.
    pb_stream *after;           // Whose bytes came after this one's last time, and
    pb_stream *before;          // the one stream that has this one there. See ahead.c.
    pb_why why;
    uint32_t ahead_count;
    const void *ahead[PB_AHEAD + PB_AHEAD_OWN];
    pb_attempt *attempt;
    LIST_ENTRY(pb_stream) doom;  // In use while `doomed`.
    char *text;                  // Why it failed, in words, once it did.
};

// stream.c
int pb_stream_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);
/// Notes why the stream ends. The first reason is the true one: what follows it is only its consequence.
void pb_stream_note(pb_stream *stream, pb_why why, const char *text);
/// Notes the reason and ends the stream as soon as the loop turns.
void pb_stream_fail(pb_stream *stream, pb_why why, const char *text);
/// Ends the streams that were killed since the last turn.
void pb_stream_end_doomed(pb_loop *loop);
/// How many of `wanted` bytes the kernel will take now; 0 and `full` is set when it is too few to be worth it.
size_t pb_stream_room(pb_stream *stream, size_t wanted);
/// Hands bytes to libwebsockets' raw write. Returns false when the stream is over.
bool pb_stream_raw_write(pb_stream *stream, const uint8_t *bytes, size_t count);

// ahead.c
/// Bytes of this stream came in: learns who follows whom, and says whose turn is next.
void pb_ahead_received(pb_stream *stream);
/// The kernel is about to work for us: what comes next may be fetched meanwhile.
void pb_ahead_fetch(pb_loop *loop);
/// The stream is about to be freed.
void pb_ahead_forget(pb_stream *stream);

// tls.c
/// Puts TLS on the stream; a client names its `host`.
bool pb_tls_attach(pb_stream *stream, pb_tls *tls, const char *host);
/// A client's first flight.
void pb_tls_begin(pb_stream *stream);
/// Feeds one slice of cipher text; plain text goes to the owner.
void pb_tls_received(pb_stream *stream, const uint8_t *bytes, size_t count);
ptrdiff_t pb_tls_write(pb_stream *stream, const uint8_t *bytes, size_t count);
void pb_tls_notify_close(pb_stream *stream);

#endif
