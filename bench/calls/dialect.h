#ifndef BENCH_CALLS_DIALECT_H
#define BENCH_CALLS_DIALECT_H

#include "calls/call.h"

/// What the voice service says, in the words of the vendor that is played. Each is one or a few messages.
void dialect_greet(struct connection *connection);
void dialect_configured(struct connection *connection);
void dialect_answer_begins(struct call *call, struct connection *connection);
void dialect_audio(struct call *call, struct connection *connection, const uint8_t *bytes, size_t count);
void dialect_answer_ends(struct call *call, struct connection *connection);
void dialect_speech_began(struct call *call, struct connection *connection);
void dialect_speech_ended(struct call *call, struct connection *connection);

/// Whether a message of the bridge asks for the session to be set up.
struct message;
bool dialect_is_setup(const struct message *message);

#endif
