"""The command itself: how it starts and stops, and what it says when it cannot."""

import re
import signal
import socket
import subprocess
import time

import pytest

import program
from program import EchoServer
from wire import CLOSE, TEXT, Ended, Raw, close_payload, frame


def test_it_is_ready_in_under_100_ms(identity):
    def seconds():
        server = EchoServer(identity=identity)
        try:
            server.stop()
            return server.seconds_to_ready
        finally:
            server.destroy()

    # The least of a few: the machine may be busy, the program must not be.
    assert min(seconds() for _ in range(7)) < 0.1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_exit_0_in_under_a_second(number, server):
    server.stop(number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_open_connections_do_not_hold_the_end_up(number, server, connect):
    talking = connect(server).open_websocket()
    talking.send(frame(TEXT, b"hello"))
    assert talking.frame().payload == b"hello"
    half_a_message = connect(server).open_websocket()
    half_a_message.send(frame(TEXT, b"half", length=100))
    half_a_request = connect(server)
    half_a_request.send(b"GET / HT")
    idle = connect(server)
    with Raw(server.address) as no_handshake:
        server.stop(number)
        for connection in (talking, half_a_message, half_a_request, idle, no_handshake):
            with pytest.raises((Ended, OSError)):
                while True:
                    connection.take(1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_each_peer_is_told_that_the_server_goes_away(number, server, connect):
    peers = [connect(server).open_websocket() for _ in range(20)]
    mute = connect(server).open_websocket()
    began = time.monotonic()
    server.process.send_signal(number)
    for peer in peers:
        assert peer.frame().close_code == 1001
        peer.send(frame(CLOSE, close_payload(1001)))
        peer.expect_end()
    assert mute.frame().close_code == 1001  # It never answers, and holds the end up for half a second.
    assert server.process.wait(5) == 0
    assert 0.4 < time.monotonic() - began < 1
    assert server.errors() == ""


def test_peers_that_answer_do_not_hold_the_end_up(plain_server, connect):
    peer = connect(plain_server).open_websocket()
    began = time.monotonic()
    plain_server.process.send_signal(signal.SIGTERM)
    assert peer.frame().close_code == 1001
    peer.send(frame(CLOSE, close_payload(1001)))
    peer.expect_end()
    peer.socket.close()
    assert plain_server.process.wait(5) == 0
    assert time.monotonic() - began < 0.4


def test_a_peer_that_does_not_read_does_not_hold_the_end_up(plain_server, connect):
    connection = connect(plain_server).open_websocket()
    connection.socket.settimeout(1)
    with pytest.raises(TimeoutError):
        while True:
            connection.send(frame(TEXT, b"a" * 65536))
    plain_server.stop()


def test_a_port_may_be_taken_again_at_once(start, connect):
    first = start()
    connection = connect(first).open_websocket()
    first.stop()
    start(listen=f"127.0.0.1:{first.port}")
    connection.socket.close()


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 on loopback")
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_ipv6_works(secure, start, connect, identity):
    server = start(listen="[::1]:0", identity=identity if secure else None)
    assert server.url.split("//")[1].startswith("[::1]:")
    connection = connect(server).open_websocket(Host=f"[::1]:{server.port}")
    connection.send(frame(TEXT, b"six"))
    assert connection.frame().payload == b"six"


# What cannot work: one clear line, and the exit code that says whose turn it is.

def check_complaint(result, code, *words):
    assert result.returncode == code, result
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and re.match("patchbay( echo)?: ", lines[0]), result.stderr
    for word in words:
        assert str(word) in lines[0]


@pytest.mark.parametrize("host, family", [("127.0.0.1", socket.AF_INET), ("[::1]", socket.AF_INET6)])
def test_a_taken_port_is_temporary(host, family):
    if family == socket.AF_INET6 and not has_ipv6():
        pytest.skip("this machine has no IPv6 on loopback")
    with socket.socket(family) as taken:
        taken.bind((host.strip("[]"), 0))
        taken.listen()
        address = f"{host}:{taken.getsockname()[1]}"
        check_complaint(program.run("echo", "--listen", address), 75, address, "taken")


def test_an_address_of_another_machine_is_refused():
    check_complaint(program.run("echo", "--listen", "192.0.2.1:8080"), 2, "192.0.2.1:8080")


USAGE = {
    "unknown command": (["frobnicate"], "frobnicate"),
    "unknown option": (["echo", "--frobnicate"], "--frobnicate"),
    "unknown option with a value": (["echo", "--listen", "127.0.0.1:0", "--frobnicate", "5"], "--frobnicate"),
    "word too many": (["echo", "--listen", "127.0.0.1:0", "more"], "more"),
    "neither side": (["echo"], "--listen"),
    "both sides": (["echo", "--listen", "127.0.0.1:0", "--connect", "ws://localhost"], "--connect"),
    "option without its value": (["echo", "--listen"], "--listen"),
    "address without port": (["echo", "--listen", "127.0.0.1"], "127.0.0.1"),
    "address with a bad port": (["echo", "--listen", "127.0.0.1:66000"], "66000"),
    "name for an address": (["echo", "--listen", "nowhere.example:80"], "nowhere.example"),
    "IPv6 without brackets": (["echo", "--listen", "::1:80:"], "::1:80:"),
    "empty address": (["echo", "--listen", ""], "--listen"),
    "URL of another scheme": (["echo", "--connect", "http://localhost"], "http://localhost"),
    "no URL": (["echo", "--connect", "localhost"], "localhost"),
    "loops that are no number": (["echo", "--listen", "127.0.0.1:0", "--loops", "many"], "--loops"),
    "fewer than no loops": (["echo", "--listen", "127.0.0.1:0", "--loops", "-1"], "--loops"),
    "certificate without key": (["echo", "--listen", "127.0.0.1:0", "--tls-certificate", "x.pem"], "--tls-key"),
    "key without certificate": (["echo", "--listen", "127.0.0.1:0", "--tls-key", "x.pem"], "--tls-certificate"),
}


@pytest.mark.parametrize("arguments, named", USAGE.values(), ids=USAGE)
def test_wrong_usage_is_named(arguments, named):
    check_complaint(program.run(*arguments), 2, named)


def start_with(certificate, key):
    return program.run("echo", "--listen", "127.0.0.1:0", "--tls-certificate", certificate, "--tls-key", key)


def test_a_certificate_or_key_that_is_not_there_is_named(identity, tmp_path):
    missing = tmp_path / "missing.pem"
    check_complaint(start_with(missing, identity.key), 2, missing)
    check_complaint(start_with(identity.certificate, missing), 2, missing)


def test_the_reason_why_a_file_cannot_be_read_is_named(identity, tmp_path):
    missing = tmp_path / "missing.pem"
    check_complaint(start_with(missing, identity.key), 2, "No such file")
    check_complaint(start_with(identity.certificate, missing), 2, "No such file")


def test_a_key_of_another_certificate_is_named(identity, authority):
    other = authority.identity("other")
    check_complaint(start_with(identity.certificate, other.key), 2, other.key, "mismatch")


def test_an_authority_that_cannot_be_read_is_named(tmp_path):
    missing, empty = tmp_path / "missing.pem", tmp_path / "empty.pem"
    empty.write_text("no certificate\n")
    for file in (missing, empty, tmp_path):
        check_complaint(program.run("echo", "--connect", "wss://localhost:1", "--tls-ca", file), 2, file)


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["echo", "--help"]], ids=" ".join)
def test_help_is_no_failure(arguments):
    result = program.run(*arguments)
    assert (result.returncode, result.stderr) == (0, "")
    assert "patchbay echo --listen" in result.stdout


def test_the_client_can_be_interrupted():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = subprocess.Popen(
            [program.PATH, "echo", "--connect", f"ws://127.0.0.1:{silent.getsockname()[1]}"], stdout=subprocess.PIPE)
        try:
            waiting, _ = silent.accept()
            assert waiting.recv(100).startswith(b"GET /getCaseCount ")
            client.send_signal(signal.SIGINT)
            assert client.wait(1) == 1
            waiting.close()
        finally:
            client.kill()
            client.communicate()


def test_a_server_that_never_answers_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = program.run("echo", "--connect", f"ws://127.0.0.1:{silent.getsockname()[1]}", within=15)
        check_complaint(result, 1, "in time")
