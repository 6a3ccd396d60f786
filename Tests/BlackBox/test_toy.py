"""The server's own manners, with routes that the product has no use for."""

import http.client
import json
import subprocess
import sys
import time

from program import eventually
from wire import Raw, request, upgrade


def body_of(text, **fields):
    return request("POST", "/odd/body", Content_Length=len(text), **fields) + text


def test_bodies_come_whole_and_requests_may_be_pipelined(toy, connect):
    connection = connect(toy)
    chunked = b"5;name=value\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nTrailer: x\r\n\r\n"
    connection.send(body_of(b"one") + request("POST", "/odd/body", Transfer_Encoding="chunked") + chunked
                    + body_of(b"") + request(target="/livez") + body_of(b"last"))
    assert [connection.answer().body for _ in range(5)] == [b"one", b"hello world", b"", b"ok\n", b"last"]


def test_a_body_may_come_byte_by_byte(toy, connect):
    connection = connect(toy)
    connection.send_one_by_one(body_of(b"slowly"))
    assert connection.answer().body == b"slowly"


def test_a_body_is_waited_for_when_the_client_asks_first(toy, connect):
    connection = connect(toy)
    connection.send(request("POST", "/odd/body", Content_Length=4, Expect="100-continue"))
    assert connection.take_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.send(b"body")
    assert connection.answer().body == b"body"


def test_a_body_over_its_limit_is_refused_before_it_is_sent(toy, connect):
    for fields in ({"Expect": "100-continue"}, {}):
        connection = connect(toy)
        connection.send(request("POST", "/odd/body", Content_Length=(1 << 20) + 1, **fields))
        answer = connection.answer()
        assert answer.status == 413 and json.loads(answer.body)["code"] == "http.body_too_large"
        connection.expect_end()


def test_an_opened_websocket_is_an_answer_that_counts(toy, connect):
    counted = 'patchbay_http_answers_total{status="1xx"}'
    before = toy.metric(counted)
    connect(toy).open_websocket(target="/odd/echo")
    assert toy.metric(counted) == before + 1


def test_a_half_closed_client_gets_the_answer_that_is_still_being_made(toy, connect):
    connection = connect(toy)
    connection.send(request(target="/odd/late") * 2)
    connection.end_sending()
    assert connection.answer().body == b"late\n"
    assert connection.answer().body == b"late\n"
    connection.expect_end()


def test_a_handler_that_takes_too_long_is_cancelled(toy, connect):
    before = int(toy.get("/odd/cancelled").text)
    connection = connect(toy)
    connection.send(request(target="/odd/stuck"))
    answer = connection.answer()
    assert answer.status == 503 and json.loads(answer.body)["code"] == "http.handler_deadline"
    connection.expect_end()
    assert eventually(lambda: int(toy.get("/odd/cancelled").text) == before + 1)


def test_an_upgrade_carries_the_requests_id_too(toy, connect):
    connection = connect(toy)
    connection.send(upgrade(target="/odd/echo", X_Request_Id="up-1"))
    answer = connection.answer()
    assert (answer.status, answer.headers["x-request-id"]) == (101, "up-1")
    plain = connect(toy)
    plain.send(request(target="/odd/echo"))
    answer = plain.answer()
    assert answer.status == 426 and answer.headers["content-type"] == "application/problem+json"


def test_a_failing_handler_tells_the_client_nothing_and_the_log_which_request(toy):
    answer = toy.get("/odd/failure", **{"X-Request-Id": "failing-1"})
    assert answer.status == 500
    assert json.loads(answer.text)["code"] == "internal" and "toy" not in answer.text

    def lines():
        return [line for line in toy.logged("http.request_failed") if line["request_id"] == "failing-1"]

    assert eventually(lines)
    assert [line["kind"] for line in lines()] == ["Accident"]
    assert toy.metric('patchbay_errors_total{component="http",code="http.handler_failed"}') >= 1


def test_an_event_stream_is_one_and_ends_with_its_client(toy):
    before = int(toy.get("/odd/cancelled").text)
    connection = http.client.HTTPConnection(toy.host, toy.port, timeout=5)
    connection.request("GET", "/odd/events")
    answer = connection.getresponse()
    assert answer.headers["Content-Type"] == "text/event-stream"
    text = b""
    while text.count(b":\n\n") < 2:
        text += answer.read1()
    assert text.startswith(b"id: 1\nevent: count\ndata: event 1\n\nid: 2\nevent: count\ndata: event 2\n\n")
    answer.close()
    connection.close()
    assert eventually(lambda: int(toy.get("/odd/cancelled").text) == before + 1)


def test_a_flood_that_nobody_reads_is_not_stored(toy):
    memory, before = toy.resident_bytes(), int(toy.get("/odd/cancelled").text)
    floods = [Raw(toy.address) for _ in range(20)]
    for flood in floods:
        flood.send(request(target="/odd/flood"))
    assert eventually(lambda: int(toy.get("/odd/cancelled").text) == before + 20, within=10)
    assert toy.resident_bytes() - memory < 16 << 20
    for flood in floods:
        flood.socket.close()


def test_generated_requests_find_nothing(toy, tmp_path):
    began = time.monotonic()
    result = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", f"{toy.url}/things/openapi.json", "--max-examples", "25",
         "--seed", "1", "--no-color", "--suppress-health-check", "all", "--workers", "2"],
        cwd=tmp_path, capture_output=True, text=True, timeout=50)
    assert result.returncode == 0, result.stdout + result.stderr
    assert time.monotonic() - began < 30
