"""Bytes on a socket, with nothing between the test and the program that would be kind or strict by itself."""

import base64
import dataclasses
import hashlib
import socket
import struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = base64.b64encode(hashlib.sha1((KEY + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()


def request(method="GET", target="/", version="HTTP/1.1", **fields):
    """A request head. `fields` with None are left out, a list is sent once for each item; Host is there by default."""
    lines = [f"{method} {target} {version}"]
    for name, value in ({"Host": "localhost"} | fields).items():
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                lines.append(f"{name.replace('_', '-')}: {item}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def upgrade(method="GET", target="/", version="HTTP/1.1", **fields):
    return request(method, target, version, **{
        "Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13", "Sec_WebSocket_Key": KEY} | fields)


def frame(opcode, payload=b"", fin=True, rsv=0, mask=b"\x37\xfa\x21\x3d", length=None):
    """One client frame. `length` announces another length than the payload's; `mask=None` does not mask."""
    size = len(payload) if length is None else length
    head = bytes([fin << 7 | rsv << 4 | opcode])
    bit = 0x80 if mask else 0
    if size < 126:
        head += bytes([bit | size])
    elif size < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", size)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", size)
    return head + (mask + masked(payload, mask) if mask else payload)


def masked(payload, mask):
    stream = int.from_bytes((mask * (len(payload) // 4 + 1))[:len(payload)], "big")
    return (int.from_bytes(payload, "big") ^ stream).to_bytes(len(payload), "big")


def close_payload(code, reason=b""):
    return struct.pack(">H", code) + reason


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    body: bytes


@dataclasses.dataclass
class Frame:
    opcode: int
    payload: bytes
    fin: bool

    @property
    def close_code(self):
        assert self.opcode == CLOSE and self.fin, self
        return struct.unpack(">H", self.payload[:2])[0]


class Ended(Exception):
    """The peer ended the connection in order."""


class Raw:
    """A TCP or TLS connection. An end without close_notify, or a reset, is an error and not an end."""

    def __init__(self, address, context=None, within=10.0, name="localhost"):
        self.socket = socket.create_connection(address, timeout=within)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context:
            self.socket = context.wrap_socket(self.socket, server_hostname=name, suppress_ragged_eofs=False)
        self.buffer = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def send_one_by_one(self, data):
        for byte in data:
            self.socket.sendall(bytes([byte]))

    def _more(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise Ended
        self.buffer += data

    def take(self, count):
        while len(self.buffer) < count:
            self._more()
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken

    def take_until(self, end):
        while end not in self.buffer:
            self._more()
        return self.take(self.buffer.index(end) + len(end))

    def answer(self, has_body=True):
        """One HTTP answer; its body must be as long as it says."""
        head = self.take_until(b"\r\n\r\n").decode("ascii")
        status, *fields = head[:-4].split("\r\n")
        headers = {name.lower(): value for name, value in (field.split(": ", 1) for field in fields)}
        assert status.startswith("HTTP/1.1 "), status
        code = int(status.split()[1])
        length = int(headers["content-length"]) if code != 101 else 0
        return Answer(code, headers, self.take(length) if has_body else b"")

    def open_websocket(self, **fields):
        self.send(upgrade(**fields))
        answer = self.answer()
        assert answer.status == 101, answer
        assert answer.headers["sec-websocket-accept"] == ACCEPT
        return self

    def frame(self):
        """One server frame: never masked, no reserved bits, the shortest form of its length."""
        first, second = self.take(2)
        assert first & 0x70 == 0 and second & 0x80 == 0, (first, second)
        size = second
        if second == 126:
            size = struct.unpack(">H", self.take(2))[0]
            assert size > 125
        elif second == 127:
            size = struct.unpack(">Q", self.take(8))[0]
            assert size > 0xFFFF
        return Frame(first & 0x0F, self.take(size), bool(first & 0x80))

    def expect_end(self):
        """The connection ends in order, and nothing more was said."""
        assert not self.buffer, self.buffer
        rest = self.socket.recv(65536)
        assert rest == b"", rest

    def end_sending(self):
        self.socket.shutdown(socket.SHUT_WR)
