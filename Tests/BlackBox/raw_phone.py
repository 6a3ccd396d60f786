"""A phone whose every byte a test decides."""

import base64
import contextlib
import json
import secrets
import socket
import struct
import time

import sound
from carrier import ACCOUNT, CONNECTED, signature, start
from wire import CLOSE, PING, PONG, TEXT, Ended, Raw, close_payload, frame, upgrade

SILENCE = base64.b64encode(sound.SILENCE * sound.FRAME).decode()


class Refused(Exception):
    """The upgrade was answered with something else; `args[0]` is the answer."""


class RawPhone(Raw):
    """A media stream, of which nothing happens by itself but pongs, marks and the echo of a close."""

    def __init__(self, house, call=None, signed=None, within=10.0, **fields):
        super().__init__(house.bridge.address, within=within)
        self.consumed = b""
        self.house = house
        self.call = call or "CA" + secrets.token_hex(16)
        self.stream = "MZ" + secrets.token_hex(16)
        self.sequence = self.chunk = 0
        self.code = self.reason = None
        self.messages, self.returned = [], []
        if signed is None:
            signed = house.carrier is not None
        if signed:
            fields["X_Twilio_Signature"] = signature(signed if isinstance(signed, str) else house.media_url)
        fields.setdefault("Host", f"127.0.0.1:{house.bridge.port}")
        self.send(upgrade(target="/twilio/media", **fields))
        answer = self.answer()
        if answer.status != 101:
            self.socket.close()
            raise Refused(answer)

    # What it says.

    def say(self, text):
        self.send(frame(TEXT, text if isinstance(text, bytes) else text.encode()))

    def tell(self, event, stream=None, **members):
        self.sequence += 1
        self.say(json.dumps(
            {"event": event, "sequenceNumber": str(self.sequence), "streamSid": stream or self.stream} | members))

    def connected(self):
        self.say(CONNECTED)
        return self

    def started(self, parameters=(), stream=None, call=None):
        stream = stream or self.stream
        self.tell("start", stream=stream, start=start(call or self.call, stream, dict(parameters)))
        return self

    def begin(self, **parameters):
        return self.connected().started(parameters)

    def media(self, payload=SILENCE, count=1, stream=None):
        for _ in range(count):
            self.chunk += 1
            self.tell("media", stream=stream, media={
                "track": "inbound", "chunk": str(self.chunk), "timestamp": str(20 * self.chunk), "payload": payload})

    def stop(self):
        self.tell("stop", stop={"accountSid": ACCOUNT, "callSid": self.call})

    def goodbye(self, code=1000):
        self.send(frame(CLOSE, close_payload(code)))

    def close(self, code=1000):
        """Says goodbye and waits for the answer."""
        self.goodbye(code)
        assert self.closed() == code

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    # What it hears.

    def take(self, count):
        data = super().take(count)
        self.consumed += data
        return data

    def frame(self):
        self.consumed = b""
        try:
            return super().frame()
        except TimeoutError:
            self.buffer[:0] = self.consumed  # Its rest is still to come.
            raise

    def listen(self, until=None, within=5.0):
        """Takes what comes until `until(message)`, the end, or the time is over. Returns whether it came to that."""
        deadline = time.monotonic() + within
        try:
            while self.code is None and (left := deadline - time.monotonic()) > 0:
                self.socket.settimeout(left)
                if self._took(self.frame(), until):
                    return True
        except (TimeoutError, Ended, ConnectionError):
            return False
        return self.code is not None and until is None

    def _took(self, got, until):
        if got.opcode == PING:
            self.send(frame(PONG, got.payload))
        elif got.opcode == CLOSE:
            self.code = got.close_code if got.payload else 1005
            self.reason = got.payload[2:].decode()
            with contextlib.suppress(OSError):
                self.send(frame(CLOSE, got.payload))
            self.socket.close()
            return until is None
        elif got.opcode == TEXT:
            message = json.loads(got.payload)
            self.messages.append(message)
            if message["event"] == "mark":
                self.tell("mark", mark=message["mark"])
            return bool(until and until(message))
        return False

    def hear_agent(self, within=8.0):
        assert self.listen(lambda message: message["event"] == "media", within), \
            f"no agent was heard; {self.code} {self.reason}; {self.house.bridge.errors()[-2000:]}"
        return self

    def closed(self, within=5.0):
        """The code that the bridge closed with, and then the connection's end; None if it did not."""
        self.listen(within=within)
        return self.code
