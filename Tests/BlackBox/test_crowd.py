"""Calls that talk beside a crowd that has nothing to say: none of their audio is lost or late, the crowd is held to its
limits, and nothing of it stays.

SOAK=1 runs the long form: 10,000 idle sockets and 1,000 slow clients, waited for until the last was sent away."""

import asyncio
import collections
import json
import math
import os
import re
import subprocess
import threading
import time

import pytest

from carrier import TOKEN, signature
from program import PATH, eventually
from test_calls_messages import heard_well
from wire import upgrade

IS_LONG = bool(os.environ.get("SOAK"))
IDLE, SLOW = (10_000, 1_000) if IS_LONG else (2_000, 200)
CALLS = 3
# Connections that find room beside the crowd, and those that then come all the same.
ROOM, OVER = 20, 70
SPARED = 64  # Descriptors that connections leave to everything else.
KIBIBYTES_EACH = 12
PITCHES = (440, 523, 622)
TALK = "; ".join(
    [step for pitch in PITCHES for step in (f"expect tone {pitch} within 8s", "wait silence 800ms", "speak 1500ms")][:-1]
    + ["hang up"])
SLOW_KINDS = ("slow_head", "slow_body", "no_reader")
SHARES = {"kept": 0.3, "slow_body": 0.4, "no_reader": 0.2, "slow_head": 0.4, "unstarted": 0.1, "half_said": 0.3,
          "silent": 0.3}
# What becomes of each kind that stays, and how long that takes; those that are told to leave first leave.
ENDS = {"silent": ("closed", 10), "half_said": (408, 10), "slow_head": (408, 10), "unstarted": (1008, 10),
        "no_reader": ("reset", 10), "slow_body": (408, 30), "kept": ("closed", 60)}


class Crowd:
    """Connections in number, each of a kind, on a thread of its own. `ends` tells how each ended, by its kind."""

    def __init__(self, home):
        self.home, self.ends, self.up = home, collections.Counter(), collections.Counter()
        self.loop = asyncio.new_event_loop()
        self.tasks = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))  # It has time, whatever the calls have.
        self.loop.run_forever()

    def enter(self, kind, count):
        async def all_of_them():
            self.tasks += [asyncio.ensure_future(self._live(kind)) for _ in range(count)]
        asyncio.run_coroutine_threadsafe(all_of_them(), self.loop).result(10)

    def leave(self):
        async def all_of_them():
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)
        asyncio.run_coroutine_threadsafe(all_of_them(), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)

    async def _live(self, kind):
        # A receive buffer as small as it gets, and before the connection is made: so whoever does not read is noticed.
        reader, writer = await asyncio.open_connection("127.0.0.1", self.home.bridge.port, limit=2048)
        self.up[kind] += 1
        try:
            self.ends[kind, await getattr(self, kind)(reader, writer)] += 1
        except OSError:
            self.ends[kind, "reset"] += 1
        finally:
            self.up[kind] -= 1
            writer.close()

    @staticmethod
    async def _end(reader):
        """What is said to it until the end; of an answer its status."""
        data = await reader.read()
        return int(data.split()[1]) if data.startswith(b"HTTP/1.1 ") else "closed"

    # Who is idle.

    async def silent(self, reader, writer):
        return await self._end(reader)

    async def half_said(self, reader, writer):
        writer.write(upgrade(target="/twilio/media")[:-20])
        return await self._end(reader)

    async def kept(self, reader, writer):
        writer.write(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head
        await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))
        return await self._end(reader)

    async def unstarted(self, reader, writer):
        """A stream of the carrier's that never begins."""
        port = self.home.bridge.port
        writer.write(upgrade(
            target="/twilio/media", Host=f"127.0.0.1:{port}", X_Twilio_Signature=signature(self.home.media_url)))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        data = await reader.read()
        return int.from_bytes(data[data.rindex(b"\x03\xf0"):][:2]) if b"\x03\xf0" in data else data

    # Who is slow.

    async def slow_head(self, reader, writer):
        return await self._drip(reader, writer, b"POST /twilio/voice HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 999)

    async def slow_body(self, reader, writer):
        head = (b"POST /twilio/status HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                b"Content-Length: 9999\r\n\r\n")
        writer.write(head)
        return await self._drip(reader, writer, b"a=" + b"b" * 9997)

    async def _drip(self, reader, writer, data):
        """A byte at a time."""
        end = asyncio.ensure_future(self._end(reader))
        for byte in data:
            writer.write(bytes([byte]))
            await asyncio.wait([end], timeout=0.5)
            if end.done():
                break
        return await end

    async def no_reader(self, reader, writer):
        """Asks on and on, and takes no answer."""
        writer.transport.pause_reading()
        while True:
            writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
            await writer.drain()

    too_many = silent


def brief(home):
    """One call that comes and goes."""
    phone = home.phone().begin().hear_agent()
    phone.stop()
    phone.closed()
    assert home.final(phone.call)["end_reason"] == "caller-hangup"


def talk(home):
    """Calls of which the first begins before the crowd comes, and the last when most of it is there."""
    return subprocess.Popen(
        [PATH, "call", "--url", home.media_url, "--json", "--calls", str(CALLS), "--rate", "2", "--auth-token", TOKEN,
         "--do", TALK], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def judged(home, talking):
    """Nothing of the calls was lost or late."""
    output, errors = talking.communicate(timeout=40)
    assert output.startswith("{"), errors
    report = json.loads(output)
    assert report["ok"], [call["failures"] for call in report["calls"]]
    for call in report["calls"]:
        stream = call["streams"][0]
        heard_well(stream, PITCHES)
        record = home.final(call["call_sid"])
        assert (record["status"], record["end_reason"]) == ("completed", "caller-hangup")
        quality = record["quality"]
        assert quality["frames_in"] == stream["frames_sent"] and stream["frames_lost"] == 0
        assert quality["gaps"] == quality["lost_frames"] == quality["underruns"] == 0, quality
        # From the caller's last word: what the practice agent takes, and hardly more.
        assert all(abs(turn["response_ms"] - 750) < (40 if IS_LONG else 100) for turn in stream["turns"]), stream["turns"]


def added(home):
    """By the metrics: frames that the bridge has passed on so far, by the seconds that each took at most."""
    counts = collections.Counter()
    for line in home.bridge.get("/metrics").text.splitlines():
        if match := re.match(r'patchbay_bridge_latency_seconds_bucket\{.*le="([^"]+)"\} (\d+)', line):
            counts[float(match[1])] += int(match[2])
    return counts


def p99(before, after):
    """Seconds that 99 of 100 frames took at most between the two."""
    passed = {limit: after[limit] - before[limit] for limit in sorted(after)}
    return next(limit for limit, count in passed.items() if count >= 0.99 * passed[math.inf] > 0)


@pytest.mark.timeout(240 if IS_LONG else 60)
def test_a_crowd_that_says_nothing_or_little_leaves_calls_alone(promptly, house):
    room = IDLE + SLOW + CALLS + ROOM
    home = house(carrier=True, PATCHBAY_CALLS_PER_SECOND=0, PATCHBAY_LOG_LEVEL="warning", descriptors=room + SPARED)
    bridge = home.bridge
    alone = None
    brief(home)  # What is open for good is open then.
    if IS_LONG:
        judged(home, talk(home))
        alone = p99(collections.Counter(), added(home))
    before, descriptors, memory = added(home), bridge.descriptors(), bridge.resident_bytes()
    talking = talk(home)
    crowd, began = Crowd(home), time.monotonic()
    for kind, share in SHARES.items():
        crowd.enter(kind, int(share * (SLOW if kind in SLOW_KINDS else IDLE)))
    assert eventually(lambda: crowd.up.total() == IDLE + SLOW, within=9), (crowd.up, crowd.ends)
    took = time.monotonic() - began
    crowd.enter("too_many", OVER)
    # The calls, too, have their room; the last of them may not be up yet, or one of the crowd sent away again.
    assert eventually(lambda: OVER - crowd.up["too_many"] >= OVER - ROOM - CALLS, within=3), (crowd.up, crowd.ends)
    peak = bridge.resident_bytes()
    judged(home, talking)
    beside = p99(before, added(home))
    peak = max(peak, bridge.resident_bytes())
    print(f"{IDLE} idle and {SLOW} slow within {took:.1f} s: {beside * 1e3} ms added at most (p99; "
          f"alone {alone and alone * 1e3}), {(peak - memory) / (IDLE + SLOW) / 1024:.1f} KiB each; {dict(crowd.ends)}")
    assert beside < 0.02 and (alone is None or beside < alone + 0.001), (alone, beside)
    assert peak - memory < (IDLE + SLOW) * KIBIBYTES_EACH << 10
    # Who has to say something within 10 s is gone by now; the others are waited for, or leave.
    waited = {kind: end for kind, (end, seconds) in ENDS.items() if IS_LONG or seconds <= 10}
    for kind, end in waited.items():
        count = int(SHARES[kind] * (SLOW if kind in SLOW_KINDS else IDLE))
        assert eventually(lambda: crowd.ends[kind, end] == count, within=60, every=0.1), (kind, crowd.up, crowd.ends)
    crowd.leave()
    assert eventually(lambda: bridge.metric('patchbay_http_connections{server="public"}') == 1)
    # Each of the calls may have made a connection to the carrier's REST, which is kept.
    assert eventually(lambda: bridge.descriptors() < descriptors + CALLS), (descriptors, bridge.descriptors())
    refused = bridge.metric('patchbay_rejected_total{reason="connections"}')
    assert OVER - ROOM - CALLS <= refused <= OVER, refused
    assert bridge.get("/readyz").status == 200
    brief(home)
