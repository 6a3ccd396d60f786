"""The node's end while calls are up."""

import signal
import time

import pytest

from program import eventually
from raw_phone import Refused


def ask(home, body):
    """What a node that may be gone answers; None if nobody does."""
    try:
        return body()
    except OSError:
        return None


def ready(home):
    return ask(home, lambda: home.bridge.get("/readyz").status)


def terminate(home):
    home.bridge.process.send_signal(signal.SIGTERM)
    assert eventually(lambda: ready(home) == 503, within=1)


def ended(record):
    return record and (record["status"], record["end_reason"])


def test_calls_go_on_after_sigterm_and_the_node_ends_with_the_last(house):
    home = house(carrier=True, PATCHBAY_LAME_DUCK=1, PATCHBAY_DRAIN=30)
    phone = home.phone().begin().hear_agent()
    terminate(home)
    began = time.monotonic()
    assert not phone.closed(within=3), "a call that is up goes on"
    assert home.record(phone.call)["status"] == "in-progress"
    assert home.bridge.get("/livez").status == 200
    assert home.bridge.process.poll() is None
    home.carrier.statuses[phone.call] = "completed"
    phone.stop()
    phone.closed()
    assert home.bridge.process.wait(8) == 0
    assert time.monotonic() - began < 12
    finals = [line for line in home.logged("call.ended") if line.get("provider_call_id") == phone.call]
    assert len(finals) == 1 and finals[0]["end_reason"] == "caller-hangup"


def test_new_calls_are_taken_through_the_lame_duck_and_refused_after_it(house):
    home = house(carrier=True, PATCHBAY_LAME_DUCK=2, PATCHBAY_DRAIN=30)
    first = home.phone().begin().hear_agent()
    terminate(home)
    second = home.phone()
    parameters, _ = home.voice(second.call)
    second.begin(**parameters).hear_agent()
    assert eventually(lambda: refuses(home), within=5)
    status, _ = home.post(
        "/twilio/voice", CallSid="CA" + "9" * 32, AccountSid="AC" + "1" * 32, From="+15550001111",
        To="+15550002222", CallStatus="ringing", Direction="inbound", ApiVersion="2010-04-01")
    assert status == 503
    for phone in (first, second):
        assert phone.listen(lambda message: True, within=1) or phone.code is None, "those that are up go on"
        home.carrier.statuses[phone.call] = "completed"
        phone.stop()
        phone.closed()
    assert home.bridge.process.wait(8) == 0


def refuses(home):
    try:
        home.phone().close()
    except Refused as refusal:
        assert refusal.args[0].status == 503
        return True
    return False


def test_what_is_up_at_the_drain_limit_is_ended(house):
    home = house(carrier=True, PATCHBAY_LAME_DUCK=0.5, PATCHBAY_DRAIN=1)
    phone = home.phone()
    parameters, _ = home.voice(phone.call)
    phone.begin(**parameters).hear_agent()
    terminate(home)
    began = time.monotonic()
    assert phone.closed(within=6) in (1000, 1001)
    assert 1 < time.monotonic() - began < 4
    assert home.bridge.process.wait(8) == 0
    finals = [line for line in home.logged("call.ended") if line.get("provider_call_id") == phone.call]
    assert len(finals) == 1, home.bridge.errors()[-2000:]
    assert (finals[0]["status"], finals[0]["end_reason"]) == ("failed", "drain-timeout")
    assert home.logged("node.drain_timeout")


@pytest.mark.parametrize("calls", [1, 20])
def test_sigint_ends_all_calls_politely_and_at_once(calls, house):
    home = house()
    phones = [home.phone().begin().hear_agent() for _ in range(calls)]
    waiting = home.phone().connected()
    process = home.bridge.process
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert [phone.closed(within=3) for phone in phones + [waiting]] == [1001] * (calls + 1)
    assert process.wait(3) == 0
    assert time.monotonic() - began < 1
    finals = home.logged("call.ended")
    assert len(finals) == calls
    assert eventually(lambda: len(home.practice.events("connection.closed")) == calls, within=2)


def test_a_second_sigterm_ends_calls_at_once(house):
    home = house(PATCHBAY_LAME_DUCK=30)
    phone = home.phone().begin().hear_agent()
    terminate(home)
    began = time.monotonic()
    home.bridge.process.send_signal(signal.SIGTERM)
    assert home.bridge.process.wait(3) == 0
    assert time.monotonic() - began < 1
    assert phone.listen(within=2) or phone.code is None
