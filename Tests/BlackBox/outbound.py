"""A bridge that dials by a carrier whose calls really ring."""

import contextlib
import datetime
import http.client
import json
import sqlite3
import types

from house import API_TOKEN, House
from practice import stamp
from practice_carrier import HOUSE, PracticeCarrier
from program import Bridge

SOMEBODY = "+15550003333"
AGENTS = [{"id": "default", "protect_greeting": False}]


class OutboundHouse(House):
    """`home.carrier` is the carrier, and the upstream, too."""

    def __init__(
            self, start, folder, callees=(), faults=(), cps=0, agents=AGENTS, vendor="openai", **environment):
        stand_in = PracticeCarrier("--protocol", vendor, callees=callees, faults=faults, cps=cps)
        (folder / "patchbay.json5").write_text(json.dumps(
            {"agents": agents, "numbers": [{"number": HOUSE, "agent": agents[0]["id"]}]}))
        settings = {"PATCHBAY_TWILIO_CPS": 0, "PATCHBAY_LOOPS": 1} | stand_in.environment() | environment
        super().__init__(start, folder, carrier=types.SimpleNamespace(environment=stand_in.credentials), **settings)
        self.carrier = self.practice = stand_in
        self._second = lambda: start(
            Bridge, folder=folder, **(self.environment | {"PATCHBAY_NODE": "second"}))

    def another(self):
        """A second node of the same store."""
        return self._second()

    def order(self, body, key=None, bridge=None):
        """Returns the status, the answer and its headers."""
        headers = {"Authorization": f"Bearer {API_TOKEN}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        connection = http.client.HTTPConnection("127.0.0.1", (bridge or self.bridge).port, timeout=20)
        with contextlib.closing(connection):
            connection.request("POST", "/v1/calls", body if isinstance(body, bytes) else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read()), dict(answer.headers)

    def dial(self, to, key=None, **more):
        return self.order({"to": to, **more}, key)

    def age_open(self, seconds):
        """Has all open calls been ordered so much earlier. Only while no bridge runs."""
        with contextlib.closing(sqlite3.connect(self.folder / "patchbay.db")) as database, database:
            for call, text in database.execute("SELECT id, record FROM calls WHERE ended_at IS NULL").fetchall():
                record = json.loads(text)
                created = datetime.datetime.fromisoformat(record["created_at"]) - datetime.timedelta(seconds=seconds)
                record["created_at"] = created.isoformat(timespec="milliseconds").replace("+00:00", "Z")
                database.execute("UPDATE calls SET record = ? WHERE id = ?", (json.dumps(record), call))

    def age(self, call, seconds):
        """Has a call been answered so much earlier. Only while no bridge runs."""
        with contextlib.closing(sqlite3.connect(self.folder / "patchbay.db")) as database, database:
            (text,) = database.execute("SELECT record FROM calls WHERE id = ?", (call,)).fetchone()
            record = json.loads(text)
            ended = stamp(record["ended_at"])
            early = max(0, ended - seconds - 1)
            hours, rest = divmod(early, 3600)
            minutes, rest = divmod(rest, 60)
            record["answered_at"] = f"{record['ended_at'][:11]}{int(hours):02}:{int(minutes):02}:{rest:06.3f}Z"
            database.execute("UPDATE calls SET record = ? WHERE id = ?", (json.dumps(record), call))


def ended(record):
    return record["status"], record["end_reason"]
