#ifndef BENCH_FLOOR_CALLS_H
#define BENCH_FLOOR_CALLS_H

#include "floor/relay.h"

/// Takes the audio out of the driver's messages and passes it on in prepared ones, with a mark behind each of the
/// agent's. It knows where the audio stands, since it knows the driver: no other phone and no real service would do.
bool calls_forward(struct side *to, uint8_t *bytes, size_t count);

void part_free(struct part *part);

#endif
