// Loops over bytes that a processor with wide registers does 32 at a time. Each does what it can of the beginning and says
// how much that was: nothing, where the processor has no AVX2. The rest, and every doubtful byte, is the caller's.
// None allocates, keeps a pointer, or reads and writes outside of what it is given.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Decodes whole groups of base64, up to the first character that is not of the alphabet, and never the last group.
/// Returns how many characters were read; of four come three bytes. Behind them up to eight more are overwritten.
size_t wide_base64_decode(const uint8_t *text, size_t count, uint8_t *bytes, size_t room);

/// Encodes whole groups of three bytes. Returns how many bytes were read; `text` has room for what all would give.
size_t wide_base64_encode(const uint8_t *bytes, size_t count, uint8_t *text);

/// How many bytes from the beginning on are neither a quote, nor a backslash, nor below 0x20: all that are so for certain.
size_t wide_plain_text(const uint8_t *text, size_t count);
