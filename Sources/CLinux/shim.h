#ifndef PATCHBAY_CLINUX_SHIM_H
#define PATCHBAY_CLINUX_SHIM_H

// What the Glibc module leaves out: headers it does not list, and variadic calls.
#include <linux/falloc.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int patchbay_name_thread(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }
static inline int patchbay_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
// Room on the disk from a file's beginning on; its size stays as it is.
static inline int patchbay_hold_room(int descriptor, long count) {
    return (int)syscall(SYS_fallocate, descriptor, FALLOC_FL_KEEP_SIZE, 0L, count);
}

#endif
