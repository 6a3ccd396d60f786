"""A bridge, and what it says of its calls."""

import asyncio
import contextlib
import http.client
import json
import re
import subprocess
import urllib.parse

from carrier import ACCOUNT, TOKEN, signature
from phone import Phone
from program import PATH, Bridge, eventually
from raw_phone import RawPhone

API_TOKEN = "api-token-of-tests"


class House:
    """A bridge to a practice upstream. With `carrier` it has credentials and a REST API; else it trusts loopback."""

    def __init__(self, start, folder, practice=None, query="", carrier=None, agents=None, numbers=None, **environment):
        self.practice, self.carrier = practice, carrier
        self.phones = []
        if agents or numbers:
            (folder / "patchbay.json5").write_text(json.dumps({"agents": agents or [], "numbers": numbers or []}))
        environment.setdefault("PATCHBAY_REQUESTS_PER_SECOND", 0)
        # What upstream and carrier are asked is to be of calls alone.
        environment.setdefault("PATCHBAY_HEALTH_EVERY", 0)
        # With files of tests side by side the machine is late, and `auto` would take no calls: it has tests of its own.
        environment.setdefault("PATCHBAY_MAX_CALLS", 0)
        if practice:
            environment |= practice.environment(query)
        if carrier:
            environment |= carrier.environment | {"PATCHBAY_API_TOKEN": API_TOKEN}
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

    def api(self, path, method="GET", body=None, token=API_TOKEN, bridge=None):
        """Any other body than text is sent as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", (bridge or self.bridge).port, timeout=10)
        with contextlib.closing(connection):
            data = body if body is None or isinstance(body, str) else json.dumps(body)
            connection.request(method, path, data, {"Authorization": f"Bearer {token}"})
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

    def turns(self, call):
        return self.api(f"/v1/calls/{call}/transcript")[1]["items"]

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

    def voice(self, call, **changes):
        """The webhook of an incoming call. Returns the parameters of its stream."""
        form = {
            "CallSid": call, "AccountSid": ACCOUNT, "From": "+15550001111", "To": "+15550002222",
            "CallStatus": "ringing", "Direction": "inbound", "ApiVersion": "2010-04-01"} | changes
        status, twiml = self.post("/twilio/voice", **form)
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
        """A phone that does what it is told, to the byte. It is on the line until the test is over, whoever holds it."""
        self.phones.append(RawPhone(self, **options))
        return self.phones[-1]

    def call(self, scenario, **options):
        """Holds one call in real time: `scenario` is what the phone does while it is up. Returns the phone."""
        async def hold():
            async with Phone(self.media_url, **options) as phone:
                await scenario(phone)
            return phone
        return asyncio.run(hold())

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
