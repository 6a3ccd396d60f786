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
from raw_phone import Refused
from test_calls_carrier import forged

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


def test_whoever_could_not_be_put_through_hears_so_and_is_not_put_through_again(house):
    fallback = {"say": "Nobody is free.", "transfer_to": "+15550003333"}
    home = house(carrier=True, agents=[AGENT | {"fallback": fallback}], PATCHBAY_MAX_CALLS=1)
    home.phone().begin().hear_agent()
    twiml = heard(home, sid(1))
    assert "<Dial" in twiml and "/twilio/connect-ended" in twiml
    for word, expected in (("no-answer", "<Response><Say>Nobody is free.</Say>"), ("completed", "<Response><Hangup>")):
        status, twiml = home.post(
            "/twilio/connect-ended", CallSid=sid(1), CallStatus="in-progress", DialCallStatus=word, Direction="inbound")
        assert status == 200 and expected in twiml and "<Dial" not in twiml


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
    assert "<Connect" in heard(home, sid(2)), "what is missing its record will say"
    assert eventually(
        lambda: [error["code"] for error in home.api("/v1/errors")[1]["items"]] == ["call.no_agent"], within=3)


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


def test_a_stream_that_is_not_the_callers_is_refused_while_a_call_talks_untouched(house):
    home = house(carrier=True, PATCHBAY_SECRET="a secret of the store")
    with talking(home) as phone:
        used = home.voice(sid(1))[0]
        home.phone(call=sid(1)).begin(**used).hear_agent()
        stale = forged(sid(2), "default", int(time.time() * 1000) - 1, "a secret of the store")
        for call, parameters in [
            (sid(1), used), (sid(2), used), (sid(2), home.voice(sid(3))[0]), (sid(2), {"token": stale, "agent": "default"}),
            (phone.call, used), (phone.call, {}), (phone.call, home.voice(phone.call)[0]),
        ]:
            assert home.phone(call=call).begin(**parameters).closed() == 1008, (call, parameters)
        for options in ({"signed": False}, {"Origin": "https://evil.example"}, {"signed": home.media_url + "x"}):
            with pytest.raises(Refused) as refusal:
                home.phone(**options)
            assert refusal.value.args[0].status in (401, 403)


def test_strangers_use_up_nobodys_rate_and_do_not_learn_how_the_node_is(house):
    home = house(
        carrier=True, PATCHBAY_CALLS_PER_SECOND=2, PATCHBAY_CALLS_PER_CALLER=1, PATCHBAY_MAX_CALLS=1,
        PATCHBAY_LAME_DUCK=0.1)

    def knock():
        for options, status in (({"signed": False}, 401), ({"signed": home.media_url + "x"}, 403)):
            with pytest.raises(Refused) as refusal:
                home.phone(**options)
            assert refusal.value.args[0].status == status
        form = {"CallSid": sid(1), "From": "+15550001111", "To": "+15550002222", "CallStatus": "ringing"}
        assert raw(home, "/twilio/voice", urllib.parse.urlencode(form), "x" * 28)[0] == 403

    for _ in range(5):
        knock()
    with talking(home):
        knock()  # It is full now.
    phone = home.phone()
    phone.begin(**home.voice(phone.call, From="+15550001112")[0]).hear_agent()
    home.bridge.process.terminate()
    assert eventually(lambda: home.post("/twilio/voice", CallSid=sid(2))[0] == 503)
    knock()  # It is about to end.


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

# Those of paths that the bridge has no use for, by its server and its check: (method, target, body, type, signature).
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
V4 = ("/twilio/voice?CallSid=CA00000000000000000000000000000001&From=%2B14155550100&To=%2B14155550199"
      "&CallStatus=ringing")
V6 = '{"CallSid":"CA00000000000000000000000000000001","note":"héllo ✓","n":1}'.encode()
DIGEST = "bodySHA256=2370e06f9090470b4bbb5a4672bb44f5fefc698d985385b5a93b573527927eab"
V7 = (b"MessageSid=SM00000000000000000000000000000001&Body=Gr%C3%BC%C3%9Fe+%F0%9F%91%8B+%26+100%25+%2B1"
      b"&FromCity=S%C3%83O+PAULO")
V8 = b"Digits=5678&Digits=1234&Digits=1234&CallSid=CA123&callSid=lower&Call=x"
V13 = b"CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309"
OTHER_VECTORS = {
    "V4": ("pb.example.com", V4, None, None, "vxyH20b6OTJvumAPS56TEpkTv4I="),
    "V6": ("pb.example.com", f"/twilio/json?{DIGEST}", V6, JSON, "XRJ/lw5sE8pJIG39H5b9lUwY9Pg="),
    "V6b": ("pb.example.com", f"/twilio/json?foo=1&{DIGEST}", V6, JSON, "KCSIyCWjFXHzJQhPl0THbyLQ2BQ="),
    "V7": ("pb.example.com", "/twilio/sms", V7, FORM, "eKkikQa4EhzMLQin7Qv7S2acYBM="),
    "V8": ("pb.example.com", "/twilio/gather", V8, FORM, "Pj3+/0mfs6EIljW1npO5jO3b8U8="),
    "V13": ("mycompany.com", "/myapp.php?foo=1&bar=2", V13, FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
}


@pytest.mark.parametrize("vector", OTHER_VECTORS)
def test_the_other_vectors_of_the_carriers_package_hold(vector, toy):
    host, target, body, kind, signed = OTHER_VECTORS[vector]

    def ask(target=target, body=body, signed=signed):
        connection = http.client.HTTPConnection(*toy.address, timeout=10)
        fields = {"Host": host, "X-Twilio-Signature": signed} | ({"Content-Type": kind} if kind else {})
        with contextlib.closing(connection):
            connection.request("POST" if kind else "GET", target, body, fields)
            return connection.getresponse().status

    assert ask() == 204
    assert ask(signed=signed[:3] + "x" + signed[4:]) == ask(target=f"{target}{'&' if '?' in target else '?'}x=1") == 403
    assert body is None or ask(body=body + b" ") == 403


def test_the_carrier_asks_by_post(house):
    home = house(carrier=True, practice=False)
    home.environment |= {"PATCHBAY_PUBLIC_URL": "https://pb.example.com", "TWILIO_AUTH_TOKEN": VECTOR_TOKEN}
    home.crash()
    home.restart()
    assert raw(home, V4, None, OTHER_VECTORS["V4"][-1], method="GET")[0] == 405
    assert raw(home, "/twilio/voice", V6, None, Content_Type=JSON)[0] == 415


@pytest.mark.parametrize("signed, taken", [
    ("CG53ZDse+FgJYp/cE8VU8oQyitQ=", True), ("EcSDHXUlOBw1SgHDrIaz5M5i088=", True),
    ("48DIh8fk3tnTbhgoQZggeMAxI28=", True), ("zAY3PTKoOLEK/LoG6iXQYYveMbE=", False),
], ids=["plain", "last slash", "port", "https"])
def test_the_vectors_of_upgrades_hold(signed, taken, house):
    home = house(carrier=True)
    home.environment |= {"PATCHBAY_STREAM_URL": "wss://pb.example.com/media", "TWILIO_AUTH_TOKEN": VECTOR_TOKEN}
    home.crash()
    home.restart()
    options = {"signed": False, "X_Twilio_Signature": signed}
    if taken:
        home.phone(**options).begin().hear_agent()
        return
    with pytest.raises(Refused) as refusal:
        home.phone(**options)
    assert refusal.value.args[0].status == 403


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
