#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_SUB_BITS = 6,
    HISTOGRAM_OCTAVES = 36,
    HISTOGRAM_BUCKETS = (HISTOGRAM_OCTAVES + 1) << HISTOGRAM_SUB_BITS,
};

/// A log-linear histogram of nanoseconds: 64 buckets an octave, so a quantile is at most 1.6 % too high. The maximum is
/// exact. Values from about 73 minutes on share the last bucket.
struct histogram {
    uint64_t count, maximum;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t value);

/// The value that `share` (0 to 1) of all values do not exceed; 0 when there is none.
uint64_t histogram_quantile(const struct histogram *histogram, double share);

#endif
