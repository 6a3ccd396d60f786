#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "load/results.h"

/// Prints to stdout: a table for people, or one JSON object.
void report_table(const struct options *options, const struct results *results, const struct judgement *judgement);
void report_json(const struct options *options, const struct results *results, const struct judgement *judgement);

/// Figures both forms show; per frame means per frame that came out inside the window.
double report_cpu_per_frame(const struct results *results);
double report_user_share(const struct results *results);
double report_allocations_per_frame(const struct results *results);
double report_bytes_per_idle(const struct results *results);
double report_bytes_per_pair(const struct options *options, const struct results *results);

#endif
