#include "common/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { BACKLOG = 4096, SOURCE_ADDRESSES = 8 };

static bool resolve(const char *host, const char *port, struct address *address, const char **why) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, port, &hints, &found) != 0 || found == NULL) {
        *why = "the host is not known";
        return false;
    }
    memcpy(&address->storage, found->ai_addr, found->ai_addrlen);
    address->length = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

/// Cuts `host:port` or `[v6]:port` of the given length into its two parts.
static bool split_host_port(const char *text, size_t length, char host[128], char port[8], const char *default_port) {
    char copy[160];
    if (length == 0 || length >= sizeof copy) return false;
    memcpy(copy, text, length);
    copy[length] = 0;
    char *name = copy, *colon = strrchr(copy, ':');
    if (copy[0] == '[') {
        char *end = strchr(copy, ']');
        if (end == NULL) return false;
        colon = end[1] == ':' ? end + 1 : NULL;
        *end = 0;
        name = copy + 1;
    }
    if (colon != NULL) *colon = 0;
    const char *service = colon != NULL ? colon + 1 : default_port;
    if (service == NULL || *name == 0 || strlen(name) >= 128 || strlen(service) >= 8) return false;
    strcpy(host, name);
    strcpy(port, service);
    return true;
}

bool address_parse(const char *text, struct address *address, const char **why) {
    char host[128], port[8];
    if (!split_host_port(text, strlen(text), host, port, NULL)) {
        *why = "an address looks like 127.0.0.1:8080";
        return false;
    }
    return resolve(host, port, address, why);
}

bool target_parse(const char *url, struct target *target, const char **why) {
    memset(target, 0, sizeof *target);
    *why = "a URL looks like ws://127.0.0.1:8080/path";
    const char *rest;
    if (strncmp(url, "ws://", 5) == 0) {
        rest = url + 5;
    } else if (strncmp(url, "wss://", 6) == 0) {
        rest = url + 6;
        target->tls = true;
    } else {
        return false;
    }
    size_t authority = strcspn(rest, "/?");
    const char *path = rest + authority;
    if (strlen(path) >= sizeof target->path - 1) return false;
    snprintf(target->path, sizeof target->path, "%s%s", *path == '/' ? "" : "/", path);
    if (!split_host_port(rest, authority, target->host, target->port, target->tls ? "443" : "80")) return false;
    return resolve(target->host, target->port, &target->address, why);
}

static void close_keeping_errno(int descriptor) {
    int saved = errno;
    close(descriptor);
    errno = saved;
}

int listen_on(const struct address *address, uint16_t *port) {
    int family = address->storage.ss_family, yes = 1;
    int descriptor = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct address bound = {.length = sizeof bound.storage};
    if (bind(descriptor, (const struct sockaddr *)&address->storage, address->length) < 0 ||
        listen(descriptor, BACKLOG) < 0 ||
        getsockname(descriptor, (struct sockaddr *)&bound.storage, &bound.length) < 0) {
        close_keeping_errno(descriptor);
        return -1;
    }
    *port = ntohs(family == AF_INET6 ? ((struct sockaddr_in6 *)&bound.storage)->sin6_port
                                     : ((struct sockaddr_in *)&bound.storage)->sin_port);
    return descriptor;
}

static void bind_source(int descriptor, const struct address *address, unsigned spread) {
    const struct sockaddr_in *peer = (const struct sockaddr_in *)&address->storage;
    if (peer->sin_family != AF_INET || (ntohl(peer->sin_addr.s_addr) >> 24) != 127) return;
    int yes = 1;
    // The port is chosen at connect, when the whole pair of addresses is known: far more ports can be shared.
    setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    struct sockaddr_in source = {.sin_family = AF_INET};
    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + spread % SOURCE_ADDRESSES);
    bind(descriptor, (struct sockaddr *)&source, sizeof source);
}

int connect_to(const struct address *address, unsigned spread) {
    int descriptor = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    bind_source(descriptor, address, spread);
    disable_nagle(descriptor);
    if (connect(descriptor, (const struct sockaddr *)&address->storage, address->length) < 0 && errno != EINPROGRESS) {
        close_keeping_errno(descriptor);
        return -1;
    }
    return descriptor;
}

void disable_nagle(int descriptor) {
    int yes = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}
