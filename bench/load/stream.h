#ifndef BENCH_STREAM_H
#define BENCH_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ssl_st;
struct ssl_ctx_st;

/// A non-blocking byte stream: a socket, with TLS on top when `tls` is set.
struct stream {
    int descriptor;
    struct ssl_st *tls;
};

/// What `stream_read`, `stream_write` and `stream_secure` return besides a count of bytes.
enum { STREAM_ENDED = 0, STREAM_WOULD_BLOCK = -1, STREAM_FAILED = -2 };

/// Both return NULL after a line on stderr. Without a CA file the server's certificate is not checked.
struct ssl_ctx_st *stream_client_context(const char *ca_file);
struct ssl_ctx_st *stream_server_context(const char *certificate_file, const char *key_file);

bool stream_begin_tls(struct stream *stream, struct ssl_ctx_st *context, bool is_client, const char *host);

/// Takes the TLS handshake a step further: 1 when done, or one of the values above.
int stream_secure(struct stream *stream);

/// A short read of a plain stream means that the socket is empty. TLS has to be read until it would block.
ptrdiff_t stream_read(struct stream *stream, void *bytes, size_t count);
ptrdiff_t stream_write(struct stream *stream, const void *bytes, size_t count);

/// Closes the socket, with a reset instead of an orderly end when `abruptly`.
void stream_close(struct stream *stream, bool abruptly);

#endif
