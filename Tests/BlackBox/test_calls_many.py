"""Many calls: nothing is left of them, and none of them hurts another."""

import json
import os
import subprocess

import pytest

from program import PATH, eventually
from test_calls_messages import heard_well

SHORT_CALLS = int(os.environ.get("SHORT_CALLS", 300))
# After so many calls every cache has its size, the database's, too: nothing may grow any more.
KEPT = 20_000
WARM_UP = KEPT if SHORT_CALLS >= 10_000 else 200
CALLS = int(os.environ.get("MIXED_CALLS", 100))


def left_over(bridge):
    """What calls hold, each of which is nothing between calls."""
    names = ["patchbay_call_objects", "patchbay_call_tasks", "patchbay_audio_slabs_in_use",
             'patchbay_calls_active{upstream="openai"}']
    return {name: bridge.metric(name) for name in names}


def is_quiet(bridge):
    return not any(left_over(bridge).values())


@pytest.mark.timeout(60 + (WARM_UP + SHORT_CALLS) / 20)
def test_short_calls_leave_nothing_behind(house):
    home = house(PATCHBAY_CALLS_PER_SECOND=0, PATCHBAY_LOG_LEVEL="warning")
    bridge = home.bridge

    def calls(count):
        # Some before the upstream is ready, some into the greeting, some by the caller, some by a reset.
        for share, steps in [(0.3, "hang up"), (0.4, "wait agent; hang up"), (0.3, "wait agent; reset")]:
            report = home.run_phone(
                "--calls", max(1, int(count * share)), "--rate", 60 if WARM_UP < KEPT else 200, "--do", steps, within=60 + count / 10)
            assert report["ok"], [call["failures"] for call in report["calls"] if not call["ok"]][:3]
        assert eventually(lambda: is_quiet(bridge), within=10), left_over(bridge)

    calls(WARM_UP)  # So that every pool and cache has its size.
    descriptors, memory = bridge.descriptors(), bridge.resident_bytes()
    calls(SHORT_CALLS)
    assert eventually(lambda: bridge.descriptors() <= descriptors), (descriptors, bridge.descriptors())
    grown = bridge.resident_bytes() - memory
    per_call = grown / SHORT_CALLS
    print(f"{SHORT_CALLS} calls: {grown >> 10} KiB more, {per_call:.0f} bytes a call")
    assert per_call < (256 if WARM_UP == KEPT else 8 << 10), per_call
    assert bridge.metric('patchbay_errors_total{component="store",code="store.unavailable"}') in (None, 0)


def test_calls_that_misbehave_do_not_touch_the_others(house):
    # The good calls' audio comes at once: when it is heard is then the bridge's doing alone.
    agents = [{"id": "default", "instructions": "[practice pace=0]"}, {"id": "reset", "instructions": "[practice fault=reset@greeting]"},
              {"id": "garbage", "instructions": "[practice fault=malformed,unknown-events,odd-deltas]"},
              {"id": "burst", "instructions": "[practice fault=burst=60s]"},
              {"id": "half-open", "instructions": "[practice fault=half-open@greeting]"}]
    home = house(agents=agents, PATCHBAY_CALLS_PER_SECOND=0, PATCHBAY_SILENCE_TIMEOUT=3, PATCHBAY_HEARTBEAT=1,
                 PATCHBAY_UPSTREAM_SILENCE=3)
    garbage = "; ".join(["wait agent"] + ["send nonsense", "send {}", 'send {"event":"media","media":5}'] * 200)
    bad = [("half-open 8s", "default"), ("wait agent; reset", "default"), (garbage, "default"),
           ("lose 30%; wait agent; pause 4s", "default"), ("jitter 200ms; speak 3s", "default"),
           ("send binary 00ff", "default"),
           ("pause 4s", "reset"), ("pause 4s", "garbage"), ("speak 3s", "burst"), ("pause 6s", "half-open")]
    good = "; ".join(["expect tone 440 within 8s", "wait silence 800ms within 8s", "speak 1500ms",
                      "expect tone 523 within 8s", "wait silence 800ms within 8s", "hang up"])

    def phones(count, steps, agent, rate):
        return subprocess.Popen(
            [PATH, "call", "--url", home.media_url, "--json", "--calls", str(count), "--rate", str(rate), "--loops",
             "1", "--do", steps, "--param", f"agent={agent}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    each = max(1, CALLS // 10 // len(bad))
    runs = [phones(each, steps, agent, 4) for steps, agent in bad]
    behaved = phones(CALLS - each * len(bad), good, "default", CALLS / 3)
    output, errors = behaved.communicate(timeout=50)
    for run in runs:
        run.communicate(timeout=30)
    report = json.loads(output)
    assert report["ok"], [call["failures"] for call in report["calls"] if not call["ok"]][:5]
    for call in report["calls"]:
        heard_well(call["streams"][0])
        record = home.final(call["call_sid"])
        assert (record["status"], record["end_reason"]) == ("completed", "caller-hangup")
        quality = record["quality"]
        assert quality["lost_frames"] == quality["underruns"] == quality["malformed_messages"] == 0, quality
        assert quality["frames_in"] == call["streams"][0]["frames_sent"], "no frame lost, none from elsewhere"
        assert 0 < quality["bridge_us"]["p50"] <= quality["bridge_us"]["p99"], quality
    assert eventually(lambda: is_quiet(home.bridge), within=10), left_over(home.bridge)
    records = home.api("/v1/calls?limit=200")[1]["items"]
    assert len(records) == min(CALLS, 200) and all(record["end_reason"] for record in records)
