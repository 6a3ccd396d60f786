"""Calls whose bridge dies: each has one final status soon after, and what was acknowledged is never lost.

SOAK=1 runs the long form: 100 deaths under 50 calls."""

import contextlib
import os
import random
import threading
import time

import pytest

from history import FINAL, History, begun, ended, in_time, integrity, rank
from program import eventually
from raw_phone import Refused
from wire import Ended

IS_LONG = bool(os.environ.get("SOAK"))
LONG = pytest.mark.skipif(not IS_LONG, reason="takes long: SOAK=1")
GONE = (OSError, Ended, Refused, AssertionError)


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
    assert in_time(home.bridge)
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
    assert eventually(lambda: unreconciled(home) == 0)


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


@pytest.mark.parametrize("is_long", [False, pytest.param(True, marks=LONG)], ids=["short", "until it rests"])
def test_a_silent_carrier_holds_nothing_up_and_is_asked_again(is_long, house):
    home = house(carrier=True)
    phones = begun(home, 3 if is_long else 1)
    home.carrier.broken = True
    home.crash()
    home.restart()
    assert in_time(home.bridge)
    assert home.bridge.get("/startupz").status == home.bridge.get("/readyz").status == 200
    assert unreconciled(home) == len(phones)
    for phone in phones:
        record = home.record(phone.call)
        assert record["status"] == "in-progress" and record["unreconciled_since"]
    begun(home, 1)[0].close()
    for phone in phones:
        home.carrier.statuses[phone.call] = "completed"
    # After five failures the carrier's API is left alone for half a minute.
    time.sleep(10 if is_long else 0)
    home.carrier.broken = False
    for phone in phones:
        assert ended(home.final(phone.call, within=45 if is_long else 10)) == ("completed", "caller-hangup")
    assert eventually(lambda: unreconciled(home) == 0)


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
    assert in_time(home.bridge)
    began = time.monotonic()

    def still_open():
        records = [one for one in home.api("/v1/calls?limit=200")[1]["items"] if rank(one) < FINAL]
        for record in records:
            if not record["stream_id"]:
                # Its stream had nowhere to go, so the carrier went on with what follows, and that is nothing.
                home.carrier.statuses[record["provider_call_id"]] = "completed"
        return records
    assert eventually(lambda: not still_open(), within=10, every=0.2), still_open()
    return time.monotonic() - began


@pytest.mark.timeout(3600 if IS_LONG else 60)
def test_killed_at_any_moment_every_call_ends_once_and_nothing_told_is_lost(house):
    rounds, calls = (int(os.environ.get("DEATHS", 100)), 50) if IS_LONG else (2, 10)
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    print(f"SEED={seed}")
    dice = random.Random(seed)
    home = house(carrier=True, PATCHBAY_EXPECTED_TIMEOUT=1, PATCHBAY_CALLS_PER_CALLER=0)
    history = History(home)
    slowest = 0
    for number in range(rounds):
        slowest = max(slowest, death(home, history, calls, dice))
        print(f"death {number + 1}: all over after at most {slowest:.1f} s", flush=True)
    for name, record in history.judge().items():
        assert record["end_reason"], record
        assert len(home.events(name, "call.final")) == 1, name
    print(f"{rounds} deaths, {len(history.used)} calls, the slowest was over after {slowest:.1f} s")
