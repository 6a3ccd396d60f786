#ifndef BENCH_JSON_H
#define BENCH_JSON_H

#include "load/histogram.h"
#include "load/judgement.h"

/// All of them print to stdout.
void json_text(const char *text);

/// In microseconds.
void json_quantiles(const struct histogram *histogram);

/// The members `verdict` and `reasons`, behind a comma.
void json_judgement(const struct judgement *judgement);

#endif
