#ifndef BENCH_TESTS_EXPECT_H
#define BENCH_TESTS_EXPECT_H

#include <stdbool.h>
#include <stdio.h>

static int failures;

/// Says which rule is broken, and where in its space.
static void expect(bool right, const char *rule, unsigned long detail) {
    if (right) return;
    failures++;
    fprintf(stderr, "broken: %s (%lu)\n", rule, detail);
}

#endif
