"""Bridges that share a store: each call is closed once, none is cut by a new version, and who slept too long is fenced.

SOAK=1 runs the one that sleeps for a minute."""

import os
import signal
import time

import pytest

from history import begun, ended
from program import Bridge, eventually

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


@pytest.mark.timeout(180)
@pytest.mark.skipif(not os.environ.get("SOAK"), reason="a minute of sleep: SOAK=1")
def test_a_bridge_that_slept_longer_than_its_lease_writes_nothing_of_calls_that_were_taken_over(house, start):
    home = house(carrier=True)
    phones = begun(home, 5)
    sleeper, second = home.bridge, other(start, home)
    sleeper.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    home.bridge = second
    finals = [home.final(phone.call, within=60) for phone in phones]
    assert {ended(final) for final in finals} == {("failed", "node-lost")}
    before = {phone.call: (home.record(phone.call), home.events(phone.call)) for phone in phones}
    time.sleep(max(0, 60 - (time.monotonic() - began)))
    sleeper.process.send_signal(signal.SIGCONT)
    assert eventually(
        lambda: sleeper.metric('patchbay_errors_total{component="sweep",code="node.fenced"}') == 1, within=20)
    assert eventually(lambda: sleeper.metric('patchbay_calls_active{upstream="openai"}') == 0, within=20)
    time.sleep(2)
    for phone in phones:
        assert (home.record(phone.call), home.events(phone.call)) == before[phone.call]
        assert len(home.carrier.asked(phone.call, "POST")) == 1, "only the heir hangs up"
