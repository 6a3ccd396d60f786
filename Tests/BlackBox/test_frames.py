"""RFC 6455 frames, byte by byte: what is wrong ends the connection with its code, at once."""

import os

import pytest

from wire import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close_payload, frame, upgrade)

LIMIT = (16 << 20) + 1
EURO = "€".encode()

VIOLATIONS = {
    "unmasked text": (frame(TEXT, b"hello", mask=None), 1002),
    "unmasked close": (frame(CLOSE, close_payload(1000), mask=None), 1002),
    "first reserved bit": (frame(TEXT, b"hello", rsv=4), 1002),
    "second reserved bit": (frame(TEXT, b"hello", rsv=2), 1002),
    "third reserved bit": (frame(PING, b"hello", rsv=1), 1002),
    "reserved data opcode": (frame(3, b"hello"), 1002),
    "reserved control opcode": (frame(11, b"hello"), 1002),
    "bad UTF-8": (frame(TEXT, b"\xff"), 1007),
    "UTF-8 surrogate": (frame(TEXT, b"\xed\xa0\x80"), 1007),
    "overlong UTF-8": (frame(TEXT, b"\xc0\xaf"), 1007),
    "text that ends inside a character": (frame(TEXT, EURO[:2]), 1007),
    "bad UTF-8 before the frame ends": (frame(TEXT, b"abc\xffdef", length=1000), 1007),
    "bad UTF-8 before the message ends": (frame(TEXT, b"abc\xff", fin=False), 1007),
    "character broken by fragments": (frame(TEXT, EURO[:2], fin=False) + frame(CONTINUATION, b"x", fin=False), 1007),
    "too big, by its head alone": (frame(BINARY, length=LIMIT + 1), 1009),
    "absurdly big": (frame(BINARY, length=2**63 - 1), 1009),
    "too big in fragments": (frame(BINARY, b"ab", fin=False) + frame(CONTINUATION, length=LIMIT - 1), 1009),
    "length with its top bit": (frame(BINARY, length=2**63), 1002),
    "length not in its shortest form": (b"\x82\xfe\x00\x05" + bytes(9), 1002),
    "fragmented ping": (frame(PING, b"hello", fin=False), 1002),
    "fragmented close": (frame(CLOSE, close_payload(1000), fin=False), 1002),
    "long ping": (frame(PING, b"a" * 126), 1002),
    "continuation of nothing": (frame(CONTINUATION, b"hello"), 1002),
    "message inside a message": (frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"), 1002),
    "half a close code": (frame(CLOSE, b"\x03"), 1002),
    "close reason that is not UTF-8": (frame(CLOSE, close_payload(1000, b"\xff")), 1007),
} | {f"close code {code}": (frame(CLOSE, close_payload(code)), 1002)
     for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)}


def expect_close(connection, code):
    closing = connection.frame()
    assert closing.close_code == code, closing
    closing.payload[2:].decode()
    connection.expect_end()


@pytest.mark.parametrize("sent, code", VIOLATIONS.values(), ids=VIOLATIONS)
def test_a_violation_ends_the_connection_with_its_code(sent, code, server, connect):
    connection = connect(server).open_websocket()
    connection.send(sent)
    expect_close(connection, code)


@pytest.mark.parametrize("sent, code", VIOLATIONS.values(), ids=VIOLATIONS)
def test_a_violation_split_byte_by_byte_ends_the_same(sent, code, plain_server, connect):
    connection = connect(plain_server).open_websocket()
    try:
        connection.send_one_by_one(sent)
    except OSError:
        pass  # It may have been cut off in the middle, rightly.
    expect_close(connection, code)


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999])
@pytest.mark.parametrize("reason", [b"", b"why not", b"r" * 123], ids=["bare", "reason", "long reason"])
def test_a_close_code_comes_back_as_sent(code, reason, plain_server, connect):
    connection = connect(plain_server).open_websocket()
    connection.send(frame(CLOSE, close_payload(code, reason)))
    expect_close(connection, code)


def test_an_empty_close_is_answered_with_an_empty_close(server, connect):
    connection = connect(server).open_websocket()
    connection.send(frame(CLOSE))
    closing = connection.frame()
    assert (closing.opcode, closing.payload) == (CLOSE, b"")
    connection.expect_end()


def test_what_comes_behind_a_close_is_not_answered(server, connect):
    connection = connect(server).open_websocket()
    connection.send(frame(CLOSE, close_payload(1000)) + frame(TEXT, b"wait") + frame(PING, b"there?"))
    expect_close(connection, 1000)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 1 << 20])
def test_every_length_comes_back_whole(size, server, connect):
    payload = os.urandom(size)
    connection = connect(server).open_websocket()
    connection.send(frame(BINARY, payload))
    echo = connection.frame()
    assert (echo.opcode, echo.fin) == (BINARY, True)
    assert echo.payload == payload


def test_the_largest_message_comes_back_whole(plain_server, connect):
    payload = os.urandom(LIMIT)
    connection = connect(plain_server, within=30).open_websocket()
    connection.send(frame(BINARY, payload, mask=b"\0\0\0\0"))
    assert connection.frame().payload == payload


def test_messages_split_byte_by_byte_come_back_whole(server, connect):
    text = "Grüße, 世界 🌍".encode()
    connection = connect(server)
    connection.send_one_by_one(
        upgrade() + frame(TEXT, text) + frame(TEXT, text[:2], fin=False) + frame(PING, b"in between")
        + frame(CONTINUATION, text[2:9], fin=False) + frame(CONTINUATION, b"", fin=False)
        + frame(CONTINUATION, text[9:]))
    assert connection.answer().status == 101
    assert connection.frame().payload == text
    pong = connection.frame()
    assert (pong.opcode, pong.payload) == (PONG, b"in between")
    assert connection.frame().payload == text


def test_frames_right_behind_the_handshake_are_not_lost(server, connect):
    connection = connect(server)
    connection.send(upgrade() + frame(TEXT, b"eager") + frame(CLOSE, close_payload(1000)))
    assert connection.answer().status == 101
    assert connection.frame().payload == b"eager"
    expect_close(connection, 1000)


def test_ten_pings_get_ten_pongs_in_order(server, connect):
    payloads = [b"", b"\0\xff", b"p" * 125] + [f"ping {number}".encode() for number in range(7)]
    connection = connect(server).open_websocket()
    connection.send(b"".join(frame(PING, payload) for payload in payloads))
    pongs = [connection.frame() for _ in payloads]
    assert [pong.opcode for pong in pongs] == [PONG] * 10
    assert [pong.payload for pong in pongs] == payloads


def test_pongs_that_nobody_asked_for_are_ignored(server, connect):
    connection = connect(server).open_websocket()
    connection.send(frame(PONG, b"for nothing") + frame(TEXT, b"still fine"))
    assert connection.frame().payload == b"still fine"


def test_no_extension_and_no_subprotocol_is_agreed_on(server, connect):
    connection = connect(server)
    connection.send(upgrade(
        Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits", Sec_WebSocket_Protocol="chat, superchat"))
    answer = connection.answer()
    assert answer.status == 101
    assert "sec-websocket-extensions" not in answer.headers and "sec-websocket-protocol" not in answer.headers


def test_a_connection_that_is_cut_in_a_frame_does_no_harm(server, connect):
    cut = connect(server).open_websocket()
    cut.send(frame(TEXT, b"only half", length=100))
    cut.socket.close()
    other = connect(server).open_websocket()
    other.send(frame(TEXT, b"fine"))
    assert other.frame().payload == b"fine"
