#ifndef BENCH_FLOOR_FAULTS_H
#define BENCH_FLOOR_FAULTS_H

#include "floor/relay.h"

/// Faults on purpose, to prove that the generator sees them. Each strikes every N-th chunk; 0 is never.
/// A chunk is what one recv() gave: on a quiet machine one frame.
struct faults {
    bool any;
    unsigned drop_every, duplicate_every, swap_every, corrupt_every, cross_every, stall_every;
    unsigned stall_ms;
    size_t sound_back;  // So far before a chunk's last byte stands one that matters.
};

extern struct faults faults;

/// `side_send` with the faults in between.
bool faults_send(struct side *side, uint8_t *bytes, size_t count);

/// To be called before a side closes.
void faults_forget(const struct side *side);

#endif
