// The parts the driver's counts rest on, over their whole small space where there is one. Silent when all is right.
#include <stdlib.h>
#include <string.h>

#include "common/handshake.h"
#include "common/frame.h"
#include "load/histogram.h"
#include "load/sequence.h"
#include "load/stamp.h"
#include "tests/expect.h"

static void test_quantiles(void) {
    for (uint64_t value = 1; value < (uint64_t)1 << 40; value += value / 3 + 1) {
        struct histogram histogram = {0};
        histogram_add(&histogram, value);
        histogram_add(&histogram, value * 2);
        uint64_t median = histogram_quantile(&histogram, 0.5);
        expect(median >= value && median <= value + value / 64, "a quantile is at most 1.6 % too high", value);
        expect(histogram_quantile(&histogram, 1) == value * 2, "the maximum is exact", value);
    }
    struct histogram ranks = {0};
    for (uint64_t value = 1; value <= 100; value++) histogram_add(&ranks, value);
    expect(histogram_quantile(&ranks, 0.99) == 99, "the 99th of 1 to 100 is 99", histogram_quantile(&ranks, 0.99));
}

/// Every series of six arrivals of the numbers 0 to 5, against a plain list of what has come.
static void test_arrivals(void) {
    for (unsigned series = 0; series < 6 * 6 * 6 * 6 * 6 * 6; series++) {
        struct sequence sequence = {0};
        bool came[6] = {false};
        int highest = -1;
        for (unsigned step = 0, rest = series; step < 6; step++, rest /= 6) {
            int number = (int)(rest % 6);
            enum arrival expected = number < highest ? ARRIVAL_REORDERED : ARRIVAL_NEW;
            if (came[number]) expected = ARRIVAL_DUPLICATE;
            expect(sequence_note(&sequence, (uint64_t)number) == expected, "an arrival is told apart", series);
            came[number] = true;
            if (number > highest) highest = number;
        }
    }
    struct sequence sequence = {0};
    sequence_note(&sequence, 1000);
    expect(sequence_note(&sequence, 937) == ARRIVAL_REORDERED, "a jump forgets nothing that can still come", 937);
    expect(sequence_note(&sequence, 937) == ARRIVAL_DUPLICATE, "63 numbers back are remembered", 937);
}

static void test_stamps(void) {
    char payload[350];
    struct stamp written = {12345, WAY_DOWN, 987654321, 1122334455667788}, read;
    stamp_write(payload, sizeof payload, &written);
    expect(stamp_read(payload, sizeof payload, &read) && read.pair == written.pair && read.way == written.way &&
               read.sequence == written.sequence && read.sent == written.sent,
           "a stamp comes back as it was written", 0);
    for (unsigned long bit = 0; bit < sizeof payload * 8; bit++) {
        payload[bit / 8] ^= (char)(1 << bit % 8);
        expect(!stamp_read(payload, sizeof payload, &read), "every flipped bit is noticed", bit);
        payload[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t length = 0; length < sizeof payload; length++) {
        expect(!stamp_read(payload, length, &read), "every shortened payload is noticed", length);
    }
}

static void test_frame(size_t length, bool masked) {
    size_t head = frame_head_size(length, masked);
    uint8_t *bytes = malloc(head + length), *copy = malloc(head + length);
    for (size_t i = 0; i < length; i++) bytes[head + i] = (uint8_t)(i * 31);
    size_t size = frame_finish(bytes, OPCODE_TEXT, length, masked), used = 0;
    struct frame frame;
    for (size_t count = 0; count < size; count += count < 20 || count > size - 20 ? 1 : 997) {
        memcpy(copy, bytes, count);
        expect(frame_decode(copy, count, masked, &frame, &used) == FRAME_INCOMPLETE, "a part is no frame", count);
    }
    memcpy(copy, bytes, size);
    expect(frame_decode(copy, size, !masked, &frame, &used) == FRAME_INVALID, "the mask must fit the role", length);
    expect(frame_decode(copy, size, masked, &frame, &used) == FRAME_COMPLETE && used == size &&
               frame.length == length && frame.opcode == OPCODE_TEXT,
           "a frame comes back whole", length);
    bool same = true;
    for (size_t i = 0; i < length && same; i++) same = frame.payload[i] == (uint8_t)(i * 31);
    expect(same, "the payload comes back unmasked", length);
    free(bytes);
    free(copy);
}

/// The example of RFC 6455, 1.3.
static void test_accept(void) {
    char head[HANDSHAKE_HEAD_LIMIT];
    const char *why = "", *key = "dGhlIHNhbXBsZSBub25jZQ==";
    size_t length = handshake_write_response(head, key);
    const char *accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    expect(strstr(head, accept) != NULL, "the RFC's key is answered", 0);
    expect(handshake_check_response(head, length, key, &why), why, length);
    expect(!handshake_check_response(head, length, "AGhlIHNhbXBsZSBub25jZQ==", &why), "another key's answer is refused",
           length);
}

int main(void) {
    test_quantiles();
    test_arrivals();
    test_stamps();
    static const size_t lengths[] = {0, 1, 125, 126, 350, 65535, 65536};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        test_frame(lengths[i], true);
        test_frame(lengths[i], false);
    }
    test_accept();
    return failures > 0;
}
