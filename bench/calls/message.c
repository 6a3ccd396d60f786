#include "calls/message.h"

#include <string.h>

enum { DEEPEST = 64 };

bool slice_equals(struct slice slice, const char *text) {
    return slice.count == strlen(text) && memcmp(slice.start, text, slice.count) == 0;
}

/// The string that begins behind `at`, a quote. NULL when it does not end.
static const char *string_end(const char *at, const char *end) {
    while (at < end && (at = memchr(at, '"', (size_t)(end - at))) != NULL) {
        size_t slashes = 0;
        while (at[-1 - (ptrdiff_t)slashes] == '\\') slashes++;
        if (slashes % 2 == 0) return at;
        at++;
    }
    return NULL;
}

static void note(struct message *message, unsigned depth, struct slice parent, struct slice key, struct slice value) {
    if (depth == 1) {
        if (slice_equals(key, "event") || slice_equals(key, "type")) message->kind = value;
        if (slice_equals(key, "audio") || slice_equals(key, "user_audio_chunk")) message->audio = value;
    } else if (depth == 2) {
        if (slice_equals(parent, "media") && slice_equals(key, "payload")) message->audio = value;
        if (slice_equals(parent, "mark") && slice_equals(key, "name")) message->name = value;
    }
}

bool message_read(const char *text, size_t count, struct message *message) {
    *message = (struct message){0};
    const char *at = text, *end = text + count;
    struct slice key = {0}, parent = {0};
    unsigned depth = 0;
    bool is_value = false;
    for (; at < end; at++) {
        switch (*at) {
        case '{':
        case '[':
            if (++depth > DEEPEST) return false;
            if (depth == 2) parent = key;
            is_value = *at == '[';
            break;
        case '}':
        case ']':
            if (depth-- == 0) return false;
            if (depth == 0) return true;
            break;
        case ',': is_value = false; break;
        case ':': is_value = true; break;
        case '"': {
            const char *close = string_end(at + 1, end);
            if (close == NULL) return false;
            struct slice string = {at + 1, (size_t)(close - at - 1)};
            if (is_value) {
                note(message, depth, parent, key, string);
            } else {
                key = string;
            }
            at = close;
            break;
        }
        default: break;
        }
    }
    return false;
}
