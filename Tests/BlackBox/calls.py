"""A bridge with everything around it: the practice upstream, the phone, the carrier's REST, and a phone of our own whose
every byte a test decides."""

import base64
import contextlib
import hashlib
import hmac
import http.client
import http.server
import json
import re
import secrets
import socket
import struct
import subprocess
import tempfile
import threading
import time
import urllib.parse

from program import PATH, Bridge, eventually
from wire import CLOSE, PING, PONG, TEXT, Ended, Raw, close_payload, frame, upgrade

ACCOUNT = "AC" + "1" * 32
TOKEN = "auth-token-of-tests"
API_TOKEN = "api-token-of-tests"
SILENCE = base64.b64encode(b"\xff" * 160).decode()


class Practice:
    """`patchbay practice --json` on a port of its own."""

    def __init__(self, *arguments):
        self.output, self.stderr = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [PATH, "practice", "--listen", "127.0.0.1:0", "--json", *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.stderr)
        first = eventually(lambda: self._text().partition("\n")[0] if "\n" in self._text() else None)
        assert first, "practice is not ready"
        self.url = re.fullmatch(r"patchbay practice ready (ws://\S+)", first)[1]

    def _text(self):
        self.output.seek(0)
        return self.output.read().decode()

    def events(self, name=None):
        """What it told so far."""
        text = self._text()
        lines = [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()[1:]]
        return [line for line in lines if name in (None, line["event"])]

    @property
    def attempts(self):
        """Connections that came, taken in or not; when, in seconds from the first."""
        times = [line for line in self.events() if line["event"] in ("connection.opened", "connection.refused")]
        return [stamp(line["at"]) - stamp(times[0]["at"]) for line in times]

    def destroy(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def stamp(text):
    hours, minutes, seconds = text.rstrip("Z").partition("T")[2].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


class CarrierREST:
    """The carrier's REST side, with answers that a test decides."""

    def __init__(self):
        self.statuses = {}  # By the call; a call that is not there is 404.
        self.requests = []  # (method, call, form)
        self.hooks = {}  # By the call: what an update does.
        self.broken = False
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                self.reply({})

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.reply(dict(urllib.parse.parse_qsl(body)))

            def reply(self, form):
                call = self.path.rpartition("/")[2].removesuffix(".json")
                owner.requests.append((self.command, call, form))
                status = owner.statuses.get(call)
                if owner.broken:
                    code, body = 500, {"code": 20500, "message": "broken", "status": 500}
                elif status is None:
                    code, body = 404, {"code": 20404, "message": "not found", "status": 404}
                else:
                    if form.get("Status") == "completed":
                        owner.statuses[call] = status = "completed"
                    code, body = 200, {
                        "sid": call, "account_sid": ACCOUNT, "status": status, "direction": "inbound",
                        "from": "+15550001111", "to": "+15550002222", "duration": None, "price": None,
                        "answered_by": None, "start_time": None, "end_time": None, "parent_call_sid": None}
                data = json.dumps(body).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
                if form and call in owner.hooks:
                    owner.hooks.pop(call)(form)

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # A bridge that was killed left in the middle of its question.

        self.server = Quiet(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def asked(self, call, method="GET"):
        return [form for asked, name, form in self.requests if (asked, name) == (method, call)]

    def destroy(self):
        self.server.shutdown()
        self.server.server_close()


class House:
    """A bridge to a practice upstream. With `carrier` it has credentials and a REST API; else it trusts loopback."""

    def __init__(self, start, folder, practice=None, query="", carrier=None, agents=None, **environment):
        self.practice, self.carrier = practice, carrier
        if agents:
            (folder / "patchbay.json5").write_text(json.dumps({"agents": agents}))
        environment.setdefault("PATCHBAY_REQUESTS_PER_SECOND", 0)
        if practice:
            environment |= {
                "OPENAI_API_KEY": "practice-key", "OPENAI_REALTIME_URL": practice.url + (f"?{query}" if query else "")}
        if carrier:
            environment |= {
                "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_API_BASE": carrier.url,
                "PATCHBAY_API_TOKEN": API_TOKEN}
        self.folder, self.environment = folder, environment
        self._start = lambda **changes: start(Bridge, folder=folder, **(environment | changes))
        self.bridge = self._start()

    def crash(self):
        """The bridge is gone from one instant to the next."""
        self.bridge.process.kill()
        self.bridge.process.wait()

    def restart(self, **environment):
        """The next bridge, at the same address and with the same store."""
        self.bridge = self._start(listen=f"127.0.0.1:{self.bridge.port}", **environment)

    @property
    def media_url(self):
        return f"ws://127.0.0.1:{self.bridge.port}/twilio/media"

    # What is asked.

    def api(self, path, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", self.bridge.port, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, path, headers={"Authorization": f"Bearer {API_TOKEN}"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")

    def record(self, call):
        status, record = self.api(f"/v1/calls/{call}")
        return record if status == 200 else None

    def final(self, call, within=5.0):
        """The record once it is final; what it was last if it does not become so."""
        def look():
            record = self.record(call)
            return record if record and record["end_reason"] else None
        return eventually(look, within, every=0.05) or self.record(call)

    def events(self, call, kind=None):
        items = self.api(f"/v1/calls/{call}/events")[1].get("items", [])
        return [event for event in items if kind in (None, event["type"])]

    def logged(self, event, call=None):
        """The log's lines of this event, of one call if it is named."""
        return [line for line in self.bridge.logged(event) if call in (None, line.get("provider_call_id"))]

    def post(self, path, **form):
        """A webhook, signed if the bridge checks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.bridge.port, timeout=10)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self.carrier:
            text = f"http://127.0.0.1:{self.bridge.port}{path}" + "".join(k + form[k] for k in sorted(form))
            headers["X-Twilio-Signature"] = signature(text)
        with contextlib.closing(connection):
            connection.request("POST", path, urllib.parse.urlencode(form), headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def voice(self, call):
        """The webhook of an incoming call. Returns the parameters of its stream."""
        status, twiml = self.post(
            "/twilio/voice", CallSid=call, AccountSid=ACCOUNT, From="+15550001111", To="+15550002222",
            CallStatus="ringing", Direction="inbound", ApiVersion="2010-04-01")
        assert status == 200, twiml
        return dict(re.findall(r'<Parameter name="(\w+)" value="([^"]+)"', twiml)), twiml

    def status(self, call, word):
        return self.post(
            "/twilio/status", CallSid=call, AccountSid=ACCOUNT, From="+15550001111", To="+15550002222",
            CallStatus=word, Direction="inbound", ApiVersion="2010-04-01", SequenceNumber="0",
            CallbackSource="call-progress-events")

    def connect_ended(self, call):
        status, twiml = self.post(
            "/twilio/connect-ended", CallSid=call, AccountSid=ACCOUNT, From="+15550001111", To="+15550002222",
            CallStatus="in-progress", Direction="inbound", ApiVersion="2010-04-01")
        assert status == 200, twiml
        return twiml

    # Who calls.

    def phone(self, **options):
        return OwnPhone(self, **options)

    def run_phone(self, *arguments, within=50.0, out=None):
        """`patchbay call --json` to its end."""
        command = [PATH, "call", "--url", self.media_url, "--json", *map(str, arguments)]
        if self.carrier:
            command += ["--auth-token", TOKEN, "--account", ACCOUNT]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=within)
        assert done.stdout.startswith("{"), done.stderr
        return json.loads(done.stdout)

    def calls_active(self):
        return self.bridge.metric('patchbay_calls_active{upstream="openai"}')


def signature(text, token=TOKEN):
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


class Refused(Exception):
    """The upgrade was answered with something else; `args[0]` is the answer."""


class OwnPhone(Raw):
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
        self.say('{"event":"connected","protocol":"Call","version":"1.0.0"}')
        return self

    def started(self, parameters=(), stream=None, call=None):
        stream = stream or self.stream
        self.tell("start", stream=stream, start={
            "accountSid": ACCOUNT, "streamSid": stream, "callSid": call or self.call, "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": dict(parameters)})
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
