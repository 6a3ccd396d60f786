"""A caller's phone of the tests' own: a Twilio stream over a real socket, with the carrier's playback clock.

It shares nothing with `patchbay call`, so that a mistake that both ends of the product make does not hide."""

import asyncio
import base64
import contextlib
import dataclasses
import json
import secrets
import time

import websockets
from websockets.asyncio.client import connect

from carrier import ACCOUNT, CONNECTED, signature, start
from sound import FRAME, RATE, SILENCE


@dataclasses.dataclass
class Run:
    """Audio that was played without a pause."""

    start: float  # seconds since the stream began
    data: bytearray
    was_cut: bool = False

    @property
    def end(self):
        return self.start + len(self.data) / RATE


@dataclasses.dataclass
class Clear:
    at: float
    dropped: int  # bytes that were never heard
    played: int  # bytes that had been heard since the playback began


class Phone:
    """`async with Phone(url) as phone`: the call is up. Times are seconds since then."""

    def __init__(self, url, returns_marks=True, auth_token=None, **parameters):
        self.url, self.returns_marks, self.parameters = url, returns_marks, parameters
        self.headers = {}
        if auth_token:
            self.headers = {"X-Twilio-Signature": signature(url, auth_token)}
        self.call, self.stream = f"CA{secrets.token_hex(16)}", f"MZ{secrets.token_hex(16)}"
        self.runs, self.clears, self.events = [], [], []
        self.sent = bytearray()  # all that the caller's side sent
        self.last_word = None  # when the last frame of what was said last went out
        self.latest = 0.0  # how late our own frames were; a phone that is late itself measures nothing
        self.closed = None
        self._speech, self._spoken = bytearray(), asyncio.Event()
        self._marks, self._sequence, self._news = [], 0, asyncio.Event()

    async def __aenter__(self):
        self.socket = await connect(
            self.url, user_agent_header="TwilioMediaStreams/1.0", additional_headers=self.headers, max_size=None,
            compression=None, ping_interval=None)
        self.began = time.monotonic()
        await self.socket.send(CONNECTED)
        await self._send({"event": "start", "start": start(self.call, self.stream, self.parameters)})
        self.began = time.monotonic()
        self._tasks = [asyncio.create_task(work()) for work in (self._speak, self._listen, self._answer)]
        return self

    async def __aexit__(self, *_):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.socket.close()

    @property
    def now(self):
        return time.monotonic() - self.began

    async def _send(self, message):
        self._sequence += 1
        await self.socket.send(json.dumps(
            message | {"sequenceNumber": str(self._sequence), "streamSid": self.stream}))

    # The caller.

    async def _speak(self):
        """One frame every 20 ms, each with the sound of the 20 ms before."""
        place = 0
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                due = (place + 1) * FRAME / RATE
                await asyncio.sleep(due - self.now)
                self.latest = max(self.latest, self.now - due)
                frame = bytes(self._speech[:FRAME])
                del self._speech[:FRAME]
                if frame:
                    self.last_word = self.now
                self._spoken.set()
                frame = frame.ljust(FRAME, SILENCE)
                self.sent += frame
                payload = base64.b64encode(frame).decode()
                await self._send({"event": "media", "media": {
                    "track": "inbound", "chunk": str(place + 1), "timestamp": str(place * 20), "payload": payload}})
                place += 1

    def say(self, data):
        self._speech += data

    async def said(self):
        while self._speech:
            self._spoken.clear()
            await self._spoken.wait()

    async def press(self, keys):
        for key in keys:
            await self._send({"event": "dtmf", "dtmf": {"track": "inbound_track", "digit": key}})
            await asyncio.sleep(0.05)

    async def stop(self):
        """Says that the stream is over, and leaves the socket to the bridge."""
        self._tasks[0].cancel()
        await self._send({"event": "stop", "stop": {"accountSid": ACCOUNT, "callSid": self.call}})

    async def hang_up(self):
        await self.stop()
        await self.socket.close()
        await self.until(lambda: self.closed, within=3)

    # What the bridge sends.

    async def _listen(self):
        try:
            async for text in self.socket:
                now, message = self.now, json.loads(text)
                assert message["streamSid"] == self.stream, message
                getattr(self, f"_take_{message['event']}")(message, now)
                self._tell()
        finally:
            self.closed = self.socket.close_code or "open"
            self._tell()

    def _take_media(self, message, now):
        data = base64.b64decode(message["media"]["payload"], validate=True)
        self.events.append((now, "media", data))
        if self.runs and not self.runs[-1].was_cut and self.runs[-1].end >= now:
            self.runs[-1].data += data
        else:
            self.runs.append(Run(now, bytearray(data)))

    def _take_mark(self, message, now):
        self.events.append((now, "mark", message["mark"]["name"]))
        self._marks.append((max(now, self.runs[-1].end if self.runs else now), message["mark"]["name"]))

    def _take_clear(self, message, now):
        dropped = 0
        if self.runs and self.runs[-1].end > now:
            run = self.runs[-1]
            dropped = len(run.data) - int((now - run.start) * RATE)
            del run.data[len(run.data) - dropped:]
            run.was_cut = True
        self._marks = [(now, name) for _, name in self._marks]
        self.clears.append(Clear(now, dropped, len(self.played)))
        self.events.append((now, "clear", dropped))

    async def _answer(self):
        """Returns marks when they were played."""
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                while self._marks and self._marks[0][0] <= self.now:
                    _, name = self._marks.pop(0)
                    if self.returns_marks:
                        await self._send({"event": "mark", "mark": {"name": name}})
                wait = self._marks[0][0] - self.now if self._marks else None
                news = asyncio.create_task(self._news.wait())
                await asyncio.wait([news], timeout=wait)
                news.cancel()
                self._news.clear()

    # What is watched.

    def _tell(self):
        self._news.set()

    async def until(self, fact, within=10.0):
        """Polls, since facts come with time too, and returns what `fact` is."""
        deadline = self.now + within
        while not (value := fact()):
            assert self.now < deadline, f"did not come within {within} s; {self}"
            await asyncio.sleep(0.002)
        return value

    async def agent_speaks(self, after=None, within=10.0):
        """Until a run of audio that began after `after` is being heard; returns it."""
        after = self.now if after is None else after
        return await self.until(lambda: next((run for run in self.runs if run.start >= after), None), within)

    async def agent_is_silent(self, seconds=0.4, within=15.0):
        """Until all that came was played, and no more comes for a while."""
        await self.until(lambda: self.runs and self.now - self.runs[-1].end >= seconds, within)

    @property
    def played(self):
        """All agent audio that has been heard by now, without the silence between."""
        heard = bytearray()
        for run in self.runs:
            heard += run.data[:max(0, int((self.now - run.start) * RATE))]
        return bytes(heard)

    @property
    def got(self):
        """All audio that came and was not cleared."""
        return b"".join(bytes(run.data) for run in self.runs)

    def __str__(self):
        runs = [(round(run.start, 3), len(run.data), run.was_cut) for run in self.runs]
        return f"runs {runs}, clears {self.clears}, closed {self.closed}, late by {self.latest:.3f} s"
