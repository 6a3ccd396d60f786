"""What peers cannot do to it: make it hold their bytes, spin, leak or wait for ever."""

import os
import select
import socket
import ssl
import time

import pytest

from program import EchoServer, eventually
from wire import BINARY, CLOSE, PING, TEXT, Raw, close_payload, frame, upgrade

MEGABYTE = 1 << 20


def push(connection, data, server, quiet):
    """Sends what is taken, reads nothing, and returns once nothing more was taken for `quiet` seconds: how much was, and
    the most memory that the server held meanwhile."""
    sent, peak, moved = 0, 0, time.monotonic()
    while sent < len(data) and time.monotonic() - moved < quiet:
        peak = max(peak, server.resident_bytes())
        try:
            sent += connection.socket.send(data[sent:sent + 65536])
            moved = time.monotonic()
        except (BlockingIOError, ssl.SSLWantWriteError):
            select.select([], [connection.socket], [], 0.05)
    return sent, peak


def push_and_pull(connection, data):
    """Sends the rest while it reads, until `data` is gone; what came meanwhile is in the connection's buffer."""
    sent = 0
    while sent < len(data):
        select.select([connection.socket], [connection.socket], [], 10)
        try:
            connection.buffer += connection.socket.recv(1 << 18)
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        try:
            sent += connection.socket.send(data[sent:sent + 65536])
        except (BlockingIOError, ssl.SSLWantWriteError):
            pass


def data_frame(connection):
    """The next frame that is no ping."""
    while (frame := connection.frame()).opcode == PING:
        pass
    return frame


def test_a_client_that_does_not_read_is_not_stored(server, connect):
    """64 MB are sent before the first byte is read: they wait in the network, and come back whole."""
    connection = connect(server, within=30).open_websocket()
    block = os.urandom(MEGABYTE - 1)
    blocks = [bytes([number]) + block for number in range(64)]
    data = memoryview(b"".join(frame(BINARY, block, mask=b"\0\0\0\0") for block in blocks))
    before = server.resident_bytes()

    connection.socket.setblocking(False)
    sent, peak = push(connection, data, server, quiet=1)
    assert MEGABYTE < sent < 48 * MEGABYTE, "the sender was not held up"
    assert peak - before < 12 * MEGABYTE, f"{(peak - before) / MEGABYTE:.1f} MiB are kept for one slow reader"

    push_and_pull(connection, data[sent:])
    connection.socket.settimeout(30)
    for block in blocks:
        assert data_frame(connection).payload == block
    assert server.resident_bytes() - before < 12 * MEGABYTE


def test_pings_that_nobody_reads_the_pongs_of_are_not_stored(plain_server, connect):
    connection = connect(plain_server).open_websocket()
    connection.socket.settimeout(0.5)
    before = plain_server.resident_bytes()
    many = frame(PING, b"p" * 125) * 5000
    sent = 0
    with pytest.raises(OSError):  # Held up or cut off.
        while sent < 128 * MEGABYTE:
            sent += connection.socket.send(many)
    assert plain_server.resident_bytes() - before < 48 * MEGABYTE


def test_quiet_connections_are_pinged_every_five_seconds(plain_server, tls_server, connect):
    began = time.monotonic()
    idle = [connect(server, within=15).open_websocket() for server in (plain_server, tls_server)]
    for round in (1, 2):
        for connection in idle:
            assert connection.frame().opcode == PING
            assert round * 5 - 0.5 < time.monotonic() - began < round * 5 + 1.5
    for connection in idle:
        connection.send(frame(TEXT, b"no pong was sent, and all is well"))
        assert connection.frame().payload.startswith(b"no pong")


def test_a_connection_that_was_pinged_may_end():
    server = EchoServer()
    try:
        with Raw(server.address) as connection:
            connection.open_websocket()
            assert connection.frame().opcode == PING
            pinged = time.monotonic()
            connection.send(frame(CLOSE, close_payload(1000)))
            assert connection.frame().close_code == 1000
            connection.expect_end()
        # Its next ping would be due now.
        ended = eventually(lambda: server.process.poll() is not None, within=pinged + 5.5 - time.monotonic(), every=0.1)
        assert not ended, server.errors()
        server.stop()
    finally:
        server.destroy()


def test_running_out_of_descriptors_makes_no_spin(start):
    server = start(descriptors=64)
    connections = [socket.create_connection(server.address, timeout=5) for _ in range(100)]
    try:
        assert eventually(lambda: server.descriptors() >= 60)
        cpu = server.cpu_seconds()
        time.sleep(2)  # The time that is measured.
        assert server.cpu_seconds() - cpu < 0.1
        # The first to come are in; when they leave, those that wait come in.
        for connection in connections[:80]:
            connection.close()
        for connection in connections[80:]:
            connection.sendall(upgrade())
            assert connection.recv(1000).startswith(b"HTTP/1.1 101 ")
        with Raw(server.address) as late:
            late.open_websocket()
    finally:
        for connection in connections:
            connection.close()


def cycle(server, context):
    """One connection's whole life; how it ends changes from one to the next."""
    with Raw(server.address, context) as polite:
        polite.open_websocket()
        polite.send(frame(TEXT, b"hello") + frame(CLOSE, close_payload(1000)))
        assert polite.frame().payload == b"hello"
        assert polite.frame().close_code == 1000
    with Raw(server.address, context) as rude:
        rude.open_websocket()
    with Raw(server.address, context) as resetting:
        resetting.open_websocket()
        resetting.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    with Raw(server.address, context):
        pass


@pytest.mark.parametrize("count", [500], ids=["2000 connections"])
def test_connections_that_come_and_go_leave_nothing_behind(count, server, trust):
    context = trust if server.tls else None
    descriptors = server.descriptors()
    for _ in range(100):
        cycle(server, context)
    assert eventually(lambda: server.descriptors() == descriptors), "while it warmed up"
    before = server.resident_bytes()
    for _ in range(count):
        cycle(server, context)
    assert eventually(lambda: server.descriptors() == descriptors)
    assert server.resident_bytes() - before < MEGABYTE


@pytest.mark.parametrize("said, status", [(b"nonsense\r\n\r\n", 400), (upgrade(Sec_WebSocket_Key="bad"), 400),
                                          (upgrade() + frame(CLOSE, close_payload(1000)), 101)],
                         ids=["no HTTP", "refused upgrade", "closed WebSocket"])
def test_a_peer_that_does_not_close_its_side_is_cut_off(said, status, server, connect, trust):
    """After our goodbye it has two seconds."""
    cycle(server, trust if server.tls else None)  # What the server keeps for good is open from here on.
    seen = []

    def settled():
        seen.append(server.descriptors())
        return len(seen) > 5 and len(set(seen[-5:])) == 1

    assert eventually(settled)
    descriptors = seen[-1]
    connection = connect(server)
    connection.send(said)
    assert connection.answer().status == status
    if status == 101:
        assert connection.frame().close_code == 1000
    connection.expect_end()
    assert server.descriptors() == descriptors + 1
    assert eventually(lambda: server.descriptors() == descriptors, within=4)
