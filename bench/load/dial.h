#ifndef BENCH_DIAL_H
#define BENCH_DIAL_H

#include <stdbool.h>
#include <stdint.h>

/// Opens `wanted` connections, at most 128 handshakes at a time, and runs the loop until each is settled or the time
/// is over. `open` begins number `index` and returns false when it could not. Returns how many succeeded.
unsigned dial_all(unsigned wanted, bool (*open)(unsigned index), uint64_t longest);

/// To be called when a dialled connection is open, or has failed before that.
void dial_settled(bool succeeded);

/// A progress line on stderr, if that is a terminal.
void dial_show(const char *what);

#endif
