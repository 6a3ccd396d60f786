#include "task_hooks.h"

#include <stdatomic.h>

// The Swift runtime lets whoever embeds it see each job on its way to the global pool.
#define SWIFT_CALL __attribute__((swiftcall))

typedef SWIFT_CALL void (*enqueue)(void *job);
typedef SWIFT_CALL void (*enqueue_later)(unsigned long long delay, void *job);
typedef SWIFT_CALL void (*enqueue_by)(long long sec, long long nsec, long long tsec, long long tnsec, int clock, void *job);

extern SWIFT_CALL void (*swift_task_enqueueGlobal_hook)(void *job, enqueue original);
extern SWIFT_CALL void (*swift_task_enqueueGlobalWithDelay_hook)(unsigned long long, void *, enqueue_later);
extern SWIFT_CALL void (*swift_task_enqueueGlobalWithDeadline_hook)(
    long long, long long, long long, long long, int, void *, enqueue_by);

static atomic_long escaped;

static SWIFT_CALL void count(void *job, enqueue original) {
    atomic_fetch_add(&escaped, 1);
    original(job);
}

static SWIFT_CALL void count_later(unsigned long long delay, void *job, enqueue_later original) {
    atomic_fetch_add(&escaped, 1);
    original(delay, job);
}

static SWIFT_CALL void count_by(
    long long sec, long long nsec, long long tsec, long long tnsec, int clock, void *job, enqueue_by original) {
    atomic_fetch_add(&escaped, 1);
    original(sec, nsec, tsec, tnsec, clock, job);
}

void task_hooks_watch(void) {
    swift_task_enqueueGlobal_hook = count;
    swift_task_enqueueGlobalWithDelay_hook = count_later;
    swift_task_enqueueGlobalWithDeadline_hook = count_by;
}

long task_hooks_escaped(void) { return atomic_load(&escaped); }
