#include "floor/faults.h"

#include <string.h>
#include <time.h>

struct faults faults;

// What a fault remembers between chunks. A side that closes must be forgotten.
static struct side *held_for, *last_sides[2];

static bool strikes(unsigned every, unsigned long chunk) {
    return every != 0 && chunk % every == 0;
}

static void stall(void) {
    struct timespec pause = {faults.stall_ms / 1000, (long)(faults.stall_ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
}

/// Holds a chunk back until the next one of the same side has gone ahead.
static bool send_swapped(struct side *side, uint8_t *bytes, size_t count, bool hold) {
    static uint8_t held[64 * 1024];
    static size_t held_count;
    if (hold && held_for == NULL && count <= sizeof held) {
        memcpy(held, bytes, count);
        held_count = count;
        held_for = side;
        return true;
    }
    bool sent = side_send(side, bytes, count);
    if (held_for == side) {
        held_for = NULL;
        sent = side_send(side, held, held_count);
    }
    return sent;
}

/// Gives a chunk to the side that had the chunk before, if it was of the same kind (phone or upstream).
static struct side *wrong_side(struct side *side) {
    bool is_upstream = side_is_upstream(side);
    struct side *previous = last_sides[is_upstream];
    last_sides[is_upstream] = side;
    return previous == NULL ? side : previous;
}

void faults_forget(const struct side *side) {
    if (held_for == side) held_for = NULL;
    if (last_sides[0] == side) last_sides[0] = NULL;
    if (last_sides[1] == side) last_sides[1] = NULL;
}

bool faults_send(struct side *side, uint8_t *bytes, size_t count) {
    static unsigned long chunk;
    chunk++;
    if (strikes(faults.stall_every, chunk)) stall();
    if (strikes(faults.drop_every, chunk)) return true;
    if (strikes(faults.corrupt_every, chunk)) bytes[count - 1 - faults.sound_back] ^= 1;
    if (faults.cross_every != 0) {
        struct side *wrong = wrong_side(side);
        if (strikes(faults.cross_every, chunk)) side = wrong;
    }
    if (strikes(faults.duplicate_every, chunk)) side_send(side, bytes, count);
    if (faults.swap_every != 0) return send_swapped(side, bytes, count, strikes(faults.swap_every, chunk));
    return side_send(side, bytes, count);
}
