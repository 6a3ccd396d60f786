#ifndef BENCH_LOOP_H
#define BENCH_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/// Whatever epoll watches begins with this.
struct watcher {
    void (*ready)(struct watcher *watcher, uint32_t events);
};

/// The time as last read; handlers refresh it when they read the clock anyway.
extern uint64_t loop_now;

bool loop_open(void);

/// Edge-triggered, both ways, for the life of the descriptor.
bool loop_watch(int descriptor, struct watcher *watcher);

/// From `first_due` on, `tick` is called once an interval on an absolute clock: a late tick does not move the next one.
/// Ticks come between events too, so that a busy socket does not delay them.
void loop_start_ticks(uint64_t first_due, uint64_t interval, void (*tick)(uint64_t due));
void loop_stop_ticks(void);

/// Frees memory once no event of the current batch can name it any more.
void loop_free_later(void *memory);

/// Runs until `deadline`, or until `done` (may be NULL) says so.
void loop_run(uint64_t deadline, bool (*done)(void));

#endif
