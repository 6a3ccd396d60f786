"""An upstream that refuses, says nothing or is lost: the caller hears an apology, and the record says what happened."""

import concurrent.futures
import os
import re
import socket
import time

import pytest

from program import eventually

SORRY = "We have trouble on the line. Please call again."
FALLBACK = {"id": "default", "fallback": {"say": SORRY}}
SOAK = "CALLS_SOAK" in os.environ

# At connect: what it does, how often it is dialled, and the error of the record.
REFUSALS = {
    "refuse=401": (1, "upstream.invalid_credentials"),
    "refuse=403": (1, "upstream.forbidden"),
    "refuse=404": (1, "upstream.not_found"),
    "refuse=429": (3, "upstream.rate_limited"),
    "refuse=500": (3, "upstream.server_error"),
    "refuse=503": (3, "upstream.server_error"),
    "bad-key": (1, "upstream.invalid_credentials"),
    "model-not-found": (1, "upstream.not_found"),
    "quota": (1, "upstream.quota_exhausted"),
    "silent": (3, "upstream.connection_lost"),
    "no-update": (3, "upstream.connection_lost"),
    "half-open@start": (3, "upstream.connection_lost"),
    "close=1011@start": (3, "upstream.server_error"),
    "close=1013@start": (3, "upstream.overloaded"),
    "close=1000@start": (1, "upstream.closed_normally"),
    "reset@start": (3, "upstream.connection_lost"),
}


@pytest.mark.parametrize("fault", REFUSALS)
def test_an_upstream_that_cannot_be_had_is_tried_and_then_apologised_for(fault, house):
    tries, code = REFUSALS[fault]
    home = house(fault, carrier=True, agents=[FALLBACK], PATCHBAY_UPSTREAM_CONNECT_TIMEOUT=1)
    phone = home.phone()
    parameters, _ = home.voice(phone.call)
    home.carrier.statuses[phone.call] = "in-progress"
    began = time.monotonic()
    phone.begin(**parameters)
    phone.media(count=5)
    # The stream was set up by us, so its end leads the carrier back to us.
    assert phone.closed(within=12) == 1000
    assert time.monotonic() - began < 9
    twiml = home.connect_ended(phone.call)
    assert f">{SORRY}</Say>" in twiml and "<Hangup" in twiml, twiml
    record = home.final(phone.call)
    assert (record["status"], record["end_reason"]) == ("failed", "upstream-unavailable")
    assert record["error"]["code"] == code
    assert len(home.practice.attempts) == tries, home.practice.attempts
    assert len(home.events(phone.call, "upstream.attempt")) == tries
    assert len(home.events(phone.call, "upstream.lost")) == tries
    assert len(home.logged(code, phone.call)) == tries
    if "429" in fault:
        gaps = [later - earlier for earlier, later in zip(home.practice.attempts, home.practice.attempts[1:])]
        assert all(gap >= 2 for gap in gaps), "Retry-After says 2 s"
    if "refuse" not in fault and "half-open" not in fault:
        opened = len(home.practice.events("connection.opened"))
        assert eventually(lambda: len(home.practice.events("connection.closed")) == opened, within=3)
    # The call's own end comes later and changes nothing.
    assert home.status(phone.call, "completed")[0] == 204
    assert home.record(phone.call)["end_reason"] == "upstream-unavailable"
    assert home.carrier.asked(phone.call, "POST") == []
    assert home.calls_active() == 0


def test_nobody_at_the_upstreams_address_is_the_same(house):
    with socket.socket() as picked:
        picked.bind(("127.0.0.1", 0))
        port = picked.getsockname()[1]
    home = house(practice=False, agents=[FALLBACK], OPENAI_API_KEY="k",
                 OPENAI_REALTIME_URL=f"ws://127.0.0.1:{port}/v1/realtime")
    phone = home.phone().begin()
    assert phone.closed(within=10) == 1000
    record = home.final(phone.call)
    assert (record["end_reason"], record["error"]["code"]) == ("upstream-unavailable", "upstream.connection_lost")
    assert len(home.events(phone.call, "upstream.attempt")) == 3


def test_a_try_that_succeeds_is_a_call_like_any_other(house):
    home = house(practice_options=("--fault", "refuse=500", "--fault-first", 2), agents=[FALLBACK])
    phone = home.phone().begin().hear_agent()
    phone.close()
    record = home.final(phone.call)
    assert (record["status"], record["end_reason"], record["error"]) == ("completed", "caller-hangup", None)
    assert len(home.practice.attempts) == 3


def test_a_stream_from_elsewhere_is_told_by_rest(house):
    home = house("refuse=401", carrier=True, agents=[FALLBACK])
    phone = home.phone()
    home.carrier.statuses[phone.call] = "in-progress"
    home.carrier.hooks[phone.call] = lambda form: phone.goodbye()
    phone.begin()
    assert phone.closed() == 1000
    orders = home.carrier.asked(phone.call, "POST")
    assert len(orders) == 1 and f">{SORRY}</Say>" in orders[0]["Twiml"], orders
    assert home.final(phone.call)["end_reason"] == "upstream-unavailable"


def test_a_caller_who_hangs_up_first_ends_the_tries(house):
    home = house("refuse=429", agents=[FALLBACK])
    phone = home.phone().begin()
    assert eventually(lambda: home.practice.attempts)
    phone.stop()
    record = home.final(phone.call)
    assert (record["status"], record["end_reason"], record["error"]) == ("completed", "caller-hangup", None)
    time.sleep(2.5)  # Past the Retry-After.
    assert len(home.practice.attempts) == 1


# In the middle of a call.

LOST = {
    "close=1001@after-greeting": "upstream.connection_lost",
    "close=1002@after-greeting": "upstream.protocol_error",
    "close=1008@after-greeting": "upstream.policy",
    "close=1011@after-greeting": "upstream.server_error",
    "close=1012@after-greeting": "upstream.overloaded",
    "close=3000@after-greeting": "upstream.invalid_credentials",
    "close=4999@after-greeting": "upstream.configuration_refused",
    "reset@after-greeting": "upstream.connection_lost",
    "quota@after-greeting": "upstream.quota_exhausted",
    "session-expired@after-greeting": "upstream.session_expired",
    "half-open@greeting": "upstream.connection_lost",
}


def test_an_upstream_lost_in_the_middle_is_apologised_for(house):
    def name(fault):
        return re.sub(r"\W", "-", fault)

    agents = [FALLBACK] + [
        FALLBACK | {"id": name(fault), "instructions": f"[practice fault={fault}]"} for fault in LOST]
    home = house(carrier=True, agents=agents, PATCHBAY_UPSTREAM_SILENCE=2, PATCHBAY_HEARTBEAT=0.5)

    def call(fault):
        phone = home.phone()
        home.carrier.statuses[phone.call] = "in-progress"
        home.carrier.hooks[phone.call] = lambda form: phone.goodbye()
        phone.begin(agent=name(fault)).media()
        phone.hear_agent()
        began = time.monotonic()
        assert phone.closed(within=10) == 1000, fault
        took = time.monotonic() - began
        record = home.final(phone.call)
        assert (record["status"], record["end_reason"]) == ("failed", "upstream-failed"), fault
        assert record["error"]["code"] == LOST[fault], fault
        assert len(home.events(phone.call, "upstream.lost")) == 1, fault
        orders = home.carrier.asked(phone.call, "POST")
        assert len(orders) == 1 and f">{SORRY}</Say>" in orders[0]["Twiml"], fault
        if "half-open" in fault:
            assert took < 5, "found within upstream_silence_s"

    with concurrent.futures.ThreadPoolExecutor(len(LOST)) as pool:
        for result in [pool.submit(call, fault) for fault in LOST]:
            result.result()
    assert home.calls_active() == 0
    for closed in home.practice.events("connection.closed"):
        assert closed["lasted_ms"] < 20_000


def test_an_upstream_lost_in_the_middle_of_our_own_call(house):
    home = house("reset@after-greeting", carrier=True, agents=[FALLBACK])
    phone = home.phone()
    parameters, _ = home.voice(phone.call)
    phone.begin(**parameters).hear_agent()
    assert phone.closed(within=8) == 1000
    assert f">{SORRY}</Say>" in home.connect_ended(phone.call)
    record = home.final(phone.call)
    assert (record["end_reason"], record["error"]["code"]) == ("upstream-failed", "upstream.connection_lost")
    assert home.carrier.requests == []


def test_an_upstream_that_takes_its_leave_is_a_farewell(house):
    home = house("close=1000@after-greeting", agents=[FALLBACK])
    report = home.run_phone("--do", "wait end within 10s")
    stream = report["calls"][0]["streams"][0]
    assert stream["ended"]["code"] == 1000 and stream["gaps"] == []
    assert abs(stream["bytes_played"] - 16_000) <= 160, "the greeting is heard whole"
    record = home.final(report["calls"][0]["call_sid"])
    assert (record["status"], record["end_reason"], record["error"]) == ("completed", "agent-hangup", None)


# The breaker.

def fail(home):
    """One call that fails. Returns how long that took."""
    began = time.monotonic()
    phone = home.phone().begin()
    assert phone.closed(within=10) == 1000
    assert home.final(phone.call)["end_reason"] == "upstream-unavailable"
    return time.monotonic() - began


def test_after_five_failures_in_a_row_nobody_is_dialled(house):
    home = house(practice_options=("--fault", "refuse=500", "--fault-first", 5), agents=[FALLBACK])
    fail(home)
    fail(home)
    assert len(home.practice.attempts) == 5, "the breaker opens within the second call"
    for _ in range(3):
        assert fail(home) < 0.5
    assert len(home.practice.attempts) == 5
    if not SOAK:
        return
    time.sleep(31)
    home.phone().begin().hear_agent().close()  # The probe.
    home.phone().begin().hear_agent().close()
    assert len(home.practice.attempts) == 7


def test_a_silent_upstream_opens_the_breaker_too(house):
    home = house("silent", agents=[FALLBACK], PATCHBAY_UPSTREAM_CONNECT_TIMEOUT=0.3)
    fail(home)
    fail(home)
    assert len(home.practice.attempts) == 5
    assert fail(home) < 0.25
    assert len(home.practice.attempts) == 5


def test_calls_that_are_hung_up_early_do_not_open_the_breaker(house):
    home = house("silent", agents=[FALLBACK])
    for _ in range(8):
        phone = home.phone().begin()
        assert eventually(lambda: home.events(phone.call, "upstream.attempt"))
        phone.close()
        home.final(phone.call)
    assert len(home.practice.events("connection.opened")) == 8
