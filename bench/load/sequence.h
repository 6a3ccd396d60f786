#ifndef BENCH_SEQUENCE_H
#define BENCH_SEQUENCE_H

#include <stdint.h>

/// Which sequence numbers of one way of one pair have come. Remembers the last 64 exactly.
///
/// - Invariant: bit `i` of `seen` says whether `next - 1 - i` has come.
struct sequence {
    uint64_t next, seen;
};

enum arrival { ARRIVAL_NEW, ARRIVAL_REORDERED, ARRIVAL_DUPLICATE };

/// A number further back than the memory counts as reordered: whether it came twice cannot be told any more.
static inline enum arrival sequence_note(struct sequence *sequence, uint64_t number) {
    if (number >= sequence->next) {
        uint64_t step = number - sequence->next + 1;
        sequence->seen = step < 64 ? sequence->seen << step | 1 : 1;
        sequence->next = number + 1;
        return ARRIVAL_NEW;
    }
    uint64_t back = sequence->next - 1 - number;
    if (back >= 64) return ARRIVAL_REORDERED;
    uint64_t bit = (uint64_t)1 << back;
    if (sequence->seen & bit) return ARRIVAL_DUPLICATE;
    sequence->seen |= bit;
    return ARRIVAL_REORDERED;
}

#endif
