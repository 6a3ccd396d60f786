// Datagrams over uv_udp: a connected socket reports what ICMP says (refused), a silent one says nothing.
#include <errno.h>
#include <string.h>

#include "internal.h"

struct pb_datagram {
    uv_udp_t udp;
    pb_loop *loop;
    void *user;
    bool connected;
};

// One at a time comes in, so the loop's plain-text room serves: it is free whenever no stream decrypts.
static void room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    (void)suggested;
    pb_datagram *datagram = handle->data;
    *buffer = uv_buf_init((char *)datagram->loop->plain, sizeof datagram->loop->plain);
}

static void datagram_came(uv_udp_t *udp, ssize_t count, const uv_buf_t *buffer, const struct sockaddr *from,
                          unsigned flags) {
    pb_datagram *datagram = udp->data;
    if (count < 0)
        datagram->loop->call.datagram_failed(datagram->user, (int)-count);
    else if (from && !(flags & UV_UDP_PARTIAL))
        datagram->loop->call.datagram(datagram->user, (const uint8_t *)buffer->base, (size_t)count, from);
}

static void datagram_closed(uv_handle_t *handle) { free(handle->data); }

pb_datagram *pb_datagram_open(pb_loop *loop, const struct sockaddr *local, const struct sockaddr *remote, void *user,
                              int *error) {
    pb_datagram *datagram = loop->destroying ? NULL : calloc(1, sizeof *datagram);
    if (!datagram) {
        *error = loop->destroying ? ECANCELED : ENOMEM;
        return NULL;
    }
    int status = uv_udp_init(&loop->uv, &datagram->udp);
    if (status != 0) {
        free(datagram);
        *error = -status;
        return NULL;
    }
    datagram->udp.data = datagram;
    datagram->loop = loop;
    datagram->user = user;
    datagram->connected = remote != NULL;
    if (local) status = uv_udp_bind(&datagram->udp, local, 0);
    if (status == 0 && remote) status = uv_udp_connect(&datagram->udp, remote);
    if (status == 0) status = uv_udp_recv_start(&datagram->udp, room, datagram_came);
    if (status == 0) return datagram;
    *error = -status;
    pb_datagram_close(datagram);
    return NULL;
}

int pb_datagram_send(pb_datagram *datagram, const uint8_t *bytes, size_t count, const struct sockaddr *to) {
    uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)count);
    int status = uv_udp_try_send(&datagram->udp, &buffer, 1, datagram->connected ? NULL : to);
    return status < 0 ? status : 0;
}

int pb_datagram_local_address(const pb_datagram *datagram, struct sockaddr_storage *address) {
    int length = sizeof *address;
    return uv_udp_getsockname(&datagram->udp, (struct sockaddr *)address, &length);
}

void pb_datagram_close(pb_datagram *datagram) {
    if (!uv_is_closing((uv_handle_t *)&datagram->udp)) uv_close((uv_handle_t *)&datagram->udp, datagram_closed);
}
