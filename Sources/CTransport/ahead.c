// With a thousand sockets nothing of a stream is in the cache when its bytes come in, and each object on their way is waited
// for in turn. So it is fetched before: calls have their rhythm, and the stream that came after this one 20 ms ago most
// likely does so again. While the kernel sends this one's bytes, what the next one needs is on its way from memory.
//
// It is a guess. A wrong one costs some fetches that nobody needed; nothing but speed depends on it.
#include "internal.h"

static void drop_guess(pb_stream *stream) {
    if (stream->after) stream->after->before = NULL;
    stream->after = NULL;
}

static void learn(pb_stream *stream, pb_stream *after) {
    drop_guess(stream);
    if (after->before) after->before->after = NULL;
    after->before = stream;
    stream->after = after;
}

void pb_ahead_received(pb_stream *stream) {
    pb_loop *loop = stream->loop;
    pb_stream *last = loop->last;
    if (last && last->after != stream) learn(last, stream);
    loop->last = stream;
    loop->soon = stream->after;
    // Its list must have come before it can be read: this is the first of two steps.
    for (size_t line = 0; loop->soon && line < sizeof *stream; line += 64)
        __builtin_prefetch((const char *)loop->soon + line);
}

void pb_ahead_fetch(pb_loop *loop) {
    pb_stream *soon = loop->soon;
    if (!soon) return;
    loop->soon = NULL;
    for (uint32_t i = 0; i < soon->ahead_count; i++) __builtin_prefetch(soon->ahead[i]);
}

void pb_ahead_forget(pb_stream *stream) {
    drop_guess(stream);
    if (stream->before) stream->before->after = NULL;
    stream->before = NULL;
    if (stream->loop->last == stream) stream->loop->last = NULL;
    if (stream->loop->soon == stream) stream->loop->soon = NULL;
}

// Where libwebsockets 4.1.6 looks into its socket to read from it and to write to it. Were it elsewhere, only the gain would
// be gone.
static const size_t looked_at[] = {0x240, 0x280, 0x2c0, 0x300, 0};
#define READ_PLACES 5
#define WRITE_PLACES 4

static void add(pb_stream *stream, const void *place) {
    if (place && stream->ahead_count < PB_AHEAD + PB_AHEAD_OWN) stream->ahead[stream->ahead_count++] = place;
}

static void add_socket(pb_stream *stream, const pb_stream *whose, size_t places) {
    if (!whose->wsi) return;
    for (size_t i = 0; i < places; i++) add(stream, (const char *)whose->wsi + looked_at[i]);
}

// What libuv and its plugin look into when the socket is readable.
static void add_watcher(pb_stream *stream) {
    int descriptor = stream->wsi ? lws_get_socket_fd(stream->wsi) : -1;
    uv_loop_t *uv = &stream->loop->uv;
    if (descriptor < 0 || (unsigned)descriptor >= uv->nwatchers || !uv->watchers[descriptor]) return;
    const char *watcher = (const char *)uv->watchers[descriptor];
    add(stream, watcher);
    add(stream, watcher - offsetof(uv_poll_t, io_watcher));
}

void pb_stream_look_ahead(pb_stream *stream, const void *const *places, size_t count, const pb_stream *target) {
    stream->ahead_count = 0;
    add_watcher(stream);
    add_socket(stream, stream, READ_PLACES);
    for (size_t i = 0; i < count && i < PB_AHEAD; i++) add(stream, places[i]);
    if (!target) return;
    add(stream, target);
    add_socket(stream, target, WRITE_PLACES);
}
