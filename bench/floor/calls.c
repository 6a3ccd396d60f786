#include "floor/calls.h"

#include <stdlib.h>
#include <string.h>

#include "common/frame.h"
#include "floor/faults.h"

enum {
    CALLER_AUDIO = 216,   // 20 ms of μ-law in base64.
    AGENT_AUDIO = 1068,   // 100 ms
    NAME = 34,            // of a stream
    LARGEST = 64 * 1024,
    HEAD = 4,             // of a frame of these lengths, without a mask
};

/// Of one connection: a frame that has not come whole, and on a phone's side the name of its stream.
struct part {
    char name[NAME];
    bool has_name;
    size_t count;
    uint8_t *bytes;
};

static const char append[] = "{\"type\":\"input_audio_buffer.append\",\"audio\":\"", append_end[] = "\"}";
static const char media[] = "{\"event\":\"media\",\"streamSid\":\"", media_next[] = "\",\"media\":{\"payload\":\"",
                  media_end[] = "\"}}";
static const char mark[] = "{\"event\":\"mark\",\"streamSid\":\"", mark_end[] = "\",\"mark\":{\"name\":\"0.00000\"}}";
static const char update[] = "{\"type\":\"session.update\",\"session\":{\"type\":\"realtime\"}}";

static uint8_t out[4 * LARGEST];

static uint8_t *put(uint8_t *at, const void *bytes, size_t count) {
    memcpy(at, bytes, count);
    return at + count;
}

#define PUT_WORDS(at, words) put(at, words, sizeof words - 1)

void part_free(struct part *part) {
    if (part != NULL) free(part->bytes);
    free(part);
}

static struct part *part_of(struct side *side) {
    if (side->part == NULL && (side->part = calloc(1, sizeof *side->part)) == NULL) abort();
    return side->part;
}

static bool send_out(struct side *to, size_t count, size_t sound_at) {
    if (!faults.any) return side_send(to, out, count);
    faults.sound_back = count - 1 - sound_at;
    return faults_send(to, out, count);
}

/// The phone's: `…"payload":"216"},"streamSid":"34"}`, and nothing else has an `e` there.
static bool forward_up(struct side *to, const struct frame *frame) {
    const uint8_t *end = frame->payload + frame->length;
    if (frame->length < CALLER_AUDIO || frame->payload[10] != 'm' || frame->payload[11] != 'e') return true;
    struct part *part = part_of(to->peer);
    if (!part->has_name) {
        memcpy(part->name, end - 2 - NAME, NAME);
        part->has_name = true;
    }
    uint8_t *text = out + HEAD + 4;
    uint8_t *at = PUT_WORDS(text, append);
    at = put(at, end - 2 - NAME - 16 - CALLER_AUDIO, CALLER_AUDIO);
    at = PUT_WORDS(at, append_end);
    size_t count = frame_finish(out, OPCODE_TEXT, (size_t)(at - text), true);
    return send_out(to, count, HEAD + 4 + sizeof append + 50);
}

/// The upstream's: `…"delta":"1068"}`. Of the short ones the first asks for the session to be set up.
static bool forward_down(struct side *to, const struct frame *frame) {
    const uint8_t *end = frame->payload + frame->length;
    if (frame->length < AGENT_AUDIO) {
        if (frame->length < 18 || frame->payload[9] != 's' || frame->payload[17] != 'c') return true;
        memcpy(out + 6, update, sizeof update - 1);
        return side_send(to->peer, out, frame_finish(out, OPCODE_TEXT, sizeof update - 1, true));
    }
    const char *name = part_of(to)->name;
    uint8_t *text = out + HEAD;
    uint8_t *at = PUT_WORDS(text, media);
    at = put(at, name, NAME);
    at = PUT_WORDS(at, media_next);
    at = put(at, end - 2 - AGENT_AUDIO, AGENT_AUDIO);
    at = PUT_WORDS(at, media_end);
    uint8_t *second = out + frame_finish(out, OPCODE_TEXT, (size_t)(at - text), false);
    text = second + 2;
    at = PUT_WORDS(text, mark);
    at = put(at, name, NAME);
    at = PUT_WORDS(at, mark_end);
    size_t count = (size_t)(second - out) + frame_finish(second, OPCODE_TEXT, (size_t)(at - text), false);
    return send_out(to, count, HEAD + sizeof media + NAME + sizeof media_next + 50);
}

static bool forward_frames(struct side *to, uint8_t *bytes, size_t count, size_t *taken) {
    bool to_upstream = side_is_upstream(to), all_sent = true;
    struct frame frame;
    size_t used;
    *taken = 0;
    while (frame_decode(bytes + *taken, count - *taken, to_upstream, &frame, &used) == FRAME_COMPLETE) {
        *taken += used;
        if (frame.opcode == OPCODE_CLOSE) {
            side_close_both(to);
            return false;
        }
        all_sent = to_upstream ? forward_up(to, &frame) : forward_down(to, &frame);
        if (to->descriptor < 0) return false;
    }
    return all_sent;
}

bool calls_forward(struct side *to, uint8_t *bytes, size_t count) {
    struct side *from = to->peer;
    size_t taken;
    bool has_part = from->part != NULL && from->part->count > 0;
    if (has_part) {
        static uint8_t joined[2 * LARGEST];
        size_t kept = from->part->count;
        memcpy(joined, from->part->bytes, kept);
        memcpy(joined + kept, bytes, count);
        bytes = joined;
        count += kept;
        from->part->count = 0;
    }
    bool all_sent = forward_frames(to, bytes, count, &taken);
    if (to->descriptor < 0 || taken == count) return all_sent;
    struct part *part = part_of(from);
    if (part->bytes == NULL && (part->bytes = malloc(LARGEST)) == NULL) abort();
    part->count = count - taken < LARGEST ? count - taken : 0;
    memcpy(part->bytes, bytes + taken, part->count);
    return all_sent;
}
