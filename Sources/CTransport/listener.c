// Listening sockets: own accept on the loop, so that the descriptor can go to whichever loop should have it.
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "internal.h"

// One readable event takes at most this many, so that a flood of connections cannot starve the loop's calls.
#define ACCEPTS_A_TURN 64
#define REST_MS 100

struct pb_listener {
    uv_poll_t poll;
    uv_timer_t rest;
    pb_loop *loop;
    void *user;
    int descriptor;
    int handles_open;
};

static void connection_waits(uv_poll_t *handle, int status, int events);

static void rested(uv_timer_t *timer) {
    pb_listener *listener = timer->data;
    uv_poll_start(&listener->poll, UV_READABLE, connection_waits);
}

static void connection_waits(uv_poll_t *handle, int status, int events) {
    (void)events;
    pb_listener *listener = handle->data;
    if (status != 0) return;
    for (int turn = 0; turn < ACCEPTS_A_TURN && !uv_is_closing((uv_handle_t *)handle); turn++) {
        struct sockaddr_storage peer;
        socklen_t length = sizeof peer;
        int descriptor =
            accept4(listener->descriptor, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            int on = 1;
            setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            listener->loop->call.accepted(listener->user, descriptor, (struct sockaddr *)&peer, length);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            // The connection stays in the backlog and the descriptor stays readable: without a rest this would spin.
            int error = errno;
            uv_poll_stop(handle);
            uv_timer_start(&listener->rest, rested, REST_MS, 0);
            listener->loop->call.accept_paused(listener->user, error);
            return;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) return;
        // EINTR, ECONNABORTED and the network errors of accept(2): that connection is gone, the next may be fine.
    }
}

pb_listener *pb_listen(pb_loop *loop, const struct sockaddr *address, socklen_t length, int backlog, void *user,
                       struct sockaddr_storage *bound, int *error) {
    if (loop->destroying) {
        *error = ECANCELED;
        return NULL;
    }
    pb_listener *listener = calloc(1, sizeof *listener);
    int descriptor = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (!listener || descriptor < 0) goto failed;
    int on = 1;
    socklen_t bound_length = sizeof *bound;
    if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(descriptor, address, length) != 0 || listen(descriptor, backlog) != 0 ||
        getsockname(descriptor, (struct sockaddr *)bound, &bound_length) != 0)
        goto failed;
    int status = uv_poll_init(&loop->uv, &listener->poll, descriptor);
    if (status != 0) {
        errno = -status;
        goto failed;
    }
    uv_timer_init(&loop->uv, &listener->rest);
    listener->loop = loop;
    listener->user = user;
    listener->descriptor = descriptor;
    listener->handles_open = 2;
    listener->poll.data = listener->rest.data = listener;
    uv_poll_start(&listener->poll, UV_READABLE, connection_waits);
    return listener;
failed:
    *error = errno;
    if (descriptor >= 0) close(descriptor);
    free(listener);
    return NULL;
}

static void handle_closed(uv_handle_t *handle) {
    pb_listener *listener = handle->data;
    if (--listener->handles_open == 0) free(listener);
}

void pb_listener_close(pb_listener *listener) {
    uv_close((uv_handle_t *)&listener->poll, handle_closed);
    uv_close((uv_handle_t *)&listener->rest, handle_closed);
    close(listener->descriptor);
}
