#include "load/idle.h"

#include "load/clock.h"
#include "load/dial.h"

static const struct options *options;
static struct ssl_ctx_st *tls;
static unsigned dropped;

static void idle_opened(struct connection *connection) {
    (void)connection;
    dial_settled(true);
}

static void idle_message(struct connection *connection, const struct frame *frame) {
    (void)connection, (void)frame;
}

static void idle_closed(struct connection *connection, const char *why) {
    (void)why;
    if (connection->was_open) {
        dropped++;
    } else {
        dial_settled(false);
    }
    connection_free(connection);
}

static const struct connection_events idle_events = {idle_opened, idle_message, idle_closed};

static bool open_one(unsigned index) {
    return connection_open(&options->phone_target, tls, index, &idle_events, NULL) != NULL;
}

unsigned idle_open(const struct options *given, struct ssl_ctx_st *client_tls) {
    options = given;
    tls = client_tls;
    return dial_all(given->idle, open_one, 60 * nanoseconds_per_second);
}

unsigned idle_dropped(void) {
    return dropped;
}
