// TLS as one small owner: OpenSSL with a BIO of ours. It reads from the slice that the socket just delivered and writes
// straight into libwebsockets' raw write, so that no byte is kept twice.
#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

// TLS 1.2 with forward secrecy only; TLS 1.3 has nothing else.
#define SUITES "ECDHE+AESGCM:ECDHE+CHACHA20"

struct pb_tls {
    SSL_CTX *context;
};

// MARK: the BIO

static int take_slice(BIO *bio, char *out, int wanted) {
    pb_stream *stream = BIO_get_data(bio);
    pb_loop *loop = stream->loop;
    BIO_clear_retry_flags(bio);
    if (loop->slice_count == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t count = (size_t)wanted < loop->slice_count ? (size_t)wanted : loop->slice_count;
    memcpy(out, loop->slice, count);
    loop->slice += count;
    loop->slice_count -= count;
    return (int)count;
}

static int pass_on(BIO *bio, const char *bytes, int count) {
    pb_stream *stream = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    // Whole, always: what the kernel does not take now, libwebsockets keeps; the owner sees it as congestion.
    return pb_stream_raw_write(stream, (const uint8_t *)bytes, (size_t)count) ? count : -1;
}

static long control(BIO *bio, int command, long number, void *pointer) {
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO_METHOD *slice_method;

static void make_slice_method(void) {
    slice_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket slice");
    BIO_meth_set_read(slice_method, take_slice);
    BIO_meth_set_write(slice_method, pass_on);
    BIO_meth_set_ctrl(slice_method, control);
}

// MARK: reasons in words

static void describe_error(char *out, size_t size, const char *what) {
    unsigned long code = ERR_get_error();
    // OpenSSL has no words for the system's errors.
    const char *reason = !code ? NULL : ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
    ERR_clear_error();
    snprintf(out, size, "%s: %s", what, reason ? reason : "unknown reason");
}

static void fail(pb_stream *stream, const char *what) {
    char text[256];
    long verdict = SSL_get_verify_result(stream->ssl);
    if (stream->handshaking && !SSL_is_server(stream->ssl) && verdict != X509_V_OK) {
        snprintf(text, sizeof text, "the server's certificate was refused: %s", X509_verify_cert_error_string(verdict));
        ERR_clear_error();
    } else {
        describe_error(text, sizeof text, what);
    }
    pb_stream_fail(stream, PB_WHY_TLS, text);
}

// MARK: contexts

static int choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_length,
                           const unsigned char *offered, unsigned int offered_length, void *unused) {
    (void)ssl, (void)unused;
    static const unsigned char http[] = "\x08http/1.1";
    unsigned char *match;
    if (SSL_select_next_proto(&match, chosen_length, http, sizeof http - 1, offered, offered_length) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;  // A peer that wants only h2 is told so, not served something else.
    *chosen = match;
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *new_context(const SSL_METHOD *method) {
    static uv_once_t once = UV_ONCE_INIT;
    uv_once(&once, make_slice_method);
    SSL_CTX *context = SSL_CTX_new(method);
    if (!context) return NULL;
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, SUITES);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return context;
}

static pb_tls *hold(SSL_CTX *context) {
    pb_tls *tls = malloc(sizeof *tls);
    if (tls) tls->context = context;
    return tls;
}

// Clients that resume with a ticket of before the certificate swap need not do the whole handshake again.
static void keep_ticket_keys(SSL_CTX *from, SSL_CTX *to) {
    unsigned char keys[80];
    if (SSL_CTX_get_tlsext_ticket_keys(from, keys, sizeof keys) == 1)
        SSL_CTX_set_tlsext_ticket_keys(to, keys, sizeof keys);
    OPENSSL_cleanse(keys, sizeof keys);
}

pb_tls *pb_tls_server(const char *certificate_file, const char *key_file, pb_tls *previous, char *error,
                      size_t error_size) {
    char what[512];
    SSL_CTX *context = new_context(TLS_server_method());
    ERR_clear_error();
    if (!context) {
        describe_error(error, error_size, "OpenSSL could not start");
        return NULL;
    }
    if (SSL_CTX_use_certificate_chain_file(context, certificate_file) != 1)
        snprintf(what, sizeof what, "the certificate file %s cannot be used", certificate_file);
    else if (SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1)
        snprintf(what, sizeof what, "the key file %s cannot be used", key_file);
    else if (SSL_CTX_check_private_key(context) != 1)
        snprintf(what, sizeof what, "the key file %s does not belong to the certificate %s", key_file, certificate_file);
    else {
        SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
        SSL_CTX_set_session_id_context(context, (const unsigned char *)"patchbay", 8);
        if (previous) keep_ticket_keys(previous->context, context);
        return hold(context);
    }
    describe_error(error, error_size, what);
    SSL_CTX_free(context);
    return NULL;
}

pb_tls *pb_tls_client(const char *ca_file, char *error, size_t error_size) {
    char what[512];
    SSL_CTX *context = new_context(TLS_client_method());
    ERR_clear_error();
    if (!context) {
        describe_error(error, error_size, "OpenSSL could not start");
        return NULL;
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_alpn_protos(context, (const unsigned char *)"\x08http/1.1", 9);
    int loaded = ca_file ? SSL_CTX_load_verify_file(context, ca_file) : SSL_CTX_set_default_verify_paths(context);
    if (loaded == 1) return hold(context);
    snprintf(what, sizeof what, "the authorities' file %s cannot be used", ca_file ? ca_file : "of the system");
    describe_error(error, error_size, what);
    SSL_CTX_free(context);
    return NULL;
}

void pb_tls_free(pb_tls *tls) {
    SSL_CTX_free(tls->context);
    free(tls);
}

// MARK: one stream's TLS

static bool expect_host(SSL *ssl, const char *host) {
    struct in6_addr address;
    if (inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;  // An address is verified, never sent as SNI.
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set_tlsext_host_name(ssl, host) == 1 && SSL_set1_host(ssl, host) == 1;
}

bool pb_tls_attach(pb_stream *stream, pb_tls *tls, const char *host) {
    SSL *ssl = SSL_new(tls->context);
    BIO *bio = BIO_new(slice_method);
    if (!ssl || !bio || (host && !expect_host(ssl, host))) {
        SSL_free(ssl);
        BIO_free(bio);
        return false;
    }
    BIO_set_data(bio, stream);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    if (host)
        SSL_set_connect_state(ssl);
    else
        SSL_set_accept_state(ssl);
    stream->ssl = ssl;
    stream->handshaking = 1;
    return true;
}

static void shake_hands(pb_stream *stream) {
    ERR_clear_error();
    int done = SSL_do_handshake(stream->ssl);
    if (stream->dead) return;
    if (done == 1) {
        stream->handshaking = 0;
        stream->open = 1;
        stream->loop->call.opened(stream->user);
        return;
    }
    int why = SSL_get_error(stream->ssl, done);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) fail(stream, "the TLS handshake failed");
}

void pb_tls_begin(pb_stream *stream) { shake_hands(stream); }

// Decrypts as much as fits and hands it on at once. Returns whether there may be more.
static bool decrypt_some(pb_stream *stream) {
    pb_loop *loop = stream->loop;
    size_t filled = 0;
    int why = SSL_ERROR_NONE;
    ERR_clear_error();
    while (filled + 16384 <= sizeof loop->plain) {
        int count = SSL_read(stream->ssl, loop->plain + filled, (int)(sizeof loop->plain - filled));
        if (count <= 0) {
            why = SSL_get_error(stream->ssl, count);
            break;
        }
        filled += (size_t)count;
    }
    if (filled > 0 && !stream->closing && !stream->dead) loop->call.received(stream->user, loop->plain, filled);
    if (stream->dead || why == SSL_ERROR_WANT_READ) return false;
    if (why == SSL_ERROR_NONE) return true;
    if (why == SSL_ERROR_ZERO_RETURN) {
        stream->peer_done = 1;
        if (!stream->closing) pb_stream_note(stream, PB_WHY_PEER, "closed by the peer");
        pb_stream_close(stream);  // Answers close_notify and FIN.
        return false;
    }
    fail(stream, "TLS broke");
    return false;
}

void pb_tls_received(pb_stream *stream, const uint8_t *bytes, size_t count) {
    pb_loop *loop = stream->loop;
    loop->slice = bytes;
    loop->slice_count = count;
    if (stream->handshaking) shake_hands(stream);
    if (!stream->handshaking && !stream->dead)
        while (decrypt_some(stream)) {
        }
    loop->slice_count = 0;
}

ptrdiff_t pb_tls_write(pb_stream *stream, const uint8_t *bytes, size_t count) {
    size_t taken = 0;
    ERR_clear_error();
    while (taken < count && !pb_stream_congested(stream)) {
        size_t piece = pb_stream_room(stream, count - taken < 16384 ? count - taken : 16384);
        if (piece == 0) break;
        int wrote = SSL_write(stream->ssl, bytes + taken, (int)piece);
        if (stream->dead) return -1;
        if (wrote <= 0) {
            int why = SSL_get_error(stream->ssl, wrote);
            if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) break;
            fail(stream, "TLS could not send");
            return -1;
        }
        taken += (size_t)wrote;
    }
    return (ptrdiff_t)taken;
}

void pb_tls_notify_close(pb_stream *stream) {
    ERR_clear_error();
    if (!stream->handshaking) SSL_shutdown(stream->ssl);
    ERR_clear_error();
}

const char *pb_stream_tls_summary(const pb_stream *stream, char *buffer, size_t size) {
    if (!stream->ssl) return NULL;
    snprintf(buffer, size, "%s %s%s", SSL_get_version(stream->ssl), SSL_get_cipher_name(stream->ssl),
             SSL_session_reused(stream->ssl) ? ", resumed" : "");
    return buffer;
}
