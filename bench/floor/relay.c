// The pump: recv() from one side, send() the same bytes to the other.
//
// A masked client frame is valid toward the upstream as it is, an unmasked server frame toward the phone. So nothing
// is parsed or copied, and what this costs is what the kernel costs.
#include "floor/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/handshake.h"
#include "floor/calls.h"
#include "floor/faults.h"

enum stage { READING_REQUEST, CONNECTING, READING_RESPONSE, PUMPING, CLOSED };

struct pair {
    enum stage stage;
    struct side phone, upstream;
    struct handshake *handshake;  // NULL once the pair pumps.
    struct pair *next_closed;
};

struct handshake {
    char phone_key[HANDSHAKE_KEY_LENGTH + 1];
    size_t request_count, response_count;
    char request[HANDSHAKE_HEAD_LIMIT], response[HANDSHAKE_HEAD_LIMIT];
};

static int poller;
static const struct target *upstream_target;
static forward_function forward;
static struct pair *closed_pairs;  // Freed after the batch of events, which may still name them.
static uint8_t buffer[64 * 1024];

static void close_side(struct side *side) {
    if (faults.any) faults_forget(side);
    if (side->descriptor >= 0) close(side->descriptor);
    side->descriptor = -1;
    free(side->unsent);
    part_free(side->part);
    side->unsent = NULL;
    side->part = NULL;
    side->unsent_count = 0;
}

static void close_pair(struct pair *pair) {
    if (pair->stage == CLOSED) return;
    pair->stage = CLOSED;
    close_side(&pair->phone);
    close_side(&pair->upstream);
    free(pair->handshake);
    pair->next_closed = closed_pairs;
    closed_pairs = pair;
}

void side_close_both(struct side *side) {
    close_pair(side->pair);
}

static bool watch(int descriptor, void *owner) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = owner};
    return epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

static bool keep_unsent(struct side *side, const uint8_t *bytes, size_t count) {
    uint8_t *grown = realloc(side->unsent, side->unsent_start + side->unsent_count + count);
    if (grown == NULL) {
        close_pair(side->pair);
        return false;
    }
    memcpy(grown + side->unsent_start + side->unsent_count, bytes, count);
    side->unsent = grown;
    side->unsent_count += count;
    return false;
}

bool side_send(struct side *side, uint8_t *bytes, size_t count) {
    if (side->unsent_count > 0) return keep_unsent(side, bytes, count);
    ssize_t sent = send(side->descriptor, bytes, count, MSG_NOSIGNAL);
    if (sent == (ssize_t)count) return true;
    if (sent < 0 && errno != EAGAIN) {
        close_pair(side->pair);
        return false;
    }
    size_t taken = sent < 0 ? 0 : (size_t)sent;
    return keep_unsent(side, bytes + taken, count - taken);
}

static bool flush(struct side *side) {
    while (side->unsent_count > 0) {
        ssize_t sent = send(side->descriptor, side->unsent + side->unsent_start, side->unsent_count, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN) close_pair(side->pair);
            return false;
        }
        side->unsent_start += (size_t)sent;
        side->unsent_count -= (size_t)sent;
    }
    side->unsent_start = 0;
    free(side->unsent);
    side->unsent = NULL;
    return true;
}

static void pump(struct side *from, bool to_the_end) {
    struct side *to = from->peer;
    from->has_more = to->unsent_count > 0;
    while (!from->has_more) {
        ssize_t count = recv(from->descriptor, buffer, sizeof buffer, 0);
        if (count <= 0) {
            if (count == 0 || errno != EAGAIN) close_pair(from->pair);
            return;
        }
        bool all_sent = forward(to, buffer, (size_t)count);
        if (from->pair->stage == CLOSED) return;
        from->has_more = !all_sent;
        // A short read means that the socket is empty, and saves the recv() that would say so.
        if ((size_t)count < sizeof buffer && !to_the_end) return;
    }
}

static void pump_ready(struct side *side, uint32_t events) {
    if ((events & EPOLLOUT) && side->unsent_count > 0) {
        if (!flush(side)) return;
        if (side->peer->has_more) pump(side->peer, true);
        if (side->pair->stage == CLOSED) return;
    }
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
        pump(side, (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
    }
}

/// Reads once into `head`. Returns the length of a complete head, else 0.
static size_t read_head(struct side *side, char head[HANDSHAKE_HEAD_LIMIT], size_t *count) {
    ssize_t got = recv(side->descriptor, head + *count, HANDSHAKE_HEAD_LIMIT - *count, 0);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN) close_pair(side->pair);
        return 0;
    }
    *count += (size_t)got;
    size_t length = handshake_head_length(head, *count);
    if (length == 0 && *count == HANDSHAKE_HEAD_LIMIT) close_pair(side->pair);
    return length;
}

static void request_ready(struct pair *pair) {
    struct handshake *shake = pair->handshake;
    size_t length = read_head(&pair->phone, shake->request, &shake->request_count);
    if (length == 0) return;
    if (!handshake_find_key(shake->request, length, shake->phone_key)) return close_pair(pair);
    shake->request_count -= length;
    memmove(shake->request, shake->request + length, shake->request_count);
    pair->upstream.descriptor = connect_to(&upstream_target->address, 0);
    if (pair->upstream.descriptor < 0 || !watch(pair->upstream.descriptor, &pair->upstream)) return close_pair(pair);
    pair->stage = CONNECTING;
}

static void connected(struct pair *pair) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(pair->upstream.descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return close_pair(pair);
    char key[HANDSHAKE_KEY_LENGTH + 1], head[HANDSHAKE_HEAD_LIMIT];
    handshake_make_key((uint64_t)pair->upstream.descriptor, key);
    pair->stage = READING_RESPONSE;
    side_send(&pair->upstream, (uint8_t *)head, handshake_write_request(head, upstream_target, key));
}

static void response_ready(struct pair *pair) {
    struct handshake *shake = pair->handshake;
    size_t length = read_head(&pair->upstream, shake->response, &shake->response_count);
    if (length == 0) return;
    if (strncmp(shake->response, "HTTP/1.1 101", 12) != 0) return close_pair(pair);
    pair->stage = PUMPING;
    pair->handshake = NULL;
    char head[HANDSHAKE_HEAD_LIMIT];
    side_send(&pair->phone, (uint8_t *)head, handshake_write_response(head, shake->phone_key));
    // Frames that came right behind a head.
    size_t left = shake->response_count - length;
    if (left > 0 && pair->stage == PUMPING) forward(&pair->phone, (uint8_t *)shake->response + length, left);
    if (shake->request_count > 0 && pair->stage == PUMPING) {
        forward(&pair->upstream, (uint8_t *)shake->request, shake->request_count);
    }
    free(shake);
    // What came in while the heads were read has had its edge already.
    if (pair->stage == PUMPING) pump(&pair->phone, true);
    if (pair->stage == PUMPING) pump(&pair->upstream, true);
}

static void side_ready(struct side *side, uint32_t events) {
    struct pair *pair = side->pair;
    bool is_phone = side == &pair->phone;
    switch (pair->stage) {
    case PUMPING: return pump_ready(side, events);
    case READING_REQUEST: return request_ready(pair);
    case CONNECTING:
    case READING_RESPONSE:
        if (events & (EPOLLHUP | EPOLLERR)) return close_pair(pair);
        if (is_phone) return;  // A phone that talks before our answer is read once the pair pumps.
        return pair->stage == CONNECTING ? connected(pair) : response_ready(pair);
    case CLOSED: return;
    }
}

static void accept_all(int listener) {
    for (;;) {
        int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor < 0) return;
        disable_nagle(descriptor);
        struct pair *pair = calloc(1, sizeof *pair);
        if (pair != NULL) pair->handshake = calloc(1, sizeof *pair->handshake);
        if (pair == NULL || pair->handshake == NULL) {
            free(pair);
            close(descriptor);
            continue;
        }
        pair->phone = (struct side){.descriptor = descriptor, .pair = pair, .peer = &pair->upstream};
        pair->upstream = (struct side){.descriptor = -1, .pair = pair, .peer = &pair->phone};
        if (!watch(descriptor, &pair->phone)) close_pair(pair);
    }
}

int relay_run(int listener, const struct target *upstream, forward_function function) {
    upstream_target = upstream;
    forward = function;
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};  // NULL names the listener.
    if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) < 0) return -1;
    struct epoll_event ready[128];
    for (;;) {
        int count = epoll_wait(poller, ready, 128, -1);
        for (int i = 0; i < count; i++) {
            if (ready[i].data.ptr == NULL) {
                accept_all(listener);
            } else {
                side_ready(ready[i].data.ptr, ready[i].events);
            }
        }
        while (closed_pairs != NULL) {
            struct pair *next = closed_pairs->next_closed;
            free(closed_pairs);
            closed_pairs = next;
        }
    }
}
