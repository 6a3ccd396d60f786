"""coturn on loopback, and just enough of a TURN client to hold a relay."""

import contextlib
import hashlib
import hmac
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import zlib

import pytest

from program import eventually

COOKIE = 0x2112A442
USER, PASSWORD, REALM, SECRET = "probe", "s3cret", "patchbay.test", "north"
BINDING, ALLOCATE = 0x0001, 0x0003


def free_port():
    """For UDP and TCP, and not one that the system lends to others while a server is stopped."""
    for _ in range(50):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, socket.socket() as other:
            with contextlib.suppress(OSError):
                one.bind(("127.0.0.1", random.randrange(15_000, 32_000)))
                other.bind(one.getsockname())
                return one.getsockname()[1]
    raise AssertionError("no port is free")


def message(kind, *attributes, key=None):
    """A request, signed if there is a key."""
    identity = os.urandom(12)
    body = b"".join(struct.pack("!HH", code, len(value)) + value + b"\0" * (-len(value) % 4)
                    for code, value in attributes)

    def head(length):
        return struct.pack("!HHI", kind, length, COOKIE) + identity

    if key:
        digest = hmac.new(key, head(len(body) + 24) + body, hashlib.sha1).digest()
        body += struct.pack("!HH", 0x0008, 20) + digest
    check = zlib.crc32(head(len(body) + 8) + body) ^ 0x5354554E
    return head(len(body) + 8) + body + struct.pack("!HHI", 0x8028, 4, check)


def attributes(answer):
    place, found = 20, {}
    while place < len(answer):
        code, length = struct.unpack_from("!HH", answer, place)
        found[code] = answer[place + 4:place + 4 + length]
        place += 4 + length + -length % 4
    return found


class TurnServer:
    """`turnserver` as its users run it."""

    def __init__(self, folder, *options, identity=None, shared=False):
        if not shutil.which("turnserver"):
            pytest.fail("turnserver is not there: install Debian's coturn")
        self.port, self.tls_port = free_port(), free_port()
        folder.mkdir(exist_ok=True)
        self.log = folder / "turn.log"
        users = ["--use-auth-secret", "--static-auth-secret", SECRET] if shared else [
            "--lt-cred-mech", "-u", f"{USER}:{PASSWORD}"]
        tls = ["--cert", identity.certificate, "--pkey", identity.key] if identity else ["--no-tls"]
        self.command = [
            "turnserver", "-n", "--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1", "-p", self.port,
            "--tls-listening-port", self.tls_port, "--no-dtls", "--no-cli", "--fingerprint", "-r", REALM,
            "--min-port", 40000, "--max-port", 40999, "--userdb", folder / "turn.db", "--pidfile", folder / "turn.pid",
            "--log-file", self.log, "--simple-log", *tls, *(users if "-z" not in options else []), *options]
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [*map(str, self.command)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert eventually(self.answers, within=10), self.log.read_text() if self.log.exists() else "no log"

    def answers(self):
        with contextlib.suppress(OSError), self.ask(message(BINDING), within=0.2)[0]:
            return True
        return False

    def ask(self, request, within=3, over=None):
        asker = over or socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        asker.settimeout(within)
        asker.connect(("127.0.0.1", self.port))
        asker.send(request)
        return asker, asker.recv(2048)

    def hold_relay(self):
        """The probe's user has one, until the socket's server forgets it."""
        transport = (0x0019, bytes([17, 0, 0, 0]))
        asker, answer = self.ask(message(ALLOCATE, transport))
        wanted = attributes(answer)
        realm, nonce = wanted[0x0014], wanted[0x0015]
        key = hashlib.md5(f"{USER}:{REALM}:{PASSWORD}".encode()).digest()
        login = (0x0006, USER.encode()), (0x0014, realm), (0x0015, nonce)
        _, answer = self.ask(message(ALLOCATE, transport, *login, key=key), over=asker)
        assert struct.unpack_from("!H", answer)[0] == 0x0103, "it gives no relay"
        return asker

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(5)
