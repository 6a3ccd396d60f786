#ifndef BENCH_FRAME_H
#define BENCH_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum opcode { OPCODE_TEXT = 1, OPCODE_BINARY = 2, OPCODE_CLOSE = 8, OPCODE_PING = 9, OPCODE_PONG = 10 };

enum { FRAME_LARGEST_HEAD = 14 };

/// One WebSocket frame inside the bytes it was decoded from, already unmasked.
struct frame {
    enum opcode opcode;
    uint8_t *payload;
    size_t length;
};

enum frame_result { FRAME_INCOMPLETE, FRAME_COMPLETE, FRAME_INVALID };

/// Decodes the first frame of `bytes` in place. `used` receives its size. `masked` is what the sender's role demands.
/// Fragments, extensions and unknown opcodes are invalid: no peer of this bench has a reason to send them.
enum frame_result frame_decode(uint8_t *bytes, size_t count, bool masked, struct frame *frame, size_t *used);

/// The size of a frame's head for a payload of that length.
size_t frame_head_size(size_t length, bool masked);

/// Writes the head in front of a payload that lies at `out + frame_head_size(…)`, and masks the payload if asked.
/// Returns the size of the whole frame.
size_t frame_finish(uint8_t *out, enum opcode opcode, size_t length, bool masked);

#endif
