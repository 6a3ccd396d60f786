#include "load/stream.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static struct ssl_ctx_st *fail(struct ssl_ctx_st *context, const char *what, const char *file) {
    fprintf(stderr, "load-driver: %s %s: %s\n", what, file, ERR_reason_error_string(ERR_peek_error()));
    SSL_CTX_free(context);
    return NULL;
}

static struct ssl_ctx_st *new_context(const SSL_METHOD *method) {
    struct ssl_ctx_st *context = SSL_CTX_new(method);
    if (context == NULL) return fail(NULL, "cannot set up", "TLS");
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    return context;
}

struct ssl_ctx_st *stream_client_context(const char *ca_file) {
    struct ssl_ctx_st *context = new_context(TLS_client_method());
    if (context == NULL || ca_file == NULL) return context;
    if (SSL_CTX_load_verify_locations(context, ca_file, NULL) != 1) return fail(context, "cannot use the CA", ca_file);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    return context;
}

struct ssl_ctx_st *stream_server_context(const char *certificate_file, const char *key_file) {
    struct ssl_ctx_st *context = new_context(TLS_server_method());
    if (context == NULL) return NULL;
    if (SSL_CTX_use_certificate_chain_file(context, certificate_file) != 1) {
        return fail(context, "cannot use the certificate", certificate_file);
    }
    if (SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1) {
        return fail(context, "cannot use the key", key_file);
    }
    return context;
}

bool stream_begin_tls(struct stream *stream, struct ssl_ctx_st *context, bool is_client, const char *host) {
    stream->tls = SSL_new(context);
    if (stream->tls == NULL || SSL_set_fd(stream->tls, stream->descriptor) != 1) return false;
    if (is_client) {
        SSL_set_tlsext_host_name(stream->tls, host);
        SSL_set_connect_state(stream->tls);
    } else {
        SSL_set_accept_state(stream->tls);
    }
    return true;
}

static int tls_outcome(struct stream *stream, int result) {
    switch (SSL_get_error(stream->tls, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return STREAM_WOULD_BLOCK;
    case SSL_ERROR_ZERO_RETURN: return STREAM_ENDED;
    default: ERR_clear_error(); return STREAM_FAILED;
    }
}

int stream_secure(struct stream *stream) {
    int result = SSL_do_handshake(stream->tls);
    return result == 1 ? 1 : tls_outcome(stream, result);
}

ptrdiff_t stream_read(struct stream *stream, void *bytes, size_t count) {
    if (stream->tls != NULL) {
        int got = SSL_read(stream->tls, bytes, (int)count);
        return got > 0 ? got : tls_outcome(stream, got);
    }
    ssize_t got = recv(stream->descriptor, bytes, count, 0);
    if (got >= 0) return got;
    return errno == EAGAIN ? STREAM_WOULD_BLOCK : STREAM_FAILED;
}

ptrdiff_t stream_write(struct stream *stream, const void *bytes, size_t count) {
    if (stream->tls != NULL) {
        int sent = SSL_write(stream->tls, bytes, (int)count);
        return sent > 0 ? sent : tls_outcome(stream, sent);
    }
    ssize_t sent = send(stream->descriptor, bytes, count, MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    return errno == EAGAIN ? STREAM_WOULD_BLOCK : STREAM_FAILED;
}

void stream_close(struct stream *stream, bool abruptly) {
    if (stream->tls != NULL) {
        if (!abruptly) SSL_shutdown(stream->tls);
        ERR_clear_error();
        SSL_free(stream->tls);
        stream->tls = NULL;
    }
    if (stream->descriptor < 0) return;
    if (abruptly) {
        struct linger reset = {.l_onoff = 1, .l_linger = 0};
        setsockopt(stream->descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    close(stream->descriptor);
    stream->descriptor = -1;
}
