#include "load/judgement.h"

#include <stdarg.h>
#include <stdio.h>

void judgement_add(struct judgement *judgement, enum verdict verdict, const char *format, ...) {
    if (verdict > judgement->verdict) judgement->verdict = verdict;
    if (judgement->count == sizeof judgement->reasons / sizeof *judgement->reasons) return;
    va_list values;
    va_start(values, format);
    vsnprintf(judgement->reasons[judgement->count++], sizeof *judgement->reasons, format, values);
    va_end(values);
}
