"""PyPI's websockets as the peer: as a client of our server, and as the fuzzing server that our client visits."""

import contextlib
import http
import os
import socket
import ssl
import threading
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError
from websockets.sync.client import connect as open_websocket
from websockets.sync.server import serve

import program
from certificates import Authority

MESSAGES = {
    "text": "hello", "long text": "Grüße, 世界 🌍" * 5000, "empty text": "", "binary": b"\0\1\2\xff", "empty binary": b"",
    "64 KiB": os.urandom(65536), "16 MiB": os.urandom(16 << 20),
}


@pytest.fixture
def client(server, trust):
    """Opens clients of our server."""
    with contextlib.ExitStack() as open_clients:

        def client(**options):
            url = f"{'wss' if server.tls else 'ws'}://localhost:{server.port}/any/path?and=query"
            options = {"ssl": trust if server.tls else None, "max_size": None, "compression": None, "proxy": None} | options
            return open_clients.enter_context(open_websocket(url, sock=None, **options))

        yield client


class TestAsClient:
    @pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
    def test_a_message_comes_back_as_it_was_sent(self, message, client):
        websocket = client()
        websocket.send(message)
        echo = websocket.recv(timeout=30)
        assert type(echo) is type(message)
        assert echo == message

    def test_a_fragmented_message_comes_back_as_one(self, client):
        websocket = client()
        websocket.send(["frag", "", "mented"])
        assert list(websocket.recv_streaming()) == ["fragmented"]
        websocket.send([b"a" * 70000, b"b" * 70000])
        assert websocket.recv(timeout=10) == b"a" * 70000 + b"b" * 70000

    def test_many_messages_come_back_in_order(self, client):
        websocket = client()
        messages = [f"message {number}" for number in range(1000)]
        for message in messages:
            websocket.send(message)
        assert [websocket.recv(timeout=10) for _ in messages] == messages

    def test_a_ping_gets_its_pong(self, client):
        websocket = client()
        assert websocket.ping(b"there?").wait(5)
        waiting = [websocket.ping(f"ping {number}".encode()) for number in range(10)]
        assert all(pong.wait(5) for pong in waiting)

    @pytest.mark.parametrize("code", [1000, 1001, 1012, 1013, 1014, 3000, 4999])
    def test_a_close_code_comes_back_as_sent(self, code, client):
        websocket = client()
        websocket.close(code, "a reason")
        assert websocket.protocol.close_rcvd.code == code
        assert websocket.protocol.close_rcvd_then_sent is False

    def test_compression_is_not_agreed_on(self, client):
        websocket = client(compression="deflate")
        assert websocket.protocol.extensions == []
        websocket.send("plain")
        assert websocket.recv(timeout=5) == "plain"

    def test_a_message_over_the_limit_is_refused_with_1009(self, client):
        websocket = client()
        with pytest.raises(ConnectionClosedError) as ended:
            websocket.send(bytes((16 << 20) + 2))
            websocket.recv(timeout=10)
        assert ended.value.rcvd.code == 1009


def echoes(message):
    def case(websocket):
        websocket.send(message)
        assert websocket.recv(timeout=10) == ("".join(message) if isinstance(message, list) else message)

    return case


def pongs(websocket):
    waiting = [websocket.ping(f"ping {number}".encode()) for number in range(10)]
    assert all(pong.wait(5) for pong in waiting)


def closes_with(code):
    def case(websocket):
        websocket.close(code, "a reason")
        assert websocket.protocol.close_rcvd.code == code

    return case


def sends_bad_text(websocket):
    websocket.send(b"\xff", text=True)
    with pytest.raises(ConnectionClosed) as ended:
        websocket.recv(timeout=5)
    assert ended.value.rcvd.code == 1007


def cuts_off(websocket):
    websocket.socket.close()


CASES = [
    echoes("hello"), echoes(""), echoes(b"\0\xff"), echoes(os.urandom(1 << 20)), echoes("世界" * 50000),
    echoes(["in ", "", "three ", "pieces"]), pongs, *map(closes_with, (1000, 1001, 1012, 1014, 3000, 4999)),
    sends_bad_text, cuts_off, echoes("and on it goes"),
]


class FuzzingServer:
    """Autobahn's protocol with cases of our own."""

    def __init__(self, host, context):
        self.visits, self.failures = [], []
        self.server = serve(self._serve, host, 0, ssl=context, compression=None, max_size=None,
                            process_request=self._admit)
        self.port = self.server.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def _admit(self, websocket, request):
        return None if urlsplit(request.path).path in ("/getCaseCount", "/runCase", "/updateReports") else \
            websocket.respond(http.HTTPStatus.NOT_FOUND, "no such path\n")

    def _serve(self, websocket):
        path = websocket.request.path
        self.visits.append(path)
        if path == "/getCaseCount":
            websocket.send(str(len(CASES)))
        elif path.startswith("/runCase"):
            number = int(parse_qs(urlsplit(path).query)["case"][0])
            try:
                CASES[number - 1](websocket)
            except BaseException as failure:
                self.failures.append(f"case {number}: {failure!r}")

    def stop(self):
        self.server.shutdown()
        self.thread.join(10)


@pytest.fixture
def fuzzing(identity):
    with contextlib.ExitStack() as running:

        def fuzzing(tls=False, host="127.0.0.1"):
            context = None
            if tls:
                context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                context.load_cert_chain(identity.certificate, identity.key)
            server = FuzzingServer(host, context)
            running.callback(server.stop)
            return server

        yield fuzzing


def check_visit(server, result):
    assert server.failures == []
    assert result.returncode == 0, result
    assert (result.stdout, result.stderr) == (f"{len(CASES)} cases run\n", "")
    assert server.visits == (
        ["/getCaseCount"] + [f"/runCase?case={number + 1}&agent=patchbay" for number in range(len(CASES))]
        + ["/updateReports?agent=patchbay"])


class TestAsServer:
    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_our_client_passes_every_case(self, host, fuzzing):
        server = fuzzing()
        check_visit(server, program.run("echo", "--connect", f"ws://{host}:{server.port}"))

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_our_client_passes_every_case_over_tls(self, host, fuzzing, authority):
        server = fuzzing(tls=True)
        check_visit(server, program.run("echo", "--connect", f"wss://{host}:{server.port}", "--tls-ca", authority.file))

    def check_refusal(self, result, reason):
        assert result.returncode == 1, result
        assert result.stdout == ""
        assert reason in result.stderr and len(result.stderr.splitlines()) == 1, result.stderr

    def test_a_certificate_of_an_unknown_authority_is_refused(self, fuzzing, tmp_path):
        server = fuzzing(tls=True)
        stranger = Authority(tmp_path / "stranger")
        result = program.run("echo", "--connect", f"wss://localhost:{server.port}", "--tls-ca", stranger.file)
        self.check_refusal(result, "certificate was refused")
        assert server.visits == []

    def test_a_certificate_of_the_systems_authorities_is_needed_without_a_file(self, fuzzing):
        server = fuzzing(tls=True)
        self.check_refusal(program.run("echo", "--connect", f"wss://localhost:{server.port}"), "certificate was refused")

    def test_a_certificate_for_another_name_is_refused(self, fuzzing, authority):
        server = fuzzing(tls=True, host="127.0.0.2")
        result = program.run("echo", "--connect", f"wss://127.0.0.2:{server.port}", "--tls-ca", authority.file)
        self.check_refusal(result, "mismatch")

    def test_a_server_without_websockets_is_named(self):
        def refuse():
            visitor, _ = plain.accept()
            with visitor:
                visitor.recv(4096)
                visitor.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 6\r\n\r\nnope\r\n")
                visitor.recv(4096)

        with socket.create_server(("127.0.0.1", 0)) as plain:
            host = threading.Thread(target=refuse)
            host.start()
            self.check_refusal(program.run("echo", "--connect", f"ws://127.0.0.1:{plain.getsockname()[1]}"), "404")
            host.join(10)

    def test_a_server_that_is_not_there_is_named(self, fuzzing):
        server = fuzzing()
        port = server.port
        server.stop()
        self.check_refusal(program.run("echo", "--connect", f"ws://127.0.0.1:{port}"), str(port))
