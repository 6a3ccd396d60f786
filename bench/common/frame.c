#include "common/frame.h"

#include <string.h>

static uint32_t random_key(void) {
    static uint64_t state = 0x2545F4914F6CDD1D;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32);
}

static void apply_mask(uint8_t *bytes, size_t count, uint32_t key) {
    uint64_t wide = (uint64_t)key << 32 | key, word;
    size_t at = 0;
    for (; at + 8 <= count; at += 8) {
        memcpy(&word, bytes + at, 8);
        word ^= wide;
        memcpy(bytes + at, &word, 8);
    }
    uint8_t tail[4];
    memcpy(tail, &key, 4);
    for (; at < count; at++) bytes[at] ^= tail[at & 3];
}

static bool is_known(unsigned opcode) {
    return opcode == OPCODE_TEXT || opcode == OPCODE_BINARY || (opcode >= OPCODE_CLOSE && opcode <= OPCODE_PONG);
}

static uint64_t read_big_endian(const uint8_t *bytes, size_t count) {
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++) value = value << 8 | bytes[i];
    return value;
}

enum frame_result frame_decode(uint8_t *bytes, size_t count, bool masked, struct frame *frame, size_t *used) {
    if (count < 2) return FRAME_INCOMPLETE;
    unsigned opcode = bytes[0] & 15;
    if ((bytes[0] & 0xF0) != 0x80 || !is_known(opcode) || ((bytes[1] & 0x80) != 0) != masked) return FRAME_INVALID;
    uint64_t length = bytes[1] & 0x7F;
    if (opcode >= OPCODE_CLOSE && length > 125) return FRAME_INVALID;
    size_t head = 2;
    if (length >= 126) {
        size_t width = length == 126 ? 2 : 8;
        if (count < head + width) return FRAME_INCOMPLETE;
        length = read_big_endian(bytes + head, width);
        head += width;
        if (length > SIZE_MAX / 2) return FRAME_INVALID;
    }
    uint32_t key = 0;
    if (masked) {
        if (count < head + 4) return FRAME_INCOMPLETE;
        memcpy(&key, bytes + head, 4);
        head += 4;
    }
    if (count - head < length) return FRAME_INCOMPLETE;
    *frame = (struct frame){(enum opcode)opcode, bytes + head, (size_t)length};
    if (masked) apply_mask(frame->payload, frame->length, key);
    *used = head + frame->length;
    return FRAME_COMPLETE;
}

size_t frame_head_size(size_t length, bool masked) {
    return 2 + (length < 126 ? 0 : length < 65536 ? 2 : 8) + (masked ? 4 : 0);
}

size_t frame_finish(uint8_t *out, enum opcode opcode, size_t length, bool masked) {
    size_t head = frame_head_size(length, masked), width = head - 2 - (masked ? 4 : 0);
    out[0] = 0x80 | (uint8_t)opcode;
    out[1] = (masked ? 0x80 : 0) | (width == 0 ? (uint8_t)length : width == 2 ? 126 : 127);
    for (size_t i = 0; i < width; i++) out[2 + i] = (uint8_t)(length >> (8 * (width - 1 - i)));
    if (masked) {
        uint32_t key = random_key();
        memcpy(out + head - 4, &key, 4);
        apply_mask(out + head, length, key);
    }
    return head + length;
}
