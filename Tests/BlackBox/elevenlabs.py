"""A stand-in for ElevenLabs, of whose conversations a test decides every message. It shares nothing with the product."""

import array
import asyncio
import base64
import http
import json
import threading
import time
import urllib.parse

import websockets
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.http11 import Response

from sound import decode, encode, tone

KEY, AGENT = "eleven-key", "agent_1"
PATH = "/v1/convai/conversation"


def rate_of(name):
    return int(name.partition("_")[2])


def written(samples, name):
    """Samples as bytes of this format."""
    return encode(samples) if name.startswith("ulaw") else array.array("h", samples).tobytes()


def read(data, name):
    return decode(data) if name.startswith("ulaw") else array.array("h", bytes(data[:len(data) // 2 * 2]))


class Talk:
    """One conversation as the server has it. What came is in `received`, caller audio in `heard`."""

    def __init__(self, owner, socket):
        self.owner, self.socket = owner, socket
        self.began = time.monotonic()
        self.target = socket.request.path
        self.headers = dict(socket.request.headers.raw_items())
        self.received, self.heard = [], bytearray()
        self.initiation = self.code = None

    @property
    def now(self):
        return time.monotonic() - self.began

    def opened_after(self, phone):
        """How long after the start of the phone's stream this was opened."""
        return self.began - phone.began

    def got(self, kind):
        return [message for message in self.received if message["type"] == kind]

    async def until(self, fact, within=8.0):
        deadline = self.now + within
        while not (value := fact()):
            assert self.now < deadline, f"did not come within {within} s: {self.received}"
            await asyncio.sleep(0.002)
        return value

    # What it says.

    async def send(self, kind, payload_name=None, **payload):
        await self.socket.send(json.dumps({"type": kind, payload_name or f"{kind}_event": payload}))

    async def metadata(self, output=None, given=None):
        await self.send(
            "conversation_initiation_metadata", conversation_id="conv_1",
            agent_output_audio_format=output or self.owner.output, user_input_audio_format=given or self.owner.input)

    async def audio(self, data, event_id, **more):
        await self.send("audio", audio_base_64=base64.b64encode(data).decode(), event_id=event_id, **more)

    async def tone(self, pitch, seconds, event_id, piece=0.25):
        """All at once, in pieces as they come from the real one."""
        data = written(tone(pitch, seconds, rate=rate_of(self.owner.output)), self.owner.output)
        step = max(1, int(rate_of(self.owner.output) * piece)) * (len(data) // max(1, round(
            seconds * rate_of(self.owner.output))))
        for start in range(0, len(data), step):
            await self.audio(data[start:start + step], event_id)

    async def says(self, text, event_id):
        await self.send("agent_response", agent_response=text, event_id=event_id)

    async def heard_caller(self, text, event_id=1):
        await self.send(
            "user_transcript", "user_transcription_event", user_transcript=text, event_id=event_id)

    async def close(self, code=1000, reason=""):
        await self.socket.close(code, reason)

    # What it hears.

    async def listen(self):
        try:
            async for text in self.socket:
                message = json.loads(text)
                if "user_audio_chunk" in message:
                    assert set(message) == {"user_audio_chunk"}
                    self.heard += base64.b64decode(message["user_audio_chunk"], validate=True)
                    continue
                self.received.append(message)
                if message["type"] == "conversation_initiation_client_data":
                    self.initiation = message
        finally:
            self.code = self.socket.close_code


class ElevenLabs:
    """`script(talk)` is held in each conversation, once it was begun. `signing` is the status of the answer to who asks for
    a signed URL, or a list of them."""

    def __init__(self, script=None, output="ulaw_8000", given="ulaw_8000", signing=200, begins=True):
        self.script, self.output, self.input, self.begins = script, output, given, begins
        self.signing = signing
        self.asked, self.talks, self.failures = [], [], []
        self.started = threading.Event()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.started.wait(5)
        self.url = f"ws://127.0.0.1:{self.port}"

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._serve())

    async def _serve(self):
        self.stopped = asyncio.Event()
        async with serve(
                self._talk, "127.0.0.1", 0, process_request=self._request, compression=None, max_size=None,
                ping_interval=None) as server:
            self.port = server.sockets[0].getsockname()[1]
            self.started.set()
            await self.stopped.wait()

    def _request(self, _, request):
        path = request.path.partition("?")[0]
        if path == f"{PATH}/get-signed-url":
            self.asked.append((time.monotonic(), request.path, request.headers.get("xi-api-key")))
            status = self.signing if isinstance(self.signing, int) else self.signing.pop(0)
            query = urllib.parse.urlencode({"agent_id": AGENT, "conversation_signature": f"s{len(self.asked)}"})
            body = {"signed_url": f"{self.url}{PATH}?{query}"} if status == 200 else {
                "detail": {"status": {401: "invalid_api_key", 429: "too_many_concurrent_requests"}.get(
                    status, "refused"), "message": "no"}}
            data = json.dumps(body).encode()
            return Response(status, http.HTTPStatus(status).phrase, Headers(
                {"Content-Type": "application/json", "Content-Length": str(len(data)), "Connection": "close"}), data)
        return None if path == PATH else Response(404, "Not Found", Headers({"Content-Length": "0"}), b"")

    async def _talk(self, socket):
        talk = Talk(self, socket)
        self.talks.append(talk)
        ears = asyncio.create_task(talk.listen())
        try:
            await talk.until(lambda: talk.initiation)
            if self.begins:
                await talk.metadata()
            if self.script:
                await self.script(talk)
        except websockets.ConnectionClosed:
            pass
        except AssertionError as error:
            self.failures.append(error)
        await ears

    def destroy(self):
        self.loop.call_soon_threadsafe(self.stopped.set)
        self.thread.join(5)
        assert not self.failures, self.failures
