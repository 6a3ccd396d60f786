#include "load/histogram.h"

enum { SUB_BUCKETS = 1 << HISTOGRAM_SUB_BITS };

static unsigned bucket_of(uint64_t value) {
    if (value < SUB_BUCKETS) return (unsigned)value;
    unsigned shift = 63 - (unsigned)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
    if (shift >= HISTOGRAM_OCTAVES) return HISTOGRAM_BUCKETS - 1;
    return ((shift + 1) << HISTOGRAM_SUB_BITS) + (unsigned)(value >> shift) - SUB_BUCKETS;
}

static uint64_t highest_value_in(unsigned bucket) {
    if (bucket < SUB_BUCKETS) return bucket;
    unsigned shift = (bucket >> HISTOGRAM_SUB_BITS) - 1;
    uint64_t top = SUB_BUCKETS + (bucket & (SUB_BUCKETS - 1));
    return ((top + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value) {
    histogram->count++;
    histogram->buckets[bucket_of(value)]++;
    if (value > histogram->maximum) histogram->maximum = value;
}

uint64_t histogram_quantile(const struct histogram *histogram, double share) {
    double exact = share * (double)histogram->count;
    uint64_t rank = (uint64_t)exact;
    if ((double)rank < exact) rank++;
    if (rank == 0) rank = 1;
    uint64_t passed = 0;
    for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS && histogram->count > 0; bucket++) {
        passed += histogram->buckets[bucket];
        if (passed >= rank) {
            uint64_t value = highest_value_in(bucket);
            return value < histogram->maximum ? value : histogram->maximum;
        }
    }
    return histogram->maximum;
}
