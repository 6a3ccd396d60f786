#include "task_hooks.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// The Swift runtime lets whoever embeds it see each job on its way to the global pool.
#define SWIFT_CALL __attribute__((swiftcall))

typedef SWIFT_CALL void (*enqueue)(void *job);
typedef SWIFT_CALL void (*enqueue_later)(unsigned long long delay, void *job);
typedef SWIFT_CALL void (*enqueue_by)(long long sec, long long nsec, long long tsec, long long tnsec, int clock, void *job);

extern SWIFT_CALL void (*swift_task_enqueueGlobal_hook)(void *job, enqueue original);
extern SWIFT_CALL void (*swift_task_enqueueGlobalWithDelay_hook)(unsigned long long, void *, enqueue_later);
extern SWIFT_CALL void (*swift_task_enqueueGlobalWithDeadline_hook)(
    long long, long long, long long, long long, int, void *, enqueue_by);

// A world is turned by one thread, so what escapes from it leaves by that thread.
static _Thread_local long escaped;
static _Thread_local char world[64];

static SWIFT_CALL void count(void *job, enqueue original) {
    escaped++;
    original(job);
}

static SWIFT_CALL void count_later(unsigned long long delay, void *job, enqueue_later original) {
    escaped++;
    original(delay, job);
}

static SWIFT_CALL void count_by(
    long long sec, long long nsec, long long tsec, long long tnsec, int clock, void *job, enqueue_by original) {
    escaped++;
    original(sec, nsec, tsec, tnsec, clock, job);
}

// A trap ends the program; whoever looks for its cause needs the world.
static void told(int number) {
    static const char words[] = ": stopped the program\n";
    ssize_t written = write(STDOUT_FILENO, world, strlen(world));
    written = write(STDOUT_FILENO, words, sizeof words - 1);
    (void)written;
    signal(number, SIG_DFL);
    raise(number);
}

void task_hooks_watch(void) {
    swift_task_enqueueGlobal_hook = count;
    swift_task_enqueueGlobalWithDelay_hook = count_later;
    swift_task_enqueueGlobalWithDeadline_hook = count_by;
    for (const int *number = (const int[]){SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, 0}; *number; number++)
        signal(*number, told);
}

void task_hooks_begin(const char *name) {
    escaped = 0;
    snprintf(world, sizeof world, "%s", name);
}

long task_hooks_escaped(void) { return escaped; }
