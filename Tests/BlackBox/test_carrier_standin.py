"""The practice carrier: its REST API, its calls and callbacks, and its faults."""

import http.client
import socket

import pytest

from carrier import ACCOUNT, signature
from practice_carrier import EVENTS, HOUSE, PracticeCarrier, Webhooks
from program import eventually, run

SOMEBODY = "+15550003333"


@pytest.fixture
def standin():
    around = []

    def standin(document=None, **options):
        around.append(PracticeCarrier(**options))
        around.append(Webhooks(*([document] if document else [])))
        return around[-2], around[-1]

    yield standin
    for thing in around:
        thing.destroy()


def statuses(hooks):
    return [form["CallStatus"] for form in hooks.told()]


def test_a_call_rings_is_answered_and_ends(standin):
    carrier, hooks = standin("<Response><Say>hello</Say></Response>")
    sid = carrier.dial(SOMEBODY, f"{hooks.url}/voice", f"{hooks.url}/status")
    assert carrier.call(sid)["status"] in ("queued", "ringing")
    assert carrier.ended(sid) == "completed"
    assert eventually(lambda: len(hooks.told()) == 4)
    assert statuses(hooks) == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in hooks.told()] == ["0", "1", "2", "3"]
    last = hooks.told()[-1]
    assert last["CallDuration"] == "0" and last["SipResponseCode"] == "200" and last["CallSid"] == sid
    for path, form, signed in hooks.requests:
        assert signed == signature(f"{hooks.url}{path}" + "".join(name + form[name] for name in sorted(form)))
    assert hooks.told("/voice")[0]["Direction"] == "outbound-api"


@pytest.mark.parametrize("word, status, code", [
    ("busy", "busy", "486"), ("no-answer", "no-answer", "487"), ("failed", "failed", "404")])
def test_nobody_answers(word, status, code, standin):
    carrier, hooks = standin(callees=[f"{SOMEBODY} {word} ring=0.1s"])
    sid = carrier.dial(SOMEBODY, f"{hooks.url}/voice", f"{hooks.url}/status", Timeout=1)
    assert carrier.ended(sid) == status
    assert eventually(lambda: statuses(hooks)[-1:] == [status])
    assert hooks.told()[-1]["SipResponseCode"] == code
    assert hooks.told("/voice") == []


def test_only_the_events_that_were_asked_for_are_told(standin):
    carrier, hooks = standin("<Response/>")
    sids = [carrier.dial(SOMEBODY, f"{hooks.url}/voice", f"{hooks.url}/status", events=events)
            for events in ([], ["answered"], [" ".join(EVENTS)], ["busy"])]
    assert [carrier.ended(sid) for sid in sids] == ["completed"] * 4
    assert eventually(lambda: len(hooks.told()) == 4)
    told = {form["CallSid"]: form["CallStatus"] for form in hooks.told()}
    assert [told[sid] for sid in sids] == ["completed", "in-progress", "initiated", "initiated"]


@pytest.mark.parametrize("faults, expected", [
    (["lose-callback=completed"], ["initiated", "ringing", "in-progress"]),
    (["repeat-callbacks"], [word for word in ("initiated", "ringing", "in-progress", "completed") for _ in "ab"]),
    (["reorder-callbacks"], ["ringing", "initiated", "completed", "in-progress"]),
    (["lose-callback"], []), (["late-callbacks=0.5s"], ["initiated", "ringing", "in-progress", "completed"])])
def test_callbacks_get_lost_repeated_and_out_of_order(faults, expected, standin):
    carrier, hooks = standin("<Response/>", faults=faults)
    sid = carrier.dial(SOMEBODY, f"{hooks.url}/voice", f"{hooks.url}/status")
    assert carrier.ended(sid) == "completed"
    assert eventually(lambda: carrier.events("call.ended"))
    assert statuses(hooks) == expected


def test_callbacks_are_tried_again_where_the_url_asks_for_it(standin):
    carrier, hooks = standin("<Response/>")
    hooks.refuse = [503, 500]
    sid = carrier.dial(SOMEBODY, f"{hooks.url}/voice", f"{hooks.url}/status#rc=3&rp=all&rt=4000", events=["completed"])
    assert carrier.ended(sid) == "completed"
    assert eventually(lambda: len(hooks.told()) == 3)
    carrier.dial(SOMEBODY, f"{hooks.url}/voice", f"{hooks.url}/status", events=["completed"])
    hooks.refuse = [503]
    assert eventually(lambda: len(carrier.events("call.ended")) == 2)
    assert len(hooks.told()) == 4


def test_a_machine_is_told_beside_the_call_or_waited_for(standin):
    carrier, hooks = standin("<Response/>", callees=["any machine=machine_end_beep detection=0.2s"])
    beside = carrier.dial(
        SOMEBODY, f"{hooks.url}/voice", MachineDetection="DetectMessageEnd", AsyncAmd="true",
        AsyncAmdStatusCallback=f"{hooks.url}/detection")
    assert eventually(lambda: [form["AnsweredBy"] for form in hooks.told("/detection")] == ["machine_end_beep"])
    waited = carrier.dial(SOMEBODY, f"{hooks.url}/voice", f"{hooks.url}/status", MachineDetection="Enable")
    assert carrier.ended(waited) == "completed"
    assert carrier.call(waited)["answered_by"] == "machine_start"
    assert eventually(lambda: hooks.told() and hooks.told()[-1].get("AnsweredBy") == "machine_start")
    assert carrier.call(beside)["answered_by"] == "machine_end_beep"


def test_a_call_is_ended_redirected_and_cancelled(standin):
    carrier, hooks = standin(callees=["+15550004444 ring=30s"])
    up = carrier.dial(SOMEBODY, f"{hooks.url}/voice")
    assert eventually(lambda: carrier.call(up)["status"] == "in-progress")
    assert carrier.ask("POST", f"Calls/{up}.json", [("Status", "canceled")])[1]["status"] == "in-progress"
    assert carrier.ask("POST", f"Calls/{up}.json", [("Twiml", "<Response><Say>bye</Say></Response>")])[0] == 200
    assert carrier.ended(up) == "completed"
    assert carrier.ask("POST", f"Calls/{up}.json", [("Status", "completed")])[1]["code"] == 21220

    ringing = carrier.dial("+15550004444", f"{hooks.url}/voice")
    assert eventually(lambda: carrier.call(ringing)["status"] == "ringing")
    assert carrier.ask("POST", f"Calls/{ringing}.json", [("Twiml", "<Response/>")])[1]["code"] == 21220
    carrier.ask("POST", f"Calls/{ringing}.json", [("Status", "canceled")])
    assert carrier.ended(ringing) == "canceled"
    assert carrier.ask("GET", "Calls/CA0.json")[1]["code"] == 20404


def test_calls_wait_for_their_turn(standin):
    carrier, hooks = standin("<Response/>", cps=2)
    sids = [carrier.dial(SOMEBODY, f"{hooks.url}/voice", f"{hooks.url}/status", events=["initiated"])
            for _ in range(3)]
    assert carrier.call(sids[2])["status"] == "queued"
    carrier.ask("POST", f"Calls/{sids[2]}.json", [("Status", "canceled")])
    assert [carrier.ended(sid) for sid in sids] == ["completed", "completed", "canceled"]
    assert {form["CallSid"] for form in hooks.told()} == set(sids[:2])


def test_lists_have_filters_and_pages(standin):
    carrier, hooks = standin("<Response/>", callees=["+15550004444 busy"], numbers=[HOUSE, "+15550002223"])
    sids = [carrier.dial(to, f"{hooks.url}/voice") for to in [SOMEBODY, "+15550004444"] * 3]
    for sid in sids:
        carrier.ended(sid)
    page = carrier.ask("GET", "Calls.json?PageSize=4")[1]
    assert [call["sid"] for call in page["calls"]] == sids[:1:-1]
    rest = carrier.ask("GET", page["next_page_uri"].partition(f"{ACCOUNT}/")[2])[1]
    assert [call["sid"] for call in rest["calls"]] == sids[1::-1] and rest["next_page_uri"] is None
    busy = carrier.ask("GET", "Calls.json?Status=busy&To=%2B15550004444")[1]["calls"]
    assert [call["sid"] for call in busy] == sids[::-2]
    numbers = carrier.ask("GET", "IncomingPhoneNumbers.json?PhoneNumber=%2B15550002223")[1]["incoming_phone_numbers"]
    assert [number["phone_number"] for number in numbers] == ["+15550002223"]
    path = f"IncomingPhoneNumbers/{numbers[0]['sid']}.json"
    changed = carrier.ask("POST", path, [("VoiceUrl", "https://pb.example.com/twilio/voice")])[1]
    assert changed["voice_url"] == carrier.ask("GET", path)[1]["voice_url"] == "https://pb.example.com/twilio/voice"
    assert carrier.ask("POST", path, [("VoiceUrl", "ftp://x")])[1]["code"] == 21402


@pytest.mark.parametrize("form, code", [
    ({}, 21201), ({"To": SOMEBODY}, 21213), ({"To": "123", "From": HOUSE}, 21211),
    ({"To": SOMEBODY, "From": "+15559999999", "Url": "http://x/"}, 21210), ({"To": SOMEBODY, "From": HOUSE}, 21205),
    ({"To": SOMEBODY, "From": HOUSE, "Url": "http://a_b/x"}, 21205),
    ({"To": "+15550005555", "From": HOUSE, "Url": "http://x/"}, 21215),
    ({"To": SOMEBODY, "From": HOUSE, "Url": "http://x/", "Timeout": "601"}, 20001)])
def test_what_cannot_be_dialled_is_refused(form, code, standin):
    carrier, _ = standin(callees=["+15550005555 refuse=21215"])
    status, problem = carrier.ask("POST", "Calls.json", list(form.items()))
    assert (status, problem["code"], problem["status"]) == (400, code, 400)
    assert carrier.created == []


def test_only_the_account_gets_in(standin):
    carrier, _ = standin()
    assert carrier.ask("GET", "Calls.json", user=(ACCOUNT, "wrong")) == (401, {
        "code": 20003, "message": "Authenticate", "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401})


# The fault, what the client sees, and how many calls there are then.
FAULTS = {"status=429*1": (429, 0), "status=503": (503, 0), "html": (502, 0), "hang": ("timeout", 0),
          "reset": ("reset", 0), "lost-answer": ("reset", 1), "mute": ("timeout", 1), "late=0.2s": (201, 1)}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_api_misbehaves(fault, standin):
    name, _, times = fault.partition("*")
    carrier, hooks = standin(faults=[f"{name}@create" + (f"*{times}" if times else "")])
    seen, count = FAULTS[fault]
    form = [("To", SOMEBODY), ("From", HOUSE), ("Url", f"{hooks.url}/voice")]
    try:
        status, answer = carrier.ask("POST", "Calls.json", form, timeout=0.5)
        assert status == seen
        assert status != 429 or carrier.headers["Retry-After"] == "1"
        assert status != 502 or answer.startswith(b"<html>")
    except (socket.timeout, TimeoutError):
        assert seen == "timeout"
    except (ConnectionError, http.client.HTTPException):
        assert seen == "reset"
    listed = carrier.ask("GET", "Calls.json")[1]["calls"]
    assert len(listed) == count
    if times:
        assert carrier.ask("POST", "Calls.json", form)[0] == 201


@pytest.mark.parametrize("arguments", [
    ["--carrier-fault", "nonsense"], ["--carrier-fault", "status=99"], ["--callee", "+1 sings"], ["--api-key", "x"]])
def test_a_carrier_that_nobody_can_play_is_refused(arguments):
    done = run("practice", "--listen", "127.0.0.1:0", "--carrier", *arguments)
    assert done.returncode == 2 and arguments[0] in done.stderr
