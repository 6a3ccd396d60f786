#ifndef PATCHBAY_CLINUX_SHIM_H
#define PATCHBAY_CLINUX_SHIM_H

// What the Glibc module leaves out: a header it does not list, and a variadic call.
#include <sys/eventfd.h>
#include <sys/prctl.h>

static inline int patchbay_name_thread(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }
static inline int patchbay_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

#endif
