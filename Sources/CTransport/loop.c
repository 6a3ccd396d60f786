// The loop: one libuv loop with one libwebsockets context on it, a wake, a timer, the media grid, the resolver.
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

// MARK: the process

static void (*_Atomic log_line)(int level, const char *line);

static void emit(int level, const char *line) {
    char text[256];
    snprintf(text, sizeof text, "%s", line);
    text[strcspn(text, "\n")] = 0;
    log_line(level == LLL_ERR ? 'E' : 'W', text);
}

void pb_process_prepare(void (*log)(int level, const char *line)) {
    signal(SIGPIPE, SIG_IGN);
    log_line = log;
    lws_set_log_level(LLL_ERR | LLL_WARN, emit);
}

uint64_t pb_process_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

uint64_t pb_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

// MARK: the media grid

static void grid_due(uv_poll_t *handle, int status, int events) {
    (void)events;
    pb_loop *loop = handle->data;
    uint64_t count = 0;
    if (status == 0 && read(loop->grid_descriptor, &count, sizeof count) == sizeof count)
        loop->call.grid(loop->context, count);
}

static void set_grid(int descriptor, uint64_t period_ns) {
    struct itimerspec when = {0};
    if (period_ns > 0) {
        // Whole multiples of the period since boot: every loop keeps the same grid, and a late tick shifts nothing.
        uint64_t first = (pb_now() / period_ns + 1) * period_ns;
        when.it_value = (struct timespec){(time_t)(first / 1000000000u), (long)(first % 1000000000u)};
        when.it_interval = (struct timespec){(time_t)(period_ns / 1000000000u), (long)(period_ns % 1000000000u)};
    }
    timerfd_settime(descriptor, TFD_TIMER_ABSTIME, &when, NULL);
}

void pb_loop_grid(pb_loop *loop, uint64_t period_ns) {
    if (loop->destroying) return;
    set_grid(loop->grid_descriptor, period_ns);
    if (period_ns == 0)
        uv_poll_stop(&loop->grid);
    else
        uv_poll_start(&loop->grid, UV_READABLE, grid_due);
}

// Made with the loop, and for its whole life: later there might be no descriptor left for it.
static bool create_grid(pb_loop *loop) {
    loop->grid_descriptor = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (loop->grid_descriptor < 0) return false;
    loop->grid.data = loop;
    return uv_poll_init(&loop->uv, &loop->grid, loop->grid_descriptor) == 0;
}

// MARK: the loop

static void stay_awake(uv_idle_t *handle) { (void)handle; }

static void before_block(uv_prepare_t *handle) {
    pb_loop *loop = handle->data;
    bool is_work_left = loop->call.before_block(loop->context);
    if (!LIST_EMPTY(&loop->doomed)) {
        pb_stream_end_doomed(loop);
        is_work_left = loop->call.before_block(loop->context) || !LIST_EMPTY(&loop->doomed);
    }
    // An active idle handle makes the coming poll return at once, so that work which is left does not wait for a socket.
    if (is_work_left)
        uv_idle_start(&loop->busy, stay_awake);
    else
        uv_idle_stop(&loop->busy);
}

static void woken(uv_async_t *handle) { (void)handle; }  // `before_block` follows in this very turn.

static void timer_due(uv_timer_t *handle) {
    pb_loop *loop = handle->data;
    loop->call.timer(loop->context);
}

// libwebsockets reaches every raw socket through this one protocol.
static const struct lws_protocols protocols[] = {
    {.name = "raw", .callback = pb_stream_callback, .tx_packet_size = PB_WRITE_BYTES},
    {0},
};

static bool create_context(pb_loop *loop) {
    void *loops[] = {&loop->uv};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME,
        .foreign_loops = loops,
        .count_threads = 1,
        .gid = -1,
        .uid = -1,
        .pt_serv_buf_size = PB_READ_BYTES + LWS_PRE,
        // fd_limit_per_thread stays 0: with any other value each event is a linear search over all descriptors.
    };
    loop->lws = lws_create_context(&info);
    if (!loop->lws) return false;
    loop->vhost = lws_get_vhost_by_name(loop->lws, "default");
    return loop->vhost != NULL;
}

static void note_pipe(uv_handle_t *handle, void *context) {
    pb_loop *loop = context;
    uv_os_fd_t descriptor;
    if (handle->type == UV_POLL && handle != (uv_handle_t *)&loop->grid && uv_fileno(handle, &descriptor) == 0)
        loop->pipe_descriptor = descriptor;
}

pb_loop *pb_loop_create(const pb_callbacks *callbacks) {
    pb_loop *loop = calloc(1, sizeof *loop);
    if (!loop) return NULL;
    loop->call = *callbacks;
    loop->grid_descriptor = loop->pipe_descriptor = -1;
    if (uv_loop_init(&loop->uv) != 0) {
        free(loop);
        return NULL;
    }
    uv_async_init(&loop->uv, &loop->wake, woken);
    uv_prepare_init(&loop->uv, &loop->prepare);
    uv_idle_init(&loop->uv, &loop->busy);
    uv_timer_init(&loop->uv, &loop->timer);
    loop->prepare.data = loop->timer.data = loop;
    uv_prepare_start(&loop->prepare, before_block);
    if (!create_grid(loop) || !create_context(loop)) {
        if (pb_loop_end(loop)) pb_loop_free(loop);
        return NULL;
    }
    uv_walk(&loop->uv, note_pipe, loop);  // The only watcher yet beside the grid's.
    return loop;
}

void pb_loop_set_context(pb_loop *loop, void *context) { loop->context = context; }

void pb_loop_run(pb_loop *loop, const char *name) {
    pthread_setname_np(pthread_self(), name);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void pb_loop_stop(pb_loop *loop) { uv_stop(&loop->uv); }

void pb_loop_wake(pb_loop *loop) { uv_async_send(&loop->wake); }

uint64_t pb_loop_turn_time(const pb_loop *loop) { return uv_now(&loop->uv) * 1000000u; }

pb_traffic pb_loop_traffic(const pb_loop *loop) { return loop->traffic; }

// Runs what is left until no handle is, at most a second: a name that still resolves cannot be called back.
static bool run_out(pb_loop *loop) {
    uint64_t deadline = pb_now() + 1000000000u;
    while (uv_run(&loop->uv, UV_RUN_NOWAIT) != 0) {
        if (pb_now() > deadline) return false;
        usleep(500);
    }
    return true;
}

// libwebsockets 4.1.6 closes its event pipe at once when the context ends, and under libuv once more when the watcher is
// gone. In between another thread may be given that number for a socket of its own, so we take it. False: it is taken.
static bool hold_pipe_number(pb_loop *loop) {
    if (loop->pipe_descriptor < 0) return true;
    int spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (spare == loop->pipe_descriptor) return true;
    int held = spare < 0 ? -1 : fcntl(spare, F_DUPFD_CLOEXEC, loop->pipe_descriptor);
    if (spare >= 0) close(spare);
    if (held == loop->pipe_descriptor) return true;
    if (held >= 0) close(held);
    return false;
}

bool pb_loop_end(pb_loop *loop) {
    // The order matters: own handles, the context (its sockets get their last callbacks), what is left, the loop.
    loop->destroying = true;
    if (loop->grid_descriptor >= 0) {
        uv_close((uv_handle_t *)&loop->grid, NULL);
        close(loop->grid_descriptor);
    }
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_close((uv_handle_t *)&loop->prepare, NULL);
    uv_close((uv_handle_t *)&loop->busy, NULL);
    uv_close((uv_handle_t *)&loop->timer, NULL);
    if (loop->lws) lws_context_destroy(loop->lws);
    if (loop->lws && !hold_pipe_number(loop)) return false;  // Left as it is rather than close what is another's.
    // A resolver thread may still write into a loop that did not run out: that one stays where it is.
    return run_out(loop) && uv_loop_close(&loop->uv) == 0;
}

void pb_loop_free(pb_loop *loop) { free(loop); }

void pb_loop_arm(pb_loop *loop, uint64_t deadline_ns) {
    if (deadline_ns == 0) {
        uv_timer_stop(&loop->timer);
        return;
    }
    // uv_timer counts whole milliseconds from a cached time: refresh that, and round up, so that it is never early.
    uint64_t now = pb_now();
    uint64_t wait_ms = deadline_ns > now ? (deadline_ns - now + 999999) / 1000000 : 0;
    uv_update_time(&loop->uv);
    uv_timer_start(&loop->timer, timer_due, wait_ms, 0);
}

// MARK: the resolver

typedef struct query {
    uv_getaddrinfo_t request;
    pb_loop *loop;
    uint64_t number;
} query;

static void addresses_came(uv_getaddrinfo_t *request, int status, struct addrinfo *list) {
    query *asked = request->data;
    struct sockaddr_storage found[16];
    size_t count = 0;
    for (struct addrinfo *each = list; each && count < sizeof found / sizeof found[0]; each = each->ai_next) {
        if (each->ai_family != AF_INET && each->ai_family != AF_INET6) continue;
        memset(&found[count], 0, sizeof found[count]);
        memcpy(&found[count++], each->ai_addr, each->ai_addrlen);
    }
    if (!asked->loop->destroying) {
        const char *error = status != 0 ? uv_strerror(status) : count == 0 ? "the name has no address" : NULL;
        asked->loop->call.resolved(asked->loop->context, asked->number, found, count, error);
    }
    uv_freeaddrinfo(list);
    free(asked);
}

int pb_resolve(pb_loop *loop, uint64_t number, const char *host, uint16_t port) {
    query *asked = loop->destroying ? NULL : calloc(1, sizeof *asked);
    if (!asked) return -1;
    asked->loop = loop;
    asked->number = number;
    asked->request.data = asked;
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    if (uv_getaddrinfo(&loop->uv, &asked->request, addresses_came, host, service, &hints) == 0) return 0;
    free(asked);
    return -1;
}
