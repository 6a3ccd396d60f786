#include "load/json.h"

#include <stdio.h>

void json_quantiles(const struct histogram *histogram) {
    printf("{\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}", (double)histogram_quantile(histogram, 0.5) / 1e3,
           (double)histogram_quantile(histogram, 0.99) / 1e3, (double)histogram_quantile(histogram, 0.999) / 1e3,
           (double)histogram->maximum / 1e3);
}

void json_text(const char *text) {
    putchar('"');
    for (; *text != 0; text++) {
        if (*text == '"' || *text == '\\') putchar('\\');
        putchar((unsigned char)*text < ' ' ? ' ' : *text);
    }
    putchar('"');
}

void json_judgement(const struct judgement *judgement) {
    static const char *const words[] = {"fine", "failed", "", "refused"};
    printf(",\"verdict\":\"%s\",\"reasons\":[", words[judgement->verdict]);
    for (unsigned i = 0; i < judgement->count; i++) {
        if (i > 0) putchar(',');
        json_text(judgement->reasons[i]);
    }
    printf("]");
}
