"""How a call ends on the carrier's side: the codes, who decides, and what the record says within five seconds."""

import concurrent.futures
import hashlib
import hmac
import time

import pytest

from carrier import signature
from program import eventually
from raw_phone import Refused
from wire import BINARY, CLOSE, PING, TEXT, frame


def ended(record):
    return record and (record["status"], record["end_reason"])


# Before the start.

def test_a_socket_that_sends_no_start_is_closed(house):
    home = house(PATCHBAY_START_TIMEOUT=1)
    began = time.monotonic()
    phone = home.phone().connected()
    assert phone.closed(within=4) == 1008
    assert 0.9 < time.monotonic() - began < 2.5
    assert eventually(lambda: home.bridge.metric('patchbay_rejected_total{reason="no-start"}') == 1)
    assert home.practice.events() == []
    assert home.api("/v1/calls")[1]["items"] == []


def test_a_start_in_time_ends_that_wait(house):
    home = house(PATCHBAY_START_TIMEOUT=1)
    phone = home.phone().begin()
    assert not phone.closed(within=2)
    phone.close()
    assert ended(home.final(phone.call)) == ("completed", "caller-hangup")


VIOLATIONS = {
    "binary": (1003, frame(BINARY, b"\x00\x01")),
    "text that is no UTF-8": (1007, frame(TEXT, b'{"event":"\xff\xfe"}')),
    "message too big": (1009, frame(TEXT, length=(1 << 20) + 1)),
    "reserved bit": (1002, frame(TEXT, b"{}", rsv=4)),
    "unmasked frame": (1002, frame(TEXT, b"{}", mask=None)),
    "unknown opcode": (1002, frame(3, b"")),
    "fragmented ping": (1002, frame(PING, b"", fin=False)),
    "close code out of range": (1002, frame(CLOSE, b"\x00\x05")),
}


@pytest.mark.parametrize("has_rest", [False, True], ids=["alone", "with REST"])
def test_a_broken_rule_is_closed_with_its_code_and_ends_the_call(has_rest, house):
    home = house(carrier=has_rest)
    for name, (code, data) in VIOLATIONS.items():
        phone = home.phone().begin().hear_agent()
        if has_rest:
            home.carrier.statuses[phone.call] = "in-progress"
        phone.send(data)
        assert phone.closed() == code, name
        record = home.final(phone.call)
        assert ended(record) == ("failed", "protocol-error"), name
        assert record["error"]["code"] == "carrier.protocol"
        if has_rest:
            assert eventually(lambda: home.carrier.asked(phone.call, "POST") == [{"Status": "completed"}]), name
    assert eventually(lambda: len(home.practice.events("connection.closed")) == len(VIOLATIONS), within=3)
    assert home.calls_active() == 0


def test_broken_rules_before_the_start_get_the_same_codes(house):
    home = house()
    for name, (code, data) in VIOLATIONS.items():
        phone = home.phone().connected()
        phone.send(data)
        assert phone.closed() == code, name
    assert eventually(lambda: home.bridge.metric("patchbay_call_objects") == 0)


@pytest.mark.parametrize("what", ["stream", "call"])
def test_a_second_start_of_something_else_ends_the_call(what, house):
    home = house()
    phone = home.phone().begin().hear_agent()
    phone.started(**{what: ("MZ" if what == "stream" else "CA") + "2" * 32})
    assert phone.closed() == 1008
    assert ended(home.final(phone.call)) == ("failed", "protocol-error")
    assert home.record("CA" + "2" * 32) is None


def test_a_second_stream_of_a_live_call_is_refused_and_the_first_goes_on(house):
    home = house()
    first = home.phone().begin().hear_agent()
    second = home.phone(call=first.call).begin()
    assert second.closed() == 1008
    assert first.listen(lambda message: message["event"] == "media")
    first.close()
    assert ended(home.final(first.call)) == ("completed", "caller-hangup")


# Who may in.

def test_only_signed_upgrades_come_in(house):
    home = house(carrier=True)
    for options, status in [
        ({"signed": False}, 401),
        ({"signed": False, "X_Twilio_Signature": signature(home.media_url, "another token")}, 403),
        ({"signed": home.media_url + "/other"}, 403),
        ({"signed": True, "Origin": "https://evil.example"}, 403),
    ]:
        with pytest.raises(Refused) as refusal:
            home.phone(**options)
        assert refusal.value.args[0].status == status
    assert home.practice.events() == []
    assert home.bridge.metric('patchbay_rejected_total{reason="signature"}') == 3
    home.phone().begin().hear_agent().close()


def test_without_a_token_only_this_machine_comes_in(house):
    home = house()
    for fields in ({"X_Forwarded_For": "203.0.113.5"}, {"Host": "bridge.example"}):
        with pytest.raises(Refused) as refusal:
            home.phone(**fields)
        assert refusal.value.args[0].status == 403


def forged(call, agent, expiry, secret):
    """A stream token as the bridge makes them."""
    parts = ["patchbay stream token 1", call, agent, str(expiry)]
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return f"{expiry}-{hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()}"


def test_each_token_lets_one_stream_of_its_call_in(house):
    secret = "a secret of the store"
    home = house(carrier=True, PATCHBAY_SECRET=secret)
    now = int(time.time() * 1000)

    def refused(call, **parameters):
        phone = home.phone(call=call).begin(**parameters)
        assert phone.closed() == 1008, parameters
        assert "token" in phone.reason
        assert home.record(call)["end_reason"] is None, "the record belongs to whoever has the right"

    call = "CA" + "a" * 32
    right, _ = home.voice(call)
    other, _ = home.voice("CA" + "b" * 32)
    refused(call)
    refused(call, token="nonsense", agent="default")
    refused(call, token=other["token"], agent="default")
    refused(call, token=right["token"], agent="another")
    refused(call, token=right["token"])
    refused(call, token=forged(call, "default", now - 1000, secret), agent="default")
    refused(call, token=forged(call, "default", now + 60_000, "another secret"), agent="default")
    home.phone(call=call).begin(**right).hear_agent().close()
    home.carrier.statuses[call] = "completed"
    assert ended(home.final(call)) == ("completed", "caller-hangup")
    again = home.phone(call=call).begin(**right)
    assert again.closed() == 1008
    for code in ("missing", "malformed", "wrong", "expired", "used"):
        assert home.bridge.metric(f'patchbay_rejected_total{{reason="token.{code}"}}') >= 1, code
    assert len(home.practice.events("connection.opened")) == 1


def test_who_was_refused_gets_no_second_try_on_the_same_socket(house):
    home = house(carrier=True)
    phone = home.phone()
    right, _ = home.voice(phone.call)
    phone.connected()
    phone.started({"token": "wrong"})
    phone.started(right)  # On its way before our close can have come.
    assert phone.closed() == 1008
    record = home.record(phone.call)
    assert (record["status"], record["end_reason"]) == ("ringing", None)
    assert home.practice.events() == []
    home.phone(call=phone.call).begin(**right).hear_agent().close()


def test_a_token_may_be_required_of_every_stream(house):
    home = house(carrier=True, PATCHBAY_TWILIO_REQUIRE_TOKEN="true")
    phone = home.phone().begin()
    assert phone.closed() == 1008
    assert home.record(phone.call) is None


# The carrier's socket ends first: who decides.

HANGUPS = {"stop": lambda phone: phone.stop(), "1000": lambda phone: phone.close(1000),
           "1001": lambda phone: phone.close(1001), "1011": lambda phone: phone.close(1011),
           "reset": lambda phone: phone.reset()}
SEEN = {"stop": ("completed", "caller-hangup"), "1000": ("completed", "caller-hangup"),
        "1001": ("completed", "caller-hangup"), "1011": ("failed", "carrier-failed"),
        "reset": ("failed", "carrier-failed")}


def all_at_once(body, cases):
    with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
        for case, result in [(case, pool.submit(body, *case)) for case in cases]:
            try:
                result.result()
            except AssertionError as error:
                raise AssertionError(f"{case}: {error}") from error


def test_with_nobody_to_ask_what_was_seen_decides(house):
    home = house()

    def call(how):
        phone = home.phone().begin().hear_agent()
        HANGUPS[how](phone)
        assert ended(home.final(phone.call, within=2)) == SEEN[how]

    all_at_once(call, [(how,) for how in HANGUPS])


# What REST says, or None for a call that it does not know; and what the status callback says half a second later.
DECIDERS = [
    ("completed", None, {how: ("completed", "caller-hangup") for how in HANGUPS}, 1),
    ("failed", None, {how: ("failed", "carrier-failed") for how in HANGUPS}, 1),
    ("busy", None, {how: ("busy", "busy") for how in HANGUPS}, 1),
    (None, None, SEEN, 3),
    ("in-progress", None, SEEN, 3),
    ("in-progress", "completed", {how: ("completed", "caller-hangup") for how in HANGUPS}, 1),
    ("in-progress", "failed", {how: ("failed", "carrier-failed") for how in HANGUPS}, 1),
]


@pytest.mark.parametrize("rest, callback, expected, questions", DECIDERS)
def test_the_carriers_word_decides_and_else_what_was_seen(rest, callback, expected, questions, house):
    home = house(carrier=True)

    def call(how):
        phone = home.phone()
        parameters, _ = home.voice(phone.call)
        if rest:
            home.carrier.statuses[phone.call] = rest
        phone.begin(**parameters).hear_agent()
        began = time.monotonic()
        HANGUPS[how](phone)
        if callback:
            time.sleep(0.5)  # What the carrier takes its time for.
            assert home.status(phone.call, callback)[0] == 204
        record = home.final(phone.call, within=6)
        assert ended(record) == expected[how]
        assert time.monotonic() - began < 5
        assert len(home.carrier.asked(phone.call)) == questions
        assert home.carrier.asked(phone.call, "POST") == []
        # Late words change nothing.
        home.status(phone.call, "completed" if expected[how][0] != "completed" else "failed")
        assert ended(home.record(phone.call)) == expected[how]

    all_at_once(call, [(how,) for how in HANGUPS])
    assert eventually(lambda: len(home.practice.events("connection.closed")) == len(HANGUPS), within=2)


def test_a_carrier_that_cannot_be_asked_holds_up_no_record(house):
    home = house(carrier=True)
    home.carrier.broken = True

    def call(how):
        phone = home.phone().begin().hear_agent()
        began = time.monotonic()
        HANGUPS[how](phone)
        assert ended(home.final(phone.call, within=6)) == SEEN[how]
        assert time.monotonic() - began < 5

    all_at_once(call, [("stop",), ("reset",)])


# Silence.

def test_a_caller_of_whom_no_frame_ever_comes_is_hung_up(house):
    home = house(carrier=True, PATCHBAY_FIRST_MEDIA_TIMEOUT=1)
    phone = home.phone().begin()
    home.carrier.statuses[phone.call] = "in-progress"
    assert phone.closed(within=6) == 1000
    assert ended(home.final(phone.call)) == ("failed", "silence")
    assert home.record(phone.call)["error"]["code"] == "carrier.silence"
    assert home.carrier.asked(phone.call, "POST") == [{"Status": "completed"}]


def test_one_frame_is_enough_as_long_as_pings_are_answered(house):
    home = house(PATCHBAY_FIRST_MEDIA_TIMEOUT=1, PATCHBAY_SILENCE_TIMEOUT=2, PATCHBAY_HEARTBEAT=0.5)
    phone = home.phone().begin()
    phone.media(count=10)
    assert not phone.closed(within=4)
    assert home.record(phone.call)["status"] == "in-progress"
    phone.stop()
    record = home.final(phone.call)
    assert ended(record) == ("completed", "caller-hangup")
    assert record["quality"]["gaps"] > 50
    heard = home.practice.events("connection.closed")[0]["received_audio_bytes"]
    assert heard > 3 * 8000, "the gaps are filled, so that the agent notices the end of a turn"


@pytest.mark.parametrize("has_rest", [False, True], ids=["alone", "with REST"])
def test_a_carrier_that_is_gone_without_a_word_is_found(has_rest, house):
    home = house(carrier=has_rest, PATCHBAY_SILENCE_TIMEOUT=2, PATCHBAY_HEARTBEAT=0.5)
    phone = home.phone().begin()
    if has_rest:
        home.carrier.statuses[phone.call] = "in-progress"
    phone.media(count=10)
    phone.hear_agent()
    began = time.monotonic()  # From now on nothing is read or said.
    assert ended(home.final(phone.call, within=8)) == ("failed", "silence")
    assert 1.5 < time.monotonic() - began < 5
    if has_rest:
        assert eventually(lambda: home.carrier.asked(phone.call, "POST") == [{"Status": "completed"}])
    assert eventually(lambda: home.practice.events("connection.closed"), within=2)


# We end it.

@pytest.mark.parametrize("has_rest", [False, True], ids=["alone", "with REST"])
def test_no_call_is_longer_than_the_longest(has_rest, house):
    home = house(carrier=has_rest, PATCHBAY_MAX_CALL=2)
    phone = home.phone().begin()
    if has_rest:
        home.carrier.statuses[phone.call] = "in-progress"
        home.carrier.hooks[phone.call] = lambda form: phone.goodbye()
    phone.media(count=3)
    began = time.monotonic()
    assert phone.closed(within=6) == 1000
    assert time.monotonic() - began < 3.5
    assert ended(home.final(phone.call)) == ("completed", "max-duration")
    if has_rest:
        assert home.carrier.asked(phone.call, "POST") == [{"Status": "completed"}]


@pytest.mark.parametrize("has_rest", [False, True], ids=["alone", "with REST"])
def test_the_api_hangs_up(has_rest, house):
    home = house(carrier=has_rest)
    phone = home.phone().begin().hear_agent()
    if has_rest:
        home.carrier.statuses[phone.call] = "in-progress"
        home.carrier.hooks[phone.call] = lambda form: phone.goodbye()
    assert home.api(f"/v1/calls/{phone.call}/hangup", "POST")[0] == 200
    assert phone.closed() == 1000
    assert ended(home.final(phone.call)) == ("completed", "api-hangup")
    assert home.carrier is None or home.carrier.asked(phone.call, "POST") == [{"Status": "completed"}]
    assert home.api(f"/v1/calls/{phone.call}/hangup", "POST")[0] == 409
    assert home.api("/v1/calls/nobody/hangup", "POST")[0] == 404
    assert eventually(lambda: home.practice.events("connection.closed"), within=2)


def test_a_carrier_that_does_not_close_after_our_hang_up_is_closed(house):
    home = house(carrier=True)
    phone = home.phone().begin().hear_agent()
    home.carrier.statuses[phone.call] = "in-progress"  # It takes the order and keeps the socket.
    began = time.monotonic()
    home.api(f"/v1/calls/{phone.call}/hangup", "POST")
    assert phone.closed(within=6) == 1000
    assert 1.5 < time.monotonic() - began < 3.5
    assert ended(home.final(phone.call)) == ("completed", "api-hangup")


def test_a_carrier_that_refuses_the_order_is_closed_at_once(house):
    home = house(carrier=True)
    phone = home.phone().begin().hear_agent()
    home.carrier.statuses[phone.call] = None  # Unknown there: so the call is over for it.
    home.api(f"/v1/calls/{phone.call}/hangup", "POST")
    assert phone.closed(within=4) == 1000
    assert ended(home.final(phone.call)) == ("completed", "api-hangup")
