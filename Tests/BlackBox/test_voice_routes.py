"""What a caller gets when the call comes in: an agent, or what stands for it; soon, whatever the store does."""

import contextlib
import http.client
import signal
import sqlite3
import time
import urllib.parse

import pytest

from carrier import ACCOUNT, TOKEN, signature
from history import ended
from program import eventually

AGENT = {"id": "default", "fallback": {"say": "Please call later."}}


def sid(number):
    return f"CA{number:032x}"


def heard(home, call, **changes):
    return home.voice(call, **changes)[1]


# Who cannot be taken.

def test_a_full_node_gives_a_transfer_words_or_busy(house):
    home = house(carrier=True, PATCHBAY_MAX_CALLS=1)
    home.phone().begin().hear_agent()
    for number, (fallback, expected) in enumerate([
        ({}, 'Reject reason="busy"'), ({"say": "Later."}, ">Later.</Say><Hangup>"),
        ({"transfer_to": "+15550003333"}, ">+15550003333</Number>"),
    ]):
        assert home.api("/v1/agents/default", "PATCH", {"fallback": fallback})[0] == 200
        assert expected in heard(home, sid(number))
        assert ended(home.final(sid(number))) == ("failed", "rejected")
    assert home.bridge.metric('patchbay_rejected_total{reason="full"}') == 3


def test_an_agent_takes_as_many_calls_as_its_limit_allows(house):
    home = house(carrier=True, agents=[AGENT | {"limits": {"calls": 1}}, {"id": "other"}])
    first = home.phone()
    parameters, _ = home.voice(first.call)
    assert "Please call later." in heard(home, sid(1)), "one whose stream is on its way counts"
    first.begin(**parameters).hear_agent()
    assert "Please call later." in heard(home, sid(2))
    home.carrier.statuses[first.call] = "completed"
    first.stop()
    home.final(first.call)
    assert "<Connect" in heard(home, sid(3))
    assert home.bridge.metric('patchbay_rejected_total{reason="agent_full"}') == 2


def test_while_its_upstream_is_left_alone_an_agent_takes_no_calls(house):
    home = house(carrier=True, practice_options=("--fault", "refuse=500"), agents=[AGENT])
    for _ in range(2):
        phone = home.phone()
        phone.begin(**home.voice(phone.call)[0])
        assert phone.closed(within=10) == 1000
    assert len(home.practice.attempts) == 5, "the breaker is open"
    assert "Please call later." in heard(home, sid(1))
    record = home.final(sid(1))
    assert ended(record) == ("failed", "upstream-unavailable") and record["error"]["code"] == "call.upstream"
    assert len(home.practice.attempts) == 5


def test_what_no_agent_has_anything_for_the_node_says(house):
    home = house(
        carrier=True, practice=False, agents=[{"id": "sales"}], numbers=[{"number": "+15550002222", "agent": "sales"}],
        PATCHBAY_FALLBACK_SAY="Nobody is here.")
    assert "<Say>Nobody is here.</Say><Hangup>" in heard(home, sid(1), To="+15550009999")
    assert ended(home.final(sid(1))) == ("failed", "rejected")
    assert "<Say>Nobody is here.</Say><Hangup>" in heard(home, sid(2)), "there is no upstream"
    assert ended(home.final(sid(2))) == ("failed", "upstream-unavailable")
    codes = {error["code"] for error in home.api("/v1/errors")[1]["items"]}
    assert {"call.no_agent", "call.no_upstream"} <= codes


# How soon.

@pytest.mark.parametrize("path", ["/twilio/voice", "/twilio/status", "/twilio/connect-ended"])
def test_a_webhook_is_answered_soon_while_another_program_holds_the_database(path, house):
    home = house(carrier=True, PATCHBAY_CALLS_PER_CALLER=0)
    home.voice(sid(0))
    other = sqlite3.connect(home.folder / "patchbay.db", isolation_level=None, timeout=10)
    other.execute("BEGIN EXCLUSIVE")
    times = []
    for number in range(1, 9):
        began = time.monotonic()
        status, _ = home.post(
            path, CallSid=sid(number), AccountSid=ACCOUNT, From="+15550001111", To="+15550002222",
            CallStatus="completed" if "status" in path else "in-progress", Direction="inbound")
        times.append(time.monotonic() - began)
        assert status in (200, 204)
    assert sorted(times)[5] < 0.2, times
    other.execute("ROLLBACK")
    other.close()
    if path != "/twilio/connect-ended":
        assert eventually(lambda: all(home.record(sid(number)) for number in range(1, 9)), within=8), \
            "what was promised is kept"


def test_a_call_that_came_while_the_store_was_stalled_talks_and_is_on_record(house):
    home = house(carrier=True)
    other = sqlite3.connect(home.folder / "patchbay.db", isolation_level=None, timeout=10)
    other.execute("BEGIN EXCLUSIVE")
    phone = home.phone()
    parameters, _ = home.voice(phone.call)
    phone.begin(**parameters).hear_agent()
    other.execute("ROLLBACK")
    other.close()
    assert eventually(lambda: (home.record(phone.call) or {}).get("status") == "in-progress", within=8)
    home.carrier.statuses[phone.call] = "completed"
    phone.stop()
    assert ended(home.final(phone.call)) == ("completed", "caller-hangup")
    assert len(home.api("/v1/calls")[1]["items"]) == 1


# Whose requests.

@contextlib.contextmanager
def talking(home):
    """A real call beside whatever is tried, which must not hear of it."""
    phone = home.phone()
    phone.begin(**home.voice(phone.call)[0]).hear_agent()
    yield phone
    assert not phone.listen(lambda message: False, within=0.3) and phone.code is None
    assert home.record(phone.call)["status"] == "in-progress"
    home.carrier.statuses[phone.call] = "completed"
    phone.stop()
    assert ended(home.final(phone.call)) == ("completed", "caller-hangup")


def raw(home, path, body, signed, host=None, method="POST", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", home.bridge.port, timeout=10)
    fields = {"Content-Type": "application/x-www-form-urlencoded"} | {
        name.replace("_", "-"): value for name, value in headers.items()}
    if host:
        fields["Host"] = host
    if signed is not None:
        fields["X-Twilio-Signature"] = signed
    with contextlib.closing(connection):
        connection.request(method, path, body, fields)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_a_request_that_is_not_the_carriers_is_refused_while_a_call_talks_untouched(house):
    home = house(carrier=True)
    with talking(home) as phone:
        base = f"http://127.0.0.1:{home.bridge.port}"
        form = {"CallSid": phone.call, "CallStatus": "completed", "SequenceNumber": "9"}
        body = urllib.parse.urlencode(form)
        right = signature(f"{base}/twilio/status" + "".join(k + form[k] for k in sorted(form)))
        for signed in (None, "", right[:-1], right[::-1], signature(f"{base}/twilio/status", "another token")):
            assert raw(home, "/twilio/status", body, signed)[0] == 403, signed
        assert raw(home, "/twilio/voice", body, right)[0] == 403, "it is another path's"
        assert raw(home, "/twilio/status", body.replace("completed", "failed"), right)[0] == 403
        assert raw(home, "/twilio/status?x=1", body, right)[0] == 403
        assert raw(home, "/twilio/status", body, right, host="evil.example")[0] == 403
        assert home.record(phone.call)["status"] == "in-progress"
        assert home.bridge.metric('patchbay_rejected_total{reason="signature"}') == 9


def test_signed_requests_have_no_rate(house):
    home = house(carrier=True, PATCHBAY_REQUESTS_PER_SECOND=5, PATCHBAY_CALLS_PER_CALLER=0)
    assert all("<Connect" in heard(home, sid(number)) for number in range(40))


def test_who_rings_too_often_is_busy(house):
    home = house(carrier=True, PATCHBAY_CALLS_PER_CALLER=3)
    twiml = [heard(home, sid(number)) for number in range(5)]
    assert ["<Connect" in text for text in twiml] == [True] * 3 + [False] * 2 and 'reason="busy"' in twiml[4]
    assert "<Connect" in heard(home, sid(9), From="+15550001112")


def test_a_token_that_is_rotated_is_good_beside_the_next(house):
    home = house(carrier=True)
    home.environment["TWILIO_AUTH_TOKEN"] = f"the-next-one,{TOKEN}"
    home.crash()
    home.restart()
    assert "<Connect" in heard(home, sid(1))
    assert home.phone().begin().hear_agent()


# The address that was signed: as configured, as a trusted proxy says, with its port and without.

@pytest.mark.parametrize("signed, forwarded, settings, status", [
    ("https://pb.example.com/twilio/voice", {}, {"PATCHBAY_PUBLIC_URL": "https://pb.example.com"}, 200),
    ("https://pb.example.com:443/twilio/voice", {}, {"PATCHBAY_PUBLIC_URL": "https://pb.example.com"}, 200),
    ("https://pb.example.com/twilio/voice", {}, {"PATCHBAY_PUBLIC_URL": "https://pb.example.com:8443"}, 200),
    ("https://pb.example.com:8443/twilio/voice", {}, {"PATCHBAY_PUBLIC_URL": "https://pb.example.com:8443"}, 200),
    ("http://pb.example.com/twilio/voice", {}, {"PATCHBAY_PUBLIC_URL": "https://pb.example.com"}, 403),
    ("https://pb.example.com/twilio/voice", {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "pb.example.com"},
     {"PATCHBAY_TRUSTED_PROXIES": "127.0.0.1"}, 200),
    ("https://pb.example.com/twilio/voice", {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "pb.example.com"}, {}, 403),
], ids=["public", "port 443", "port dropped", "port kept", "other scheme", "proxy", "no proxy"])
def test_the_address_that_was_signed_is_the_public_one(signed, forwarded, settings, status, house):
    home = house(carrier=True, **settings)
    form = {"CallSid": sid(1), "From": "+15550001111", "To": "+15550002222", "CallStatus": "ringing"}
    right = signature(signed + "".join(k + form[k] for k in sorted(form)))
    answer, text = raw(home, "/twilio/voice", urllib.parse.urlencode(form), right, **forwarded)
    assert answer == status
    if status == 200:
        assert 'action="https://pb.example.com' in text and 'url="wss://pb.example.com' in text


# The vectors of the carrier's own package, over a socket: (target, body, signature, taken).

VECTOR_TOKEN = "patchbay_test_auth_token_0001"
V1 = ("CallSid=CA00000000000000000000000000000001&AccountSid=AC00000000000000000000000000000001&From=%2B14155550100"
      "&To=%2B14155550199&CallStatus=ringing&ApiVersion=2010-04-01&Direction=inbound")
V5 = ("CallSid=CA00000000000000000000000000000001&CallStatus=completed&CallDuration=37&SequenceNumber=3"
      "&Timestamp=Fri%2C+20+Nov+2026+04%3A19%3A07+%2B0000&ForwardedFrom=")
VECTORS = {
    "https://pb.example.com": [
        ("/twilio/voice", V1, "5teccOvvHUgDPypuMtU/eJKUYE4=", 200),
        ("/twilio/voice", V1, "CsdcEvY8MeE3kRRKPSXLfbnc0cM=", 200),
        ("/twilio/voice", V1.replace("ringing", "in-progress"), "5teccOvvHUgDPypuMtU/eJKUYE4=", 403),
        ("/twilio/voice", V1, "5teccOvvHUgDPypuMtU/eJKUYE5=", 403), ("/twilio/voice", V1, "5teccOvvHUgDPypuMtU/eJKUYE4", 403),
        ("/twilio/voice", V1, "", 403), ("/twilio/status", V1, "BmgUgsYZAj4G4Rt5himFiu757Rg=", 204),
        ("/twilio/status?tenant=42&sig=a%2Fb", V5, "ulag04ZuYxxuEVeMmFJ1jEcktyU=", 204),
        ("/twilio/status", "CallSid=CA1&CallStatus=no-answer", "FDgzkgeXooA+NT8EXNp1xXAIVAE=", 204),
    ],
    "https://pb.example.com:8443": [
        ("/twilio/status", V1, "BmgUgsYZAj4G4Rt5himFiu757Rg=", 204),
        ("/twilio/status", V1, "3K5V+nWhX3hiWWunZZAOdPlTAlM=", 204),
    ],
    "http://pb.example.com": [
        ("/twilio/status", "CallSid=CA1&CallStatus=busy", "2i5yhrH/GcuIDx+CP3VXBbhnYig=", 204),
        ("/twilio/status", "CallSid=CA1&CallStatus=busy", "NuLR8yrbEcCvfq1Tcq0O2OoWnjo=", 204),
    ],
}


@pytest.mark.parametrize("public", VECTORS)
def test_the_vectors_of_the_carriers_package_hold(public, house):
    home = house(carrier=True, practice=False)
    home.environment |= {"PATCHBAY_PUBLIC_URL": public, "TWILIO_AUTH_TOKEN": VECTOR_TOKEN}
    home.crash()
    home.restart()
    for target, body, signed, status in VECTORS[public]:
        assert raw(home, target, body, signed)[0] == status, (target, signed)
    # Two headers are none.
    connection = http.client.HTTPConnection("127.0.0.1", home.bridge.port, timeout=10)
    with contextlib.closing(connection):
        target, body, signed, _ = VECTORS[public][0]
        connection.putrequest("POST", target)
        for _ in range(2):
            connection.putheader("X-Twilio-Signature", signed)
        connection.putheader("Content-Type", "application/x-www-form-urlencoded")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body.encode())
        assert connection.getresponse().status in (400, 403)
