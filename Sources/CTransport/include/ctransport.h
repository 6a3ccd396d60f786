// The one shim over libwebsockets (raw byte streams), libuv (the loop) and OpenSSL (TLS).
//
// One `pb_loop` belongs to one thread: every call but `pb_loop_wake` is made on it, and every callback comes on it.
// No type of the three libraries leaks out. Nothing here parses, waits or decides: limits and deadlines are the caller's.
#ifndef PATCHBAY_CTRANSPORT_H
#define PATCHBAY_CTRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#pragma clang assume_nonnull begin

typedef struct pb_loop pb_loop;
typedef struct pb_listener pb_listener;
typedef struct pb_stream pb_stream;
typedef struct pb_datagram pb_datagram;
typedef struct pb_tls pb_tls;

/// Why a stream ended.
typedef enum __attribute__((enum_extensibility(closed))) pb_why {
    PB_WHY_LOCAL = 0,      ///< We closed it, and everything we wrote was handed to the kernel.
    PB_WHY_KILLED = 1,     ///< We killed it.
    PB_WHY_PEER = 2,       ///< The peer closed it in order (FIN; under TLS after its close_notify).
    PB_WHY_TRUNCATED = 3,  ///< The peer closed a TLS stream without close_notify: the end cannot be trusted.
    PB_WHY_FAILED = 4,     ///< The network ended it: reset, timed out, unreachable. The text names the error.
    PB_WHY_CONNECT = 5,    ///< It never came up: connect failed.
    PB_WHY_TLS = 6,        ///< TLS failed: handshake, certificate or record. The text says what.
} pb_why;

/// All callbacks of one loop. `context` is the loop's, `user` the stream's, listener's or datagram socket's.
typedef struct pb_callbacks {
    /// Before the loop blocks. Returns whether work is left, so that the loop must not block.
    bool (*before_block)(void *context);
    /// The timer of `pb_loop_arm` is due.
    void (*timer)(void *context);
    /// `count` periods of the media grid passed since the last call.
    void (*grid)(void *context, uint64_t count);
    /// A connection was accepted; the descriptor is the callee's now (`pb_stream_adopt` or `close`).
    void (*accepted)(void *user, int descriptor, const struct sockaddr *peer, socklen_t length);
    /// Accepting met a limit (EMFILE, ENFILE, ENOMEM, ENOBUFS) and rests for 100 ms.
    void (*accept_paused)(void *user, int error);
    /// The stream is up: adopted or connected, and through the TLS handshake. Comes at most once, before any `received`.
    void (*opened)(void *user);
    /// Bytes came in. The buffer is the callee's to change until it returns.
    void (*received)(void *user, uint8_t *bytes, size_t count);
    /// `pb_stream_want_write` is answered: the socket takes bytes again.
    void (*writable)(void *user);
    /// The stream is over. Comes exactly once, last, and not from inside another call on this stream.
    void (*closed)(void *user, pb_why why, const char *text);
    void (*datagram)(void *user, const uint8_t *bytes, size_t count, const struct sockaddr *_Nullable from);
    void (*datagram_failed)(void *user, int error);
    /// Addresses of a name, `count` of `size` bytes each behind one another; or an error in words.
    void (*resolved)(void *context, uint64_t query, const struct sockaddr_storage *_Nullable addresses, size_t count,
                     const char *_Nullable error);
} pb_callbacks;

/// What moved through libwebsockets' raw role on this loop.
typedef struct pb_traffic {
    uint64_t raw_received_bytes, raw_received_calls;
    uint64_t raw_written_bytes, raw_written_calls;
    uint64_t streams_open;
} pb_traffic;

// MARK: the process

/// Once, before the first loop: SIGPIPE is ignored, the libraries' own words go to `log` (level 'E' or 'W').
void pb_process_prepare(void (*log)(int level, const char *line));
/// Raises the soft descriptor limit to the hard one and returns it.
uint64_t pb_process_raise_descriptor_limit(void);
/// CLOCK_MONOTONIC in nanoseconds.
uint64_t pb_now(void);

// MARK: the loop

pb_loop *_Nullable pb_loop_create(const pb_callbacks *callbacks);
/// What the callbacks get as `context`. Set before the loop runs.
void pb_loop_set_context(pb_loop *loop, void *context);
/// Runs on the calling thread until `pb_loop_stop`; `name` is what top and perf call that thread.
void pb_loop_run(pb_loop *loop, const char *name);
void pb_loop_stop(pb_loop *loop);
/// Ends everything that is left: each stream still gets `closed`, and nothing new begins. The loop stays good for calls
/// that come too late. False: a thread of the resolver holds on to it, and it must never be freed.
bool pb_loop_end(pb_loop *loop);
/// After `pb_loop_end`, if that allows it.
void pb_loop_free(pb_loop *loop);
/// From any thread: makes the loop call `before_block` soon. Many calls make one wake.
void pb_loop_wake(pb_loop *loop);
/// Arms the loop's one timer for this time (`pb_now`'s clock); 0 disarms it.
void pb_loop_arm(pb_loop *loop, uint64_t deadline_ns);
/// Starts or stops the media grid: `period_ns` apart on an absolute clock, 0 stops.
void pb_loop_grid(pb_loop *loop, uint64_t period_ns);
/// When this turn of the loop began, on `pb_now`'s clock and to the millisecond. Costs nothing.
uint64_t pb_loop_turn_time(const pb_loop *loop);
pb_traffic pb_loop_traffic(const pb_loop *loop);

/// Asks for the addresses of `host`; answered by `resolved`, or -1 if the question could not even be asked.
int pb_resolve(pb_loop *loop, uint64_t query, const char *host, uint16_t port);

// MARK: listening

/// Listens; returns NULL and sets `error` (an errno) if it cannot. `bound` receives the address (port 0 picks one).
pb_listener *_Nullable pb_listen(pb_loop *loop, const struct sockaddr *address, socklen_t length, int backlog,
                                 void *user, struct sockaddr_storage *bound, int *error);
void pb_listener_close(pb_listener *listener);

// MARK: streams

/// Takes over a connected descriptor. With `tls` the handshake (server side) comes first.
/// NULL: the descriptor is closed already and no callback comes.
pb_stream *_Nullable pb_stream_adopt(pb_loop *loop, int descriptor, pb_tls *_Nullable tls, void *user);
/// Connects. With `tls` the handshake (client side, for `host`) follows. NULL: `error` is an errno, no callback comes.
pb_stream *_Nullable pb_stream_connect(pb_loop *loop, const struct sockaddr *address, socklen_t length,
                                       pb_tls *_Nullable tls, const char *_Nullable host, void *user, int *error);
/// Writes now and returns how many bytes were taken: all, some or none (congested), -1 when it is over. Reading goes on
/// however congested writing is.
ptrdiff_t pb_stream_write(pb_stream *stream, const uint8_t *bytes, size_t count);
bool pb_stream_congested(const pb_stream *stream);
/// Asks for one `writable`, once the kernel takes bytes again.
void pb_stream_want_write(pb_stream *stream);
/// Places that `pb_stream_look_ahead` takes.
#define PB_AHEAD 12
/// Names memory that the handling of each read touches, a cache line each, and the stream that is then written to. All of
/// it is fetched at once when bytes came in, instead of one wait behind the other. A place that is gone by then costs
/// nothing. What is over PB_AHEAD is left out.
void pb_stream_look_ahead(pb_stream *stream, const void *_Nonnull const *_Nonnull places, size_t count,
                          const pb_stream *_Nullable target);
/// Stops or resumes reading. At most what one read brought in still arrives after a stop.
void pb_stream_read(pb_stream *stream, bool enabled);
/// Sends what was accepted, then close_notify (TLS) and FIN; what still comes in is dropped. The peer's FIN ends it,
/// else `pb_stream_kill` at the caller's deadline.
void pb_stream_close(pb_stream *stream);
/// Ends it as soon as the loop turns; bytes not yet with the kernel are lost. With `reset` the peer sees RST.
void pb_stream_kill(pb_stream *stream, bool reset);
/// Whether the connection is over for good, even while reading is stopped and nothing else tells.
bool pb_stream_reset(const pb_stream *stream);
/// Bytes accepted but not yet taken by the peer's kernel (SIOCOUTQ).
size_t pb_stream_unsent(const pb_stream *stream);
/// "TLSv1.3 TLS_AES_256_GCM_SHA384, resumed", or NULL on a plain stream.
const char *_Nullable pb_stream_tls_summary(const pb_stream *stream, char *buffer, size_t size);

// MARK: TLS

/// Reads a certificate chain and key (PEM). NULL: `error` says what is wrong with which file.
pb_tls *_Nullable pb_tls_server(const char *certificate_file, const char *key_file, pb_tls *_Nullable previous,
                                char *error, size_t error_size);
/// Verifies servers against `ca_file`, or the system's authorities if NULL.
pb_tls *_Nullable pb_tls_client(const char *_Nullable ca_file, char *error, size_t error_size);
/// Streams that use it keep what they need.
void pb_tls_free(pb_tls *tls);

// MARK: datagrams

/// A UDP socket, connected to `remote` if given (then a refusal is reported), else bound to `local`.
pb_datagram *_Nullable pb_datagram_open(pb_loop *loop, const struct sockaddr *_Nullable local,
                                        const struct sockaddr *_Nullable remote, void *user, int *error);
/// Sends now or not at all: 0, or a negative errno.
int pb_datagram_send(pb_datagram *datagram, const uint8_t *bytes, size_t count,
                     const struct sockaddr *_Nullable to);
int pb_datagram_local_address(const pb_datagram *datagram, struct sockaddr_storage *address);
void pb_datagram_close(pb_datagram *datagram);

#pragma clang assume_nonnull end
#endif
