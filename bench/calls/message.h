#ifndef BENCH_CALLS_MESSAGE_H
#define BENCH_CALLS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

struct slice {
    const char *start;
    size_t count;
};

/// What a message says, as far as the driver cares. Empty where it says nothing of it.
struct message {
    struct slice kind;   // `event` or `type`
    struct slice audio;  // `audio`, `user_audio_chunk`, or `payload` of `media`
    struct slice name;   // `name` of `mark`
};

/// Reads one JSON object, whatever the order of its keys and the blanks between. False when it is none.
bool message_read(const char *text, size_t count, struct message *message);

bool slice_equals(struct slice slice, const char *text);

#endif
