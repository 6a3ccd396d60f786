"""`patchbay practice` as the `openai` package sees it: every event that it sends is held against the package's types."""

import array
import base64
import bisect
import contextlib
import functools
import json
import math
import os
import subprocess
import typing

from openai import AsyncOpenAI
from openai.types.realtime.realtime_server_event import RealtimeServerEvent

SERVER = {name: model for model in typing.get_args(typing.get_args(RealtimeServerEvent)[0])
          for name in typing.get_args(model.model_fields["type"].annotation)}

# What the service says of a session beyond what the package's type for these events names.
UNTYPED = {".session.object", ".session.id", ".session.expires_at"}


def mu_law_value(code):
    code ^= 0xFF
    value = (((code & 15) << 3) + 132 << (code >> 4 & 7)) - 132
    return -value if code & 0x80 else value


def a_law_value(code):
    code ^= 0x55
    segment, value = code >> 4 & 7, (code & 15) << 4 | 8
    value = value + 256 << segment - 1 if segment else value
    return value if code & 0x80 else -value


class Code:
    """One of the telephone's codes: what each code word means, and the nearest word for a sample."""

    def __init__(self, value):
        self.values = [value(code) for code in range(256)]
        self.words = sorted(range(256), key=self.values.__getitem__)
        self.sorted = [self.values[word] for word in self.words]

    @functools.cache
    def word(self, sample):
        place = bisect.bisect(self.sorted, sample)
        near = self.words[max(0, place - 1):place + 1]
        return min(near, key=lambda word: abs(self.values[word] - sample))

    def encode(self, samples):
        return bytes(map(self.word, samples))

    def decode(self, data):
        return array.array("h", map(self.values.__getitem__, data))


CODES = {"audio/pcmu": Code(mu_law_value), "audio/pcma": Code(a_law_value)}


def tone(pitch, seconds, rate):
    return array.array("h", (
        round(9_000 * math.sin(2 * math.pi * pitch * index / rate)) for index in range(round(rate * seconds))))


def pitch(samples, rate):
    """By the time between the first and the last rise through zero."""
    rises = [index + samples[index] / (samples[index] - samples[index + 1])
             for index in range(len(samples) - 1) if samples[index] < 0 <= samples[index + 1]]
    return (len(rises) - 1) / (rises[-1] - rises[0]) * rate


class Upstream:
    """A practice upstream, and what it reported."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [os.environ["PATCHBAY"], "practice", "--listen", "127.0.0.1:0", "--json", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        words = self.process.stdout.readline().split()
        assert words[:3] == ["patchbay", "practice", "ready"], words
        self.url, self.base = words[3], words[-1]

    def client(self, key="sk-practice"):
        return AsyncOpenAI(api_key=key, base_url="http://127.0.0.1:1/v1",
                           websocket_base_url=self.url.removesuffix("/realtime"))

    def stop(self):
        """Ends it as a user does, and returns its reports."""
        self.process.terminate()
        lines = self.process.stdout.read().splitlines()
        assert self.process.wait(5) == 0
        return [json.loads(line) for line in lines]


@contextlib.contextmanager
def upstream(*arguments):
    server = Upstream(*arguments)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()
        server.process.stdout.close()


def unknown_keys(value, path=""):
    if isinstance(value, list):
        return [key for element in value for key in unknown_keys(element, path)]
    if not hasattr(value, "model_extra"):
        return []
    keys = [f"{path}.{name}" for name in value.model_extra or {}]
    for name in type(value).model_fields:
        keys += unknown_keys(getattr(value, name), f"{path}.{name}")
    return keys


def checked(text):
    """The event as the package reads it, strictly."""
    model = SERVER[json.loads(text)["type"]]
    event = model.model_validate_json(text, strict=True)
    unknown = set(unknown_keys(event)) - UNTYPED
    assert not unknown, f"{event.type} has {unknown}"
    return event


class Talk:
    """One session: what came, in order, and the audio by item."""

    def __init__(self, connection, audio):
        self.connection, self.audio = connection, audio
        self.events, self.heard = [], {}

    async def next(self):
        event = checked(await self.connection.recv_bytes())
        self.events.append(event)
        if event.type == "response.output_audio.delta":
            self.heard[event.item_id] = self.heard.get(event.item_id, b"") + base64.b64decode(event.delta)
        return event

    async def until(self, kind):
        while True:
            event = await self.next()
            if event.type == kind:
                return event

    async def say(self, pitch, seconds):
        """Speaks a tone; a pitch of zero is silence. In pieces of 20 ms, as fast as they go."""
        rate = 24_000 if self.audio == "audio/pcm" else 8_000
        samples = tone(pitch, seconds, rate)
        for start in range(0, len(samples), rate // 50):
            piece = samples[start:start + rate // 50]
            data = CODES[self.audio].encode(piece) if self.audio in CODES else piece.tobytes()
            await self.connection.input_audio_buffer.append(audio=base64.b64encode(data).decode())

    def samples(self, item):
        data = self.heard[item]
        if self.audio in CODES:
            return CODES[self.audio].decode(data), 8_000
        return array.array("h", data), 24_000

    def seconds(self, item):
        samples, rate = self.samples(item)
        return len(samples) / rate

    def pitch(self, item):
        return pitch(*self.samples(item))


def session(audio, **more):
    rate = {"rate": 24_000} if audio == "audio/pcm" else {}
    return {
        "type": "realtime", "output_modalities": ["audio"], "instructions": "Be kind.",
        "audio": {
            "input": {
                "format": {"type": audio, **rate},
                "transcription": {"model": "gpt-4o-transcribe"},
                "turn_detection": {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300,
                                   "silence_duration_ms": 400, "create_response": True, "interrupt_response": True},
            },
            "output": {"format": {"type": audio, **rate}, "voice": "marin"},
        },
        "tools": [{"type": "function", "name": "get_slots", "description": "Free appointments.",
                   "parameters": {"type": "object", "properties": {"day": {"type": "string"}}}}],
    } | more


@contextlib.asynccontextmanager
async def talk(server, audio="audio/pcmu", query=None, **more):
    """A session that is configured."""
    async with server.client().realtime.connect(
            model="gpt-realtime-2.1", extra_query=query or {}, max_retries=0) as connection:
        call = Talk(connection, audio)
        await call.until("session.created")
        await connection.session.update(session=session(audio, **more))
        updated = await call.until("session.updated")
        assert updated.session.audio.input.format.type == audio
        yield call
