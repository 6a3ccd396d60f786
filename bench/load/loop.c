#include "load/loop.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include "load/clock.h"

enum { BATCH = 64, FREED_AT_ONCE = 4096 };

uint64_t loop_now;

static int poller = -1;
static uint64_t next_due = UINT64_MAX, tick_interval;
static void (*tick_handler)(uint64_t due);
static void *freed[FREED_AT_ONCE];
static unsigned freed_count;

bool loop_open(void) {
    prctl(PR_SET_TIMERSLACK, 1);  // The default lets the kernel wake us 50 µs late.
    poller = epoll_create1(EPOLL_CLOEXEC);
    loop_now = clock_now();
    return poller >= 0;
}

bool loop_watch(int descriptor, struct watcher *watcher) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = watcher};
    return epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void loop_start_ticks(uint64_t first_due, uint64_t interval, void (*tick)(uint64_t due)) {
    next_due = first_due;
    tick_interval = interval;
    tick_handler = tick;
}

void loop_stop_ticks(void) {
    next_due = UINT64_MAX;
}

/// One at a time: a driver that cannot keep up must still receive, and still see its deadline.
static void run_due_tick(void) {
    if (loop_now < next_due) return;
    uint64_t due = next_due;
    next_due += tick_interval;
    tick_handler(due);
}

static void free_all(void) {
    while (freed_count > 0) free(freed[--freed_count]);
}

void loop_free_later(void *memory) {
    // More at once than there is room for cannot come from one batch of 64 events; the oldest are safe by then.
    if (freed_count == FREED_AT_ONCE) free_all();
    freed[freed_count++] = memory;
}

static struct timespec time_until(uint64_t moment) {
    uint64_t wait = moment > loop_now ? moment - loop_now : 0;
    return (struct timespec){(time_t)(wait / nanoseconds_per_second), (long)(wait % nanoseconds_per_second)};
}

void loop_run(uint64_t deadline, bool (*done)(void)) {
    struct epoll_event ready[BATCH];
    while ((loop_now = clock_now()) < deadline && (done == NULL || !done())) {
        run_due_tick();
        struct timespec timeout = time_until(next_due < deadline ? next_due : deadline);
        int count = epoll_pwait2(poller, ready, BATCH, &timeout, NULL);
        loop_now = clock_now();
        for (int i = 0; i < count; i++) {
            struct watcher *watcher = ready[i].data.ptr;
            watcher->ready(watcher, ready[i].events);
            run_due_tick();
        }
        free_all();
    }
}
