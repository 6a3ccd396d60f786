#include "load/dial.h"

#include <stdio.h>
#include <unistd.h>

#include "load/clock.h"
#include "load/loop.h"

enum { AT_ONCE = 128 };

static struct dial {
    unsigned wanted, started, settled, succeeded;
    bool (*open)(unsigned index);
} dial;

static bool advance(void) {
    while (dial.started < dial.wanted && dial.started - dial.settled < AT_ONCE) {
        if (!dial.open(dial.started++)) dial.settled++;
    }
    return dial.settled == dial.wanted;
}

unsigned dial_all(unsigned wanted, bool (*open)(unsigned index), uint64_t longest) {
    dial = (struct dial){.wanted = wanted, .open = open};
    loop_run(clock_now() + longest, advance);
    return dial.succeeded;
}

void dial_settled(bool succeeded) {
    dial.settled++;
    if (succeeded) dial.succeeded++;
}

void dial_show(const char *what) {
    if (isatty(STDERR_FILENO)) fprintf(stderr, "load-driver: %s\n", what);
}
