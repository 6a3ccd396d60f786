"""Calls whose bridge dies: each has one final status soon after, and what was acknowledged is never lost.

SOAK=1 runs the long forms: 100 deaths under 50 calls, and a node that sleeps for longer than its lease."""

import contextlib
import os
import random
import signal
import threading
import time

import pytest

from calls import Refused
from history import FINAL, History, integrity, rank
from program import Bridge, eventually
from wire import Ended

IS_LONG = bool(os.environ.get("SOAK"))
GONE = (OSError, Ended, Refused, AssertionError)


def ended(record):
    return record and (record["status"], record["end_reason"])


def begun(home, count):
    """Calls with a caller on the line, by our records."""
    phones = [home.phone().begin() for _ in range(count)]
    for phone in phones:
        phone.hear_agent()
        if home.carrier:
            home.carrier.statuses[phone.call] = "in-progress"
    assert eventually(lambda: all(home.record(phone.call) for phone in phones), within=5)
    return phones


def unreconciled(home):
    return home.bridge.metric("patchbay_calls_unreconciled")


# What the carrier says decides.

def test_after_a_death_the_carrier_is_asked_what_became_of_each_call(house):
    home = house(carrier=True)
    over, lost, live = begun(home, 3)
    home.carrier.statuses[over.call] = "completed"
    del home.carrier.statuses[lost.call]
    home.crash()
    home.restart()
    assert home.bridge.seconds_to_ready < 2
    assert ended(home.final(over.call, within=3)) == ("completed", "caller-hangup")
    assert ended(home.final(lost.call, within=3)) == ("failed", "node-lost")
    assert home.carrier.asked(live.call, "POST") == [], "its caller has 5 s to come back"
    assert ended(home.final(live.call, within=8)) == ("failed", "node-lost")
    assert home.carrier.asked(live.call, "POST") == [{"Status": "completed"}]
    for phone, why in ((over, "carrier-final"), (lost, "unknown-to-carrier"), (live, "not-resumed")):
        (swept,) = home.events(phone.call, "swept")
        assert swept["data"]["why"] == why
        assert len(home.events(phone.call, "call.final")) == 1
    assert home.bridge.metric('patchbay_swept_total{reason="node-lost"}') == 2
    assert unreconciled(home) == 0


def test_a_caller_who_comes_back_goes_on_in_the_same_record(house):
    home = house(carrier=True)
    (phone,) = begun(home, 1)
    before = home.record(phone.call)
    home.crash()
    home.restart()
    again = home.phone(call=phone.call).begin().hear_agent()
    again.media(count=50)
    assert not again.listen(lambda message: False, within=6), "nobody hangs up a call that goes on"
    record = home.record(phone.call)
    assert (record["id"], record["status"]) == (before["id"], "in-progress")
    assert home.carrier.asked(phone.call, "POST") == []
    assert unreconciled(home) == 0 and "unreconciled_since" not in home.record(phone.call)
    home.carrier.statuses[phone.call] = "completed"
    again.stop()
    assert ended(home.final(phone.call)) == ("completed", "caller-hangup")


def test_a_silent_carrier_holds_nothing_up_and_is_asked_again(house):
    home = house(carrier=True)
    phones = begun(home, 3)
    home.carrier.broken = True
    home.crash()
    home.restart()
    assert home.bridge.seconds_to_ready < 2
    assert home.bridge.get("/startupz").status == home.bridge.get("/readyz").status == 200
    assert unreconciled(home) == 3
    for phone in phones:
        record = home.record(phone.call)
        assert record["status"] == "in-progress" and record["unreconciled_since"]
    begun(home, 1)[0].close()
    for phone in phones:
        home.carrier.statuses[phone.call] = "completed"
    home.carrier.broken = False
    for phone in phones:
        # The breaker of the carrier's API may have opened: half a minute until its probe.
        assert ended(home.final(phone.call, within=45)) == ("completed", "caller-hangup")
    assert unreconciled(home) == 0


def test_without_credentials_a_dead_nodes_call_is_lost_after_five_seconds(house):
    home = house()
    (phone,) = begun(home, 1)
    home.crash()
    home.restart()
    assert home.record(phone.call)["status"] == "in-progress"
    assert ended(home.final(phone.call, within=8)) == ("failed", "node-lost")


# Who hung up before the stream, and who was never dialled.

@pytest.mark.parametrize("dies", [False, True], ids=["alive", "after a death"])
def test_a_caller_who_hung_up_before_the_stream_is_final_soon(dies, house):
    home = house(carrier=True, PATCHBAY_EXPECTED_TIMEOUT=2)
    call = "CA" + "7" * 32
    home.voice(call)
    home.carrier.statuses[call] = "completed"
    began = time.monotonic()
    if dies:
        home.crash()
        home.restart()
    assert ended(home.final(call, within=2 + 5)) == ("completed", "caller-hangup")
    assert time.monotonic() - began > 1.5, "the stream had its time"


# Two of them.

def other(start, home, **environment):
    """A second bridge on the same store, with a port of its own."""
    return start(Bridge, folder=home.folder, **(home.environment | environment))


def test_two_bridges_share_a_store_and_each_call_is_closed_once(house, start):
    home = house(carrier=True)
    phones = begun(home, 6)
    second = other(start, home)
    third = other(start, home)
    for phone in phones:
        home.carrier.statuses[phone.call] = "completed"
    time.sleep(0.3)
    assert all(home.record(phone.call)["status"] == "in-progress" for phone in phones), "their node lives"
    home.crash()
    home.bridge = second
    home.api("/v1/sweep", "POST")
    for phone in phones:
        assert ended(home.final(phone.call, within=10)) == ("completed", "caller-hangup")
        assert len(home.events(phone.call, "call.final")) == len(home.events(phone.call, "swept")) == 1
    swept = [bridge.metric('patchbay_swept_total{reason="caller-hangup"}') or 0 for bridge in (second, third)]
    assert sum(swept) == 6


def test_a_new_version_takes_over_and_no_call_is_cut_or_refused(house, start):
    home = house(carrier=True, PATCHBAY_LAME_DUCK=0, PATCHBAY_DRAIN=30, PATCHBAY_SWEEP_EVERY=1)
    old = begun(home, 5)
    first, second = home.bridge, other(start, home)
    first.process.send_signal(signal.SIGTERM)
    home.bridge = second
    new = begun(home, 5)
    for phone in old + new:
        assert not phone.listen(lambda message: False, within=0.3)
        assert phone.code is None and home.record(phone.call)["status"] == "in-progress"
    for phone in old + new:
        home.carrier.statuses[phone.call] = "completed"
        phone.stop()
    for phone in old + new:
        assert ended(home.final(phone.call)) == ("completed", "caller-hangup")
        assert home.events(phone.call, "swept") == []
    assert first.process.wait(8) == 0


def test_a_bridge_that_ends_leaves_nothing_to_sweep(house, start):
    home = house(carrier=True, PATCHBAY_LAME_DUCK=0, PATCHBAY_DRAIN=1)
    (phone,) = begun(home, 1)
    home.bridge.process.send_signal(signal.SIGTERM)
    assert home.bridge.process.wait(8) == 0
    home.restart()
    assert ended(home.record(phone.call)) == ("failed", "drain-timeout")
    assert home.api("/v1/sweep", "POST")[1]["looked_at"] == 0
    assert len(list(home.folder.glob("patchbay.db.node-*"))) == 1, "a lock goes with its process"


# By request.

def test_a_sweep_tells_what_it_did(house):
    home = house(carrier=True, PATCHBAY_SWEEP_EVERY=0)
    live, over = begun(home, 2)
    home.carrier.statuses[over.call] = "completed"
    home.crash()
    home.restart(PATCHBAY_SWEEP_EVERY=0)
    status, report = home.api("/v1/sweep", "POST")
    assert status == 200
    closed = {one["provider_call_id"]: one for one in report["closed"]}
    assert report["looked_at"] in (1, 2) and report["unreconciled"] == 0
    assert set(closed) <= {live.call, over.call}
    assert closed[live.call]["end_reason"] == "node-lost"
    assert home.final(over.call)["end_reason"] == "caller-hangup"
    assert home.api("/v1/sweep", "POST")[1] == {
        "looked_at": 0, "closed": [], "live": 0, "elsewhere": 0, "scheduled": 0, "waiting": 0, "unreconciled": 0}


# At any moment.

def hold(home, history, seed, until):
    """One caller, who does what people and carriers do until the bridge dies, and does not wonder at its end."""
    dice = random.Random(seed)
    with contextlib.suppress(*GONE):
        while not until.is_set():
            phone = home.phone()
            history.used.add(phone.call)
            home.carrier.statuses[phone.call] = "in-progress"
            parameters = home.voice(phone.call)[0] if dice.random() < 0.5 else {}
            phone.begin(**parameters)
            for _ in range(dice.randrange(100)):
                phone.media()
                phone.listen(lambda message: False, within=0.02)
                if until.is_set():
                    return
            home.carrier.statuses[phone.call] = "completed"
            if dice.random() < 0.5 and home.status(phone.call, "completed")[0] == 204:
                history.reported[phone.call] = "completed"
            phone.reset() if dice.random() < 0.3 else phone.stop()


def death(home, history, calls, dice):
    dead = threading.Event()
    callers = [
        threading.Thread(target=hold, args=(home, history, dice.random(), dead), daemon=True) for _ in range(calls)]
    with history:
        for caller in callers:
            caller.start()
        time.sleep(0.3 + 1.7 * dice.random())
        home.crash()
        dead.set()
    for caller in callers:
        caller.join(10)
    for call, status in list(home.carrier.statuses.items()):
        if status == "in-progress" and dice.random() < 0.6:
            if dice.random() < 0.5:
                home.carrier.statuses[call] = "completed"
            else:
                del home.carrier.statuses[call]
    assert integrity(home.folder) == "ok"
    home.restart()
    assert home.bridge.seconds_to_ready < 2
    began = time.monotonic()

    def still_open():
        return [one for one in home.api("/v1/calls?limit=200")[1]["items"] if rank(one) < FINAL]
    assert eventually(lambda: not still_open(), within=10, every=0.2), still_open()
    return time.monotonic() - began


def test_killed_at_any_moment_every_call_ends_once_and_nothing_told_is_lost(house):
    rounds, calls = (100, 50) if IS_LONG else (3, 10)
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    print(f"SEED={seed}")
    dice = random.Random(seed)
    home = house(carrier=True, PATCHBAY_EXPECTED_TIMEOUT=2, PATCHBAY_CALLS_PER_CALLER=0)
    history = History(home)
    slowest = max(death(home, history, calls, dice) for _ in range(rounds))
    for name, record in history.judge().items():
        assert record["end_reason"], record
        assert len(home.events(name, "call.final")) == 1, name
    print(f"{rounds} deaths, {len(history.used)} calls, the slowest was over after {slowest:.1f} s")


@pytest.mark.skipif(not IS_LONG, reason="a minute of sleep: SOAK=1")
def test_a_bridge_that_slept_longer_than_its_lease_writes_nothing_of_calls_that_were_taken_over(house, start):
    home = house(carrier=True)
    phones = begun(home, 5)
    sleeper, second = home.bridge, other(start, home)
    sleeper.process.send_signal(signal.SIGSTOP)
    home.bridge = second
    finals = [home.final(phone.call, within=75) for phone in phones]
    assert {ended(final) for final in finals} == {("failed", "node-lost")}
    before = {phone.call: (home.record(phone.call), home.events(phone.call)) for phone in phones}
    sleeper.process.send_signal(signal.SIGCONT)
    assert eventually(lambda: sleeper.logged("error.reported") and sleeper.metric(
        'patchbay_errors_total{component="sweep",code="node.fenced"}') == 1, within=20)
    assert eventually(lambda: sleeper.metric('patchbay_calls_active{upstream="openai"}') == 0, within=20)
    time.sleep(2)
    for phone in phones:
        assert (home.record(phone.call), home.events(phone.call)) == before[phone.call]
    sleeper.expected_errors = second.expected_errors = r"(\{.*\}\n)*"
