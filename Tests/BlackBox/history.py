"""What a bridge has acknowledged of its calls, and whether it still says so after it died."""

import contextlib
import http.client
import json
import sqlite3
import threading

from program import eventually

RANKS = {"queued": 0, "initiated": 1, "ringing": 2, "in-progress": 3}
FINAL = 4


def rank(record):
    return RANKS.get(record["status"], FINAL)


def ended(record):
    return record and (record["status"], record["end_reason"])


def in_time(bridge):
    """Whether it was ready in two seconds."""
    return bridge.seconds_to_ready < 2


def begun(home, count):
    """Calls with a caller on the line, by our records."""
    phones = [home.phone().begin() for _ in range(count)]
    for phone in phones:
        phone.hear_agent()
        if home.carrier:
            home.carrier.statuses[phone.call] = "in-progress"
    assert eventually(lambda: all(home.record(phone.call) for phone in phones), within=5)
    return phones


class History:
    """Reads the list of calls over and over while the bridge lives. What it was told once is true for ever."""

    def __init__(self, house):
        self.house = house
        self.used = set()  # Calls that somebody began, by the carrier's ids.
        self.told = {}  # The latest record that the API told of each, by our id.
        self.reported = {}  # Final statuses that a webhook was thanked for, by the carrier's id.
        self.watching = False

    def __enter__(self):
        self.watching = True
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.watching = False
        self.thread.join(10)

    def _watch(self):
        while self.watching:
            with contextlib.suppress(OSError, http.client.HTTPException, json.JSONDecodeError):
                self.note(self.house.api("/v1/calls?limit=200")[1]["items"])

    def note(self, records):
        for record in records:
            before = self.told.get(record["id"])
            if before:
                self.check(before, record)
            self.told[record["id"]] = record

    def check(self, before, after):
        """What a record may become."""
        assert rank(after) >= rank(before), (before, after)
        if rank(before) == FINAL:
            assert (after["status"], after["end_reason"]) == (before["status"], before["end_reason"]), (before, after)
        for name in ("provider_call_id", "stream_id", "from", "to", "created_at", "answered_at"):
            assert before[name] in (None, after[name]) or name == "stream_id", (name, before, after)

    def judge(self):
        """After all is over: nothing that was told is lost, and nothing is there that nobody began."""
        records, cursor = [], ""
        while cursor is not None:
            page = self.house.api(f"/v1/calls?limit=200&cursor={cursor}")[1]
            records += page["items"]
            cursor = page["next_cursor"]
        now = {record["id"]: record for record in records}
        assert set(self.told) <= set(now), "calls were lost"
        self.note(records)
        assert {record["provider_call_id"] for record in records} <= self.used, "calls were invented"
        assert len({record["provider_call_id"] for record in records}) == len(records), "calls are there twice"
        by_name = {record["provider_call_id"]: record for record in records}
        for name, status in self.reported.items():
            assert by_name[name]["status"] == status, by_name[name]
        return by_name


def integrity(folder):
    """What SQLite says of the database of a bridge that is not running."""
    with contextlib.closing(sqlite3.connect(folder / "patchbay.db")) as database:
        return database.execute("PRAGMA integrity_check").fetchone()[0]
