#include "common/handshake.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/sha1.h"

enum { ACCEPT_LENGTH = 28 };

static void base64(const uint8_t *bytes, size_t count, char *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < count; i += 3) {
        size_t left = count - i;
        uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? (uint32_t)bytes[i + 2] : 0);
        *out++ = digits[group >> 18 & 63];
        *out++ = digits[group >> 12 & 63];
        *out++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *out++ = left > 2 ? digits[group & 63] : '=';
    }
    *out = 0;
}

void handshake_make_key(uint64_t seed, char key[HANDSHAKE_KEY_LENGTH + 1]) {
    uint64_t parts[2] = {seed, seed * 0x9E3779B97F4A7C15u + 1};
    base64((const uint8_t *)parts, sizeof parts, key);
}

static void accept_for_key(const char *key, char accept[ACCEPT_LENGTH + 1]) {
    char joined[HANDSHAKE_KEY_LENGTH + 37];
    uint8_t digest[20];
    int length = snprintf(joined, sizeof joined, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    sha1(joined, (size_t)length, digest);
    base64(digest, sizeof digest, accept);
}

size_t handshake_write_request(char out[HANDSHAKE_HEAD_LIMIT], const struct target *target, const char *key) {
    bool v6 = strchr(target->host, ':') != NULL;
    return (size_t)snprintf(out, HANDSHAKE_HEAD_LIMIT,
                            "GET %s HTTP/1.1\r\nHost: %s%s%s:%s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
                            target->path, v6 ? "[" : "", target->host, v6 ? "]" : "", target->port, key,
                            target->headers);
}

size_t handshake_write_response(char out[HANDSHAKE_HEAD_LIMIT], const char *key) {
    char accept[ACCEPT_LENGTH + 1];
    accept_for_key(key, accept);
    return (size_t)snprintf(out, HANDSHAKE_HEAD_LIMIT,
                            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Accept: %s\r\n\r\n",
                            accept);
}

size_t handshake_head_length(const void *bytes, size_t count) {
    const char *end = memmem(bytes, count, "\r\n\r\n", 4);
    return end == NULL ? 0 : (size_t)(end - (const char *)bytes) + 4;
}

struct text {
    const char *start;
    size_t length;
};

/// The value of the first header of that name, without the blanks around it; `start` is NULL when there is none.
static struct text find_header(const char *head, size_t length, const char *name) {
    size_t name_length = strlen(name);
    const char *end = head + length, *line = memmem(head, length, "\r\n", 2);
    while (line != NULL && (line += 2) < end) {
        const char *line_end = memmem(line, (size_t)(end - line), "\r\n", 2);
        if (line_end == NULL) break;
        if ((size_t)(line_end - line) > name_length && line[name_length] == ':' &&
            strncasecmp(line, name, name_length) == 0) {
            const char *value = line + name_length + 1;
            while (value < line_end && (*value == ' ' || *value == '\t')) value++;
            while (value < line_end && (line_end[-1] == ' ' || line_end[-1] == '\t')) line_end--;
            return (struct text){value, (size_t)(line_end - value)};
        }
        line = line_end;
    }
    return (struct text){NULL, 0};
}

static bool equals(struct text text, const char *expected, bool ignoring_case) {
    if (text.start == NULL || text.length != strlen(expected)) return false;
    return (ignoring_case ? strncasecmp : strncmp)(text.start, expected, text.length) == 0;
}

/// Whether a comma-separated list holds `token`.
static bool lists_token(struct text list, const char *token) {
    while (list.start != NULL && list.length > 0) {
        const char *comma = memchr(list.start, ',', list.length);
        size_t item = comma == NULL ? list.length : (size_t)(comma - list.start);
        struct text one = {list.start, item};
        while (one.length > 0 && one.start[0] == ' ') one.start++, one.length--;
        while (one.length > 0 && one.start[one.length - 1] == ' ') one.length--;
        if (equals(one, token, true)) return true;
        if (comma == NULL) break;
        list = (struct text){comma + 1, list.length - item - 1};
    }
    return false;
}

static bool starts_with(const char *head, size_t length, const char *prefix) {
    return length >= strlen(prefix) && memcmp(head, prefix, strlen(prefix)) == 0;
}

static bool asks_for_websocket(const char *head, size_t length) {
    return equals(find_header(head, length, "Upgrade"), "websocket", true) &&
           lists_token(find_header(head, length, "Connection"), "upgrade");
}

bool handshake_find_key(const char *head, size_t length, char key[HANDSHAKE_KEY_LENGTH + 1]) {
    struct text value = find_header(head, length, "Sec-WebSocket-Key");
    if (value.start == NULL || value.length != HANDSHAKE_KEY_LENGTH) return false;
    memcpy(key, value.start, HANDSHAKE_KEY_LENGTH);
    key[HANDSHAKE_KEY_LENGTH] = 0;
    return true;
}

bool handshake_check_request(const char *head, size_t length, char key[HANDSHAKE_KEY_LENGTH + 1], const char **why) {
    size_t line = (size_t)((const char *)memmem(head, length, "\r\n", 2) - head);
    if (!starts_with(head, length, "GET ") || line < 14 || memcmp(head + line - 9, " HTTP/1.1", 9) != 0) {
        *why = "the upgrade request is not GET HTTP/1.1";
    } else if (find_header(head, length, "Host").start == NULL) {
        *why = "the upgrade request has no Host";
    } else if (!asks_for_websocket(head, length)) {
        *why = "the request does not ask for Upgrade: websocket";
    } else if (!equals(find_header(head, length, "Sec-WebSocket-Version"), "13", false)) {
        *why = "the request's Sec-WebSocket-Version is not 13";
    } else if (!handshake_find_key(head, length, key)) {
        *why = "the request's Sec-WebSocket-Key is missing or not 24 characters long";
    } else {
        return true;
    }
    return false;
}

bool handshake_check_response(const char *head, size_t length, const char *key, const char **why) {
    char accept[ACCEPT_LENGTH + 1];
    accept_for_key(key, accept);
    if (!starts_with(head, length, "HTTP/1.1 101")) {
        *why = "the upgrade was not answered with 101";
    } else if (!asks_for_websocket(head, length)) {
        *why = "the answer lacks Upgrade: websocket or Connection: Upgrade";
    } else if (!equals(find_header(head, length, "Sec-WebSocket-Accept"), accept, false)) {
        *why = "the answer's Sec-WebSocket-Accept does not belong to our key";
    } else if (find_header(head, length, "Sec-WebSocket-Extensions").start != NULL ||
               find_header(head, length, "Sec-WebSocket-Protocol").start != NULL) {
        *why = "the answer chose an extension or a subprotocol nobody offered";
    } else {
        return true;
    }
    return false;
}
