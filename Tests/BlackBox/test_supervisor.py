"""The owner of a node's life: what hangs is found, what ends is counted down, and the service manager hears of it."""

import json
import re
import signal
import socket
import time

import pytest

from practice import Practice
from program import eventually
from raw_phone import Refused
from test_calls_drain import ended, ready, terminate


def health(home):
    return json.loads(home.bridge.get("/healthz").text)


# Legs that hang.

def test_an_upstream_that_is_frozen_is_found_and_the_caller_is_not_left_alone(house):
    home = house(carrier=True, PATCHBAY_HEARTBEAT=0.5, PATCHBAY_UPSTREAM_SILENCE=2)
    phone = home.phone()
    parameters, _ = home.voice(phone.call)
    phone.begin(**parameters).hear_agent()
    home.practice.process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert phone.closed(within=8) == 1000
        assert 1.5 < time.monotonic() - began < 2 + 2.5, "the limit, and two seconds for the other leg"
        assert "<Say" in home.connect_ended(phone.call)
        assert ended(home.final(phone.call)) == ("failed", "upstream-failed")
    finally:
        home.practice.process.send_signal(signal.SIGCONT)


def test_a_carrier_that_neither_reads_nor_speaks_nor_answers_is_found_and_the_upstream_let_go(house):
    home = house(carrier=True, PATCHBAY_HEARTBEAT=0.5, PATCHBAY_SILENCE_TIMEOUT=2)
    phone = home.phone()
    parameters, _ = home.voice(phone.call)
    phone.begin(**parameters).hear_agent()
    began = time.monotonic()
    assert eventually(lambda: home.practice.events("connection.closed"), within=8, every=0.05)
    assert 1.5 < time.monotonic() - began < 2 + 2.5
    assert ended(home.final(phone.call)) == ("failed", "silence")
    assert [form["Status"] for form in home.carrier.asked(phone.call, "POST")] == ["completed"], "the caller is let go"
    assert home.bridge.metric("patchbay_calls_torn_down_total") == 0, "the call did that itself"


# The end of a node.

def test_fifty_calls_go_on_through_sigterm_and_the_countdown_tells_of_them(promptly, house):
    home = house(carrier=True, PATCHBAY_LAME_DUCK=1, PATCHBAY_DRAIN=60)
    assert home.bridge.metric("patchbay_drain_seconds_left") == 0
    phones = [home.phone().begin() for _ in range(50)]
    for phone in phones:
        phone.hear_agent()
    terminate(home)
    began = time.monotonic()
    drain = health(home)["drain"]
    assert drain["calls"] == 50 and 55 < drain["seconds_left"] <= 61
    assert re.search(r"phase draining, 50 calls, .*\d+ s left", home.bridge.get("/readyz?verbose").text)
    assert home.bridge.metric('patchbay_drain_waiting{work="calls"}') == 50
    assert home.bridge.metric("patchbay_draining") == 1
    assert eventually(lambda: refuses(home), within=5), "after the lame duck nobody comes in"
    assert time.monotonic() - began > 0.9
    for phone in phones:
        assert phone.code is None and home.record(phone.call)["status"] == "in-progress"
        home.carrier.statuses[phone.call] = "completed"
        phone.stop()
    assert all(phone.closed() == 1000 for phone in phones)
    assert home.bridge.process.wait(10) == 0
    finals = home.logged("call.ended")
    assert sorted(line["end_reason"] for line in finals) == ["caller-hangup"] * 50
    assert not home.logged("node.call_cut")


def refuses(home):
    try:
        home.phone().close()
    except Refused as refusal:
        return refusal.args[0].status == 503
    return False


def test_a_second_sigterm_lists_what_it_cuts(house):
    home = house(PATCHBAY_LAME_DUCK=30)
    phones = [home.phone().begin().hear_agent() for _ in range(3)]
    terminate(home)
    home.bridge.process.send_signal(signal.SIGTERM)
    assert home.bridge.process.wait(3) == 0
    cut = home.logged("node.call_cut")
    assert [line["provider_call_id"] for line in cut] == [phone.call for phone in phones], "in the order they came"
    assert {line["phase"] for line in cut} == {"bridging"}


def test_what_the_drain_limit_cuts_is_listed_too(house):
    home = house(carrier=True, PATCHBAY_LAME_DUCK=0.5, PATCHBAY_DRAIN=1)
    phone = home.phone()
    parameters, _ = home.voice(phone.call)
    phone.begin(**parameters).hear_agent()
    terminate(home)
    assert phone.closed(within=6) in (1000, 1001)
    assert home.bridge.process.wait(8) == 0
    assert home.logged("node.drain_timeout")[0]["calls"] == 1
    assert [line["provider_call_id"] for line in home.logged("node.call_cut")] == [phone.call]


# The service manager.

@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    """What systemd listens on, and its address as it names it."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.settimeout(5)
    path = str(tmp_path / "notify") if request.param == "path" else f"\0patchbay-{tmp_path.name}-{time.monotonic_ns()}"
    listening.bind(path)
    yield listening, path.replace("\0", "@")
    listening.close()


def told(listening, wanted):
    """The first message with this word; what comes before it is passed over."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        lines = listening.recv(4096).decode().splitlines()
        if wanted in lines:
            return lines
    raise AssertionError(f"no {wanted}")


def test_systemd_hears_when_it_is_ready_alive_and_about_to_end(manager, serve):
    listening, address = manager
    bridge = serve(NOTIFY_SOCKET=address, WATCHDOG_USEC=900_000, PATCHBAY_LAME_DUCK=1)
    assert any(line.startswith("STATUS=takes calls at http://") for line in told(listening, "READY=1"))
    began = time.monotonic()
    for _ in range(4):
        told(listening, "WATCHDOG=1")
    assert time.monotonic() - began < 2, "thrice within each period"
    bridge.process.send_signal(signal.SIGTERM)
    told(listening, "STOPPING=1")
    told(listening, "WATCHDOG=1")
    assert bridge.process.wait(5) == 0


def test_without_a_watchdog_nobody_barks(manager, serve):
    listening, address = manager
    serve(NOTIFY_SOCKET=address)
    told(listening, "READY=1")
    listening.settimeout(1.5)
    with pytest.raises(TimeoutError):
        listening.recv(4096)


def test_a_manager_that_is_not_there_changes_nothing(serve, tmp_path):
    assert serve(NOTIFY_SOCKET=str(tmp_path / "nobody")).get("/readyz").status == 200


# What calls depend on.

def row(home, name):
    return next(row for row in health(home)["components"] if row["name"] == name)


def test_openai_is_asked_by_a_session_that_nobody_uses(house):
    home = house(carrier=True, PATCHBAY_HEALTH_EVERY=0.2)
    assert eventually(lambda: row(home, "openai")["status"] == row(home, "carrier")["status"] == "ok")
    openai = row(home, "openai")
    assert (openai["critical"], openai["breaker"]) == (False, "closed") and 0 < openai["latency_s"] < 2
    assert eventually(lambda: len(home.practice.events("connection.closed")) > 2)
    assert not home.practice.events("session.updated"), "nothing is set up"
    assert home.carrier.looks > 1 and not home.carrier.requests


@pytest.mark.parametrize("change, code, words", [
    ({"OPENAI_API_KEY": "wrong"}, "upstream.invalid_credentials", "API key"),
    ({"OPENAI_REALTIME_URL": "ws://127.0.0.1:9/v1/realtime"}, "upstream.connection_lost", "connection"),
])
def test_an_upstream_that_does_not_take_us_in_shows_why_and_its_breaker_is_left_to_calls(change, code, words, start, tmp_path):
    practice = Practice("--key", "right")
    try:
        from house import House
        home = House(start, tmp_path, None, PATCHBAY_HEALTH_EVERY=0.2, **practice.environment() | change)
        assert eventually(lambda: row(home, "openai")["status"] == "failing")
        assert row(home, "openai")["last_error_code"] == code and words in row(home, "openai")["last_error"]
        rounds = 'patchbay_probe_rounds_total{dependency="openai",outcome="failed"}'
        assert eventually(lambda: (home.bridge.metric(rounds) or 0) > 6, within=8)
        assert row(home, "openai")["breaker"] == "closed"
        assert home.bridge.metric('patchbay_breaker_state{dependency="openai"}') == 0
        assert home.bridge.metric('patchbay_dependency_up{dependency="openai",critical="false"}') == 0
        assert home.bridge.get("/readyz").status == 200 and health(home)["status"] == "degraded"
    finally:
        practice.destroy()


def test_a_call_that_got_its_session_is_as_good_as_a_probe(house):
    home = house(PATCHBAY_HEALTH_EVERY=0.3)
    home.phone().begin().hear_agent()
    spared = 'patchbay_probe_rounds_total{dependency="openai",outcome="spared"}'
    assert eventually(lambda: (home.bridge.metric(spared) or 0) > 2)
    assert row(home, "openai")["status"] == "ok"


def test_a_request_that_the_carrier_answered_is_as_good_as_a_probe(house):
    home = house(carrier=True, PATCHBAY_HEALTH_EVERY=0.3)
    phone = home.phone().begin().hear_agent()
    spared = 'patchbay_probe_rounds_total{dependency="carrier",outcome="spared"}'
    assert home.bridge.metric(spared) == 0
    home.carrier.statuses[phone.call] = "in-progress"
    home.api(f"/v1/calls/{phone.call}/hangup", "POST")
    phone.closed()
    assert eventually(lambda: home.bridge.metric(spared) > 2)
    looks = home.carrier.looks
    time.sleep(1)
    assert home.carrier.looks == looks and row(home, "carrier")["status"] == "ok"


def test_an_upstream_that_cannot_be_asked_without_a_bill_has_a_row_that_says_so(eleven):
    async def greet(talk):
        await talk.tone(440, 1, 1)

    home, _ = eleven(greet, key=False, environment={"PATCHBAY_HEALTH_EVERY": 0.2})
    before = row(home, "elevenlabs")
    assert (before["status"], before["critical"]) == ("unknown", False)
    assert "ELEVENLABS_API_KEY" in before["last_error"] and health(home)["status"] == "ok"
    phone = home.phone().begin()
    assert eventually(lambda: row(home, "elevenlabs")["status"] == "ok"), "a call was taken"
    phone.stop()


def test_an_open_breaker_shows(house):
    home = house("refuse=500", carrier=True)
    for _ in range(2):
        phone = home.phone()
        parameters, _ = home.voice(phone.call)
        phone.begin(**parameters).closed(within=12)
    assert eventually(lambda: row(home, "openai")["breaker"] == "open"), row(home, "openai")
    assert home.bridge.metric('patchbay_breaker_state{dependency="openai"}') == 2
    assert row(home, "carrier")["breaker"] == "closed"


@pytest.mark.parametrize("change, code, words", [
    ({"account": None}, "carrier.credentials", "auth_token"),
    ({"account": "suspended"}, "carrier.credentials", "suspended"),
    ({"broken": True}, "carrier.unavailable", "500"),
])
def test_a_carrier_that_is_not_well_shows_why_and_is_well_again(change, code, words, house):
    home = house(carrier=True, PATCHBAY_HEALTH_EVERY=0.2)
    assert eventually(lambda: row(home, "carrier")["status"] == "ok")
    vars(home.carrier).update(change)
    assert eventually(lambda: row(home, "carrier")["status"] == "failing")
    assert row(home, "carrier")["last_error_code"] == code and words in row(home, "carrier")["last_error"]
    assert row(home, "carrier")["breaker"] == "closed"
    vars(home.carrier).update(account="active", broken=False)
    assert eventually(lambda: row(home, "carrier")["status"] == "ok")
