"""HTTP/1.1 as strangers send it: each trick gets its proper answer, and the connection ends."""

import threading
import time

import pytest

from wire import KEY, TEXT, frame, request, upgrade

REFUSED = {
    "missing Host": (request(Host=None), 400),
    "two Hosts": (request(Host=["localhost", "localhost"]), 400),
    "Host with a path": (request(Host="localhost/x"), 400),
    "bare LF at the end of a line": (b"GET / HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n", 400),
    "bare LF at the end of the head": (b"GET / HTTP/1.1\nHost: localhost\n\n", 400),
    "bare CR in a field": (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n", 400),
    "NUL in a field": (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n", 400),
    "folded field": (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n", 400),
    "blank before the colon": (b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", 400),
    "length and chunked": (request("POST", Content_Length="5", Transfer_Encoding="chunked"), 400),
    "two lengths": (request("POST", Content_Length=["5", "6"]), 400),
    "length with a sign": (request("POST", Content_Length="+5"), 400),
    "unknown transfer coding": (request("POST", Transfer_Encoding="gzip, chunked"), 501),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "HTTP/3.0": (request(version="HTTP/3.0"), 505),
    "no version": (b"GET /\r\n\r\n", 400),
    "absolute target": (request(target="http://localhost/"), 400),
    "TLS where none is spoken": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "long request line": (request(target="/" + "a" * 9000), 414),
    "head over 16 KiB": (request(X="a" * 17000), 431),
    "too many fields": (request(X=["y"] * 200), 431),
    "unknown expectation": (request(Expect="the-moon"), 417),
    "h2c": (request(Connection="Upgrade, HTTP2-Settings", Upgrade="h2c", HTTP2_Settings="AAMAAABkAAQAAP__"), 400),
    "unknown upgrade": (upgrade(Upgrade="frobnicate"), 400),
    "upgrade with POST": (upgrade("POST"), 400),
    "upgrade with HTTP/1.0": (upgrade(version="HTTP/1.0"), 400),
    "upgrade without Connection": (upgrade(Connection="keep-alive"), 400),
    "upgrade with a body": (upgrade(Content_Length="3") + b"abc", 400),
    "upgrade without a key": (upgrade(Sec_WebSocket_Key=None), 400),
    "short key": (upgrade(Sec_WebSocket_Key="c2hvcnQ="), 400),
    "key that is not base64": (upgrade(Sec_WebSocket_Key="*" * 24), 400),
    "two keys": (upgrade(Sec_WebSocket_Key=[KEY, KEY]), 400),
    "subprotocol that is no name": (upgrade(Sec_WebSocket_Protocol="a b"), 400),
    "version 12": (upgrade(Sec_WebSocket_Version="12"), 426),
    "no version of WebSocket": (upgrade(Sec_WebSocket_Version=None), 426),
}


@pytest.mark.parametrize("head, status", REFUSED.values(), ids=REFUSED)
def test_a_wrong_request_gets_its_answer_and_the_connection_ends(head, status, server, connect):
    connection = connect(server)
    connection.send(head)
    answer = connection.answer()
    assert answer.status == status, answer
    assert answer.body.strip(), "people want to know why"
    connection.expect_end()


@pytest.mark.parametrize("version", ["0", "7", "12", "14", "013", None])
def test_another_version_of_websocket_is_told_which_is_spoken(version, plain_server, connect):
    connection = connect(plain_server)
    connection.send(upgrade(Sec_WebSocket_Version=version))
    answer = connection.answer()
    assert (answer.status, answer.headers["sec-websocket-version"]) == (426, "13")


def test_a_plain_request_is_told_to_upgrade_and_may_go_on(server, connect):
    connection = connect(server)
    for _ in range(3):
        connection.send(request())
        answer = connection.answer()
        assert answer.status == 426
        assert answer.headers["upgrade"] == "websocket"
    connection.open_websocket()
    connection.send(frame(TEXT, b"still here"))
    assert connection.frame().payload == b"still here"


def test_pipelined_requests_are_answered_in_order(server, connect):
    connection = connect(server)
    wrong_upgrade = request(Connection="Upgrade", Upgrade="h2c")
    connection.send(request("GET") + request("HEAD") + request("GET") + wrong_upgrade + request("GET"))
    with_body = connection.answer()
    assert with_body.status == 426 and with_body.body
    assert connection.answer(has_body=False).status == 426
    assert connection.answer().status == 426
    assert connection.answer().status == 400
    connection.expect_end()  # What comes behind a refused upgrade is not read.


def test_http_1_0_ends_after_its_answer(server, connect):
    connection = connect(server)
    connection.send(request(version="HTTP/1.0"))
    assert connection.answer().status == 426
    connection.expect_end()


def test_a_half_closed_client_still_gets_its_answer(plain_server, connect):
    connection = connect(plain_server)
    connection.send(request())
    connection.end_sending()
    assert connection.answer().status == 426
    connection.expect_end()


def test_a_request_may_come_byte_by_byte(server, connect):
    connection = connect(server)
    connection.send_one_by_one(upgrade())
    assert connection.answer().status == 101


def test_a_200_kb_head_is_answered_431_though_the_client_is_still_sending(server, connect):
    connection = connect(server)
    connection.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    field = b"X-Filler: " + b"a" * 1012 + b"\r\n"
    for _ in range(200):
        connection.send(field)  # Reads nothing: a server that closed by now would be a broken pipe here.
    assert connection.answer().status == 431
    connection.expect_end()


def test_a_client_that_sends_on_and_on_after_431_is_cut_off(plain_server, connect):
    connection = connect(plain_server)
    connection.send(request(X="a" * 17000))
    assert connection.answer().status == 431
    began = time.monotonic()
    with pytest.raises(OSError):
        while time.monotonic() - began < 10:
            connection.send(b"a" * 4096)
            time.sleep(0.01)
    assert time.monotonic() - began < 4


def drip(connection, data, seen):
    """Sends one byte a second until the peer has had enough."""
    try:
        for byte in data:
            connection.send(bytes([byte]))
            if seen.wait(1):
                return
    except OSError:
        return


def test_a_slow_request_is_cut_off_after_ten_seconds(plain_server, tls_server, connect):
    began = time.monotonic()
    dripping = [connect(server, within=15) for server in (plain_server, tls_server)]
    seen = threading.Event()
    senders = [threading.Thread(target=drip, args=(connection, request(), seen)) for connection in dripping]
    for sender in senders:
        sender.start()
    half = [connect(server, within=15) for server in (plain_server, tls_server)]
    for connection in half:
        connection.send(b"GET / HTTP/1.1\r\nHos")
    silent = [connect(server, within=15) for server in (plain_server, tls_server)]
    try:
        for connection in half + dripping:
            assert connection.answer().status == 408
            assert 9.5 < time.monotonic() - began < 12
            connection.expect_end()
        for connection in silent:
            connection.expect_end()  # Nobody who said nothing is owed a word.
        assert 9.5 < time.monotonic() - began < 12
    finally:
        seen.set()
        for sender in senders:
            sender.join()
