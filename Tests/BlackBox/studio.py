"""A bridge with a practice upstream behind it, and what they say of a call."""

import asyncio
import json
import re
import subprocess
import threading

from phone import Phone
from program import PATH, Bridge, bare, eventually
from sound import read


class Practice:
    """`patchbay practice`: what it reported, and what each of its connections heard and said."""

    def __init__(self, *arguments, folder):
        self.folder = folder
        self.process = subprocess.Popen(
            [PATH, "practice", "--listen", "127.0.0.1:0", "--json", "--record", folder, *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=bare({}))
        self.reports = []
        line = self.process.stdout.readline()
        match = re.fullmatch(r"patchbay practice ready (ws://\S+)\n", line)
        assert match, line
        self.url = match[1]
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.reports.append(json.loads(line))

    def all(self, event):
        return [report for report in self.reports if report["event"] == event]

    def recording(self, kind, connection=1):
        """What was `heard` or `said`, once the connection is over."""
        path = self.folder / f"connection-{connection}-{kind}.wav"
        assert eventually(lambda: path.exists() and path.stat().st_size > 44), self.reports
        return read(path)

    def destroy(self):
        self.process.kill()
        self.process.wait()


class Studio:
    """Started with the practice upstream's arguments. `agent` fills in or changes members of its one agent."""

    def __init__(self, folder, *arguments, agent=None, environment=None, upstream=None):
        self.practice = Practice(*arguments, folder=folder)
        agent = {"id": "default", "protect_greeting": False} | (agent or {})
        (folder / "patchbay.json5").write_text(json.dumps({"agents": [agent]}))
        self.bridge = Bridge(
            folder=folder, **{"OPENAI_API_KEY": "sk-practice", "PATCHBAY_LOOPS": 1, "PATCHBAY_API_TOKEN": "token",
                              "OPENAI_REALTIME_URL": upstream or self.practice.url} | (environment or {}))
        self.media = f"ws://127.0.0.1:{self.bridge.port}/twilio/media"

    def call(self, scenario, **options):
        """Holds one call: `scenario` is what the phone does while it is up. Returns the phone."""
        async def hold():
            async with Phone(self.media, **options) as phone:
                await scenario(phone)
            return phone
        return asyncio.run(hold())

    def get(self, path):
        answer = self.bridge.get(path, Authorization="Bearer token")
        return json.loads(answer.text) if answer.status == 200 else None

    def record(self, call):
        """The record once it is final."""
        def final():
            record = self.get(f"/v1/calls/{call}")
            return record if record and record["ended_at"] else None
        record = eventually(final, within=8)
        assert record, self.get(f"/v1/calls/{call}")
        return record

    def events(self, call, kind):
        return [event for event in self.get(f"/v1/calls/{call}/events")["items"] if event["type"] == kind]

    def turns(self, call):
        return self.get(f"/v1/calls/{call}/transcript")["items"]

    def end(self):
        try:
            self.bridge.stop()
        finally:
            self.bridge.destroy()
            self.practice.destroy()
