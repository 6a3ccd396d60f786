"""A bridge for the phone to call: a WebSocket server that does what a test wants, and keeps what it was sent."""

import asyncio
import base64
import contextlib
import functools
import json
import math
import threading
import time

from websockets.asyncio.server import serve

import sound


@functools.cache
def tone(pitch, seconds, peak=8000):
    """As it goes over the wire."""
    return sound.encode(sound.tone(pitch, seconds, level=20 * math.log10(peak / 32767)))


class Stream:
    """One connection, for the behaviour that a test gives."""

    def __init__(self, socket):
        self.socket = socket
        self.headers = socket.request.headers
        self.path = socket.request.path
        self.messages = []  # (time, message)
        self.began = time.monotonic()
        self.closed = None

    @property
    def sid(self):
        return next(m["streamSid"] for _, m in self.messages if m["event"] == "start")

    def of(self, event):
        return [m for _, m in self.messages if m["event"] == event]

    def times(self, event):
        return [t for t, m in self.messages if m["event"] == event]

    async def until(self, event, count=1, within=10.0):
        deadline = time.monotonic() + within
        while len(self.of(event)) < count:
            assert time.monotonic() < deadline, f"no {event}: {[m['event'] for _, m in self.messages if m['event'] != 'media']}"
            await asyncio.sleep(0.002)
        return self.of(event)[count - 1]

    async def until_loud(self, within=10.0):
        """Waits for the caller's voice."""
        deadline = time.monotonic() + within
        while not any(loud(m) for m in self.of("media")[-2:]):
            assert time.monotonic() < deadline, "the caller says nothing"
            await asyncio.sleep(0.002)

    async def until_quiet(self, frames=10, within=10.0):
        deadline = time.monotonic() + within
        while any(loud(m) for m in self.of("media")[-frames:]):
            assert time.monotonic() < deadline, "the caller never stops"
            await asyncio.sleep(0.002)

    async def send(self, message):
        await self.socket.send(message if isinstance(message, (str, bytes)) else json.dumps(message))

    async def play(self, audio, mark=None, piece=1600):
        for start in range(0, len(audio), piece):
            payload = base64.b64encode(audio[start:start + piece]).decode()
            await self.send({"event": "media", "streamSid": self.sid, "media": {"payload": payload}})
        if mark:
            await self.mark(mark)

    async def mark(self, name):
        await self.send({"event": "mark", "streamSid": self.sid, "mark": {"name": name}})

    async def clear(self):
        await self.send({"event": "clear", "streamSid": self.sid})

    def heard(self):
        """The caller's samples, joined."""
        return list(sound.decode(b"".join(base64.b64decode(m["media"]["payload"]) for m in self.of("media"))))


def loud(message):
    return max(map(abs, sound.decode(base64.b64decode(message["media"]["payload"])))) > 500


class FakeBridge:
    """Runs in a thread of its own. `behave(stream)` is a coroutine; when it returns, the socket is left as it is until
    the phone closes."""

    def __init__(self, behave, **options):
        self.behave = behave
        self.options = options
        self.streams = []
        self.failures = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def __exit__(self, *failure):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        if failure[0] is None and self.failures:
            raise self.failures[0]

    @property
    def stream(self):
        assert len(self.streams) == 1
        return self.streams[0]

    async def _run(self):
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        async with serve(self._serve, "127.0.0.1", 0, compression=None, close_timeout=1, **self.options) as server:
            self.port = server.sockets[0].getsockname()[1]
            self.url = f"ws://127.0.0.1:{self.port}/twilio/media"
            self._ready.set()
            await self._stop.wait()

    async def _serve(self, socket):
        stream = Stream(socket)
        self.streams.append(stream)
        reader = asyncio.create_task(self._read(stream))
        try:
            await stream.until("start")
            await self.behave(stream)
        except Exception as error:
            self.failures.append(error)
        await reader

    async def _read(self, stream):
        with contextlib.suppress(Exception):
            async for text in stream.socket:
                try:
                    message = json.loads(text)
                except ValueError:
                    message = {"event": "?", "raw": text}
                stream.messages.append((time.monotonic(), message))
        stream.closed = (stream.socket.close_code, stream.socket.close_reason)
