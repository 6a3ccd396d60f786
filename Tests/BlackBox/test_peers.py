"""PyPI's websockets as the peer: as a client of our server, and as the fuzzing server that our client visits.

Its asyncio side, since Python may lose bytes when two threads use one TLS connection, as its threaded side does."""

import asyncio
import contextlib
import functools
import http
import os
import socket
import ssl
import threading
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.asyncio.client import connect as open_websocket
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed, ConnectionClosedError

import program
from certificates import Authority

MESSAGES = {
    "text": "hello", "long text": "Grüße, 世界 🌍" * 5000, "empty text": "", "binary": b"\0\1\2\xff", "empty binary": b"",
    "64 KiB": os.urandom(65536), "16 MiB": os.urandom(16 << 20),
}


def asynchronous(test):
    """Lets pytest run a coroutine."""

    @functools.wraps(test)
    def run(*arguments, **options):
        asyncio.run(asyncio.wait_for(test(*arguments, **options), 50))

    return run


@pytest.fixture
def client(server, trust):
    """Opens clients of our server."""

    def client(**options):
        url = f"{'wss' if server.tls else 'ws'}://localhost:{server.port}/any/path?and=query"
        options = {"ssl": trust if server.tls else None, "max_size": None, "compression": None, "proxy": None} | options
        return open_websocket(url, **options)

    return client


async def all_ponged(websocket, count):
    """Sends pings and waits for the pongs of each."""
    async with asyncio.timeout(5):
        for pong in [await websocket.ping(f"ping {number}".encode()) for number in range(count)]:
            await pong


class TestAsClient:
    @pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
    @asynchronous
    async def test_a_message_comes_back_as_it_was_sent(self, message, client):
        async with client() as websocket:
            await websocket.send(message)
            echo = await websocket.recv()
            assert type(echo) is type(message)
            assert echo == message

    @asynchronous
    async def test_a_fragmented_message_comes_back_as_one(self, client):
        async with client() as websocket:
            await websocket.send(["frag", "", "mented"])
            assert [piece async for piece in websocket.recv_streaming()] == ["fragmented"]
            await websocket.send([b"a" * 70000, b"b" * 70000])
            assert await websocket.recv() == b"a" * 70000 + b"b" * 70000

    @asynchronous
    async def test_many_messages_come_back_in_order(self, client):
        messages = [f"message {number}" for number in range(1000)]
        async with client() as websocket:
            for message in messages:
                await websocket.send(message)
            assert [await websocket.recv() for _ in messages] == messages

    @asynchronous
    async def test_each_ping_gets_its_pong(self, client):
        async with client() as websocket:
            await all_ponged(websocket, 1)
            await all_ponged(websocket, 10)

    @pytest.mark.parametrize("code", [1000, 1001, 1012, 1013, 1014, 3000, 4999])
    @asynchronous
    async def test_a_close_code_comes_back_as_sent(self, code, client):
        async with client() as websocket:
            await websocket.close(code, "a reason")
            assert websocket.protocol.close_rcvd.code == code
            assert websocket.protocol.close_rcvd_then_sent is False

    @asynchronous
    async def test_compression_is_not_agreed_on(self, client):
        async with client(compression="deflate") as websocket:
            assert websocket.protocol.extensions == []
            await websocket.send("plain")
            assert await websocket.recv() == "plain"

    @asynchronous
    async def test_a_message_over_the_limit_is_refused_with_1009(self, client):
        websocket = await client()
        with pytest.raises(ConnectionClosedError) as ended:
            await websocket.send(bytes((16 << 20) + 2))
            await websocket.recv()
        assert ended.value.rcvd.code == 1009
        await websocket.wait_closed()


def echoes(message):
    async def case(websocket):
        await websocket.send(message)
        assert await websocket.recv() == ("".join(message) if isinstance(message, list) else message)

    return case


async def pongs(websocket):
    await all_ponged(websocket, 10)


def closes_with(code):
    async def case(websocket):
        await websocket.close(code, "a reason")
        assert websocket.protocol.close_rcvd.code == code

    return case


async def sends_bad_text(websocket):
    await websocket.send(b"\xff", text=True)
    with pytest.raises(ConnectionClosed) as ended:
        await websocket.recv()
    assert ended.value.rcvd.code == 1007


async def cuts_off(websocket):
    websocket.transport.abort()


CASES = [
    echoes("hello"), echoes(""), echoes(b"\0\xff"), echoes(os.urandom(1 << 20)), echoes("世界" * 50000),
    echoes(["in ", "", "three ", "pieces"]), pongs, *map(closes_with, (1000, 1001, 1012, 1014, 3000, 4999)),
    sends_bad_text, cuts_off, echoes("and on it goes"),
]


class FuzzingServer:
    """Autobahn's protocol with cases of our own."""

    def __init__(self):
        self.visits, self.failures = [], []
        self.port = None

    @contextlib.asynccontextmanager
    async def running(self, host="127.0.0.1", identity=None):
        context = None
        if identity:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(identity.certificate, identity.key)
        async with serve(self.visited, host, 0, ssl=context, compression=None, max_size=None,
                         process_request=self.admit) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield self

    def admit(self, websocket, request):
        if urlsplit(request.path).path not in ("/getCaseCount", "/runCase", "/updateReports"):
            return websocket.respond(http.HTTPStatus.NOT_FOUND, "no such path\n")

    async def visited(self, websocket):
        path = websocket.request.path
        self.visits.append(path)
        if path == "/getCaseCount":
            await websocket.send(str(len(CASES)))
        elif path.startswith("/runCase"):
            number = int(parse_qs(urlsplit(path).query)["case"][0])
            try:
                await CASES[number - 1](websocket)
            except BaseException as failure:
                self.failures.append(f"case {number}: {failure!r}")


@pytest.fixture
def fuzzing():
    return FuzzingServer()


async def visit(url, *arguments):
    return await asyncio.to_thread(program.run, "echo", "--connect", url, *arguments)


def check_visit(server, result):
    assert server.failures == []
    assert result.returncode == 0, result
    assert (result.stdout, result.stderr) == (f"{len(CASES)} cases run\n", "")
    assert server.visits == (
        ["/getCaseCount"] + [f"/runCase?case={number + 1}&agent=patchbay" for number in range(len(CASES))]
        + ["/updateReports?agent=patchbay"])


def check_refusal(result, reason):
    assert result.returncode == 1, result
    assert result.stdout == ""
    assert reason in result.stderr and len(result.stderr.splitlines()) == 1, result.stderr


class TestAsServer:
    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    @asynchronous
    async def test_our_client_passes_every_case(self, host, fuzzing):
        async with fuzzing.running():
            check_visit(fuzzing, await visit(f"ws://{host}:{fuzzing.port}"))

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    @asynchronous
    async def test_our_client_passes_every_case_over_tls(self, host, fuzzing, identity, authority):
        async with fuzzing.running(identity=identity):
            check_visit(fuzzing, await visit(f"wss://{host}:{fuzzing.port}", "--tls-ca", authority.file))

    @asynchronous
    async def test_a_certificate_of_an_unknown_authority_is_refused(self, fuzzing, identity, tmp_path):
        stranger = Authority(tmp_path / "stranger")
        async with fuzzing.running(identity=identity):
            result = await visit(f"wss://localhost:{fuzzing.port}", "--tls-ca", stranger.file)
        check_refusal(result, "certificate was refused")
        assert fuzzing.visits == []

    @asynchronous
    async def test_a_certificate_of_the_systems_authorities_is_needed_without_a_file(self, fuzzing, identity):
        async with fuzzing.running(identity=identity):
            check_refusal(await visit(f"wss://localhost:{fuzzing.port}"), "certificate was refused")

    @asynchronous
    async def test_a_certificate_for_another_name_is_refused(self, fuzzing, identity, authority):
        async with fuzzing.running(host="127.0.0.2", identity=identity):
            result = await visit(f"wss://127.0.0.2:{fuzzing.port}", "--tls-ca", authority.file)
        check_refusal(result, "mismatch")
        assert fuzzing.visits == []

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
            check_refusal(program.run("echo", "--connect", f"ws://127.0.0.1:{plain.getsockname()[1]}"), "404")
            host.join(10)

    def test_a_server_that_is_not_there_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        check_refusal(program.run("echo", "--connect", f"ws://127.0.0.1:{port}"), str(port))
