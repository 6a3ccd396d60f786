"""What can be done to a call from outside: hang up, transfer, say."""

import time

import pytest

from outbound import SOMEBODY, ended
from program import eventually

ELSE = "+15550007777"


def up(home, **more):
    """A dialled call whose caller and agent talk."""
    _, record, _ = home.dial(SOMEBODY, **more)
    assert eventually(lambda: "audio.first_agent" in [event["type"] for event in home.events(record["id"])], within=8)
    return record["id"]


def command(home, call, name, body=None, bridge=None):
    return home.api(f"/v1/calls/{call}/{name}", "POST", body, bridge=bridge)


def test_a_dialled_call_is_hung_up(outbound):
    home = outbound()
    call = up(home)
    assert command(home, call, "hangup")[0] == 200
    assert ended(home.final(call)) == ("completed", "api-hangup")
    assert eventually(lambda: home.carrier.call(home.record(call)["provider_call_id"])["status"] == "completed")
    assert command(home, call, "hangup")[0] == 409


def test_a_call_that_ended_at_the_carrier_is_no_failure(outbound):
    home = outbound(faults=["status=404@update"])
    call = up(home)
    assert command(home, call, "hangup")[0] == 200
    assert ended(home.final(call)) == ("completed", "api-hangup")


def test_a_caller_is_put_through(outbound):
    home = outbound()
    call = up(home)
    status, record = command(home, call, "transfer", {"to": ELSE})
    assert status == 200
    assert ended(home.final(call)) == ("completed", "transferred")
    assert eventually(lambda: any(f"Dial {ELSE}" in line["text"] for line in home.carrier.events("call.instruction")))
    assert home.events(call, "transfer.started") and not home.events(call, "transfer.failed")
    assert command(home, call, "transfer", {"to": ELSE})[0] == 409


def test_whoever_cannot_be_reached_is_told_of(outbound):
    home = outbound()
    call = up(home)
    command(home, call, "transfer", {"to": ELSE})
    assert ended(home.final(call)) == ("completed", "transferred")
    name = home.record(call)["provider_call_id"]
    status, twiml = home.post(
        "/twilio/connect-ended", CallSid=name, AccountSid="AC" + "1" * 32, From="+15550002222", To=SOMEBODY,
        CallStatus="in-progress", Direction="outbound-api", ApiVersion="2010-04-01", DialCallStatus="no-answer")
    assert status == 200 and "<Dial" not in twiml and "<Say" in twiml
    assert eventually(lambda: home.events(call, "transfer.failed"))
    assert ended(home.record(call)) == ("completed", "transferred")


def test_a_transfer_waits_for_the_stream_that_is_being_set_up(outbound):
    home = outbound(callees=["any ring=1.5s"])
    _, record, _ = home.dial(SOMEBODY)
    assert home.record(record["id"])["stream_id"] is None
    began = time.monotonic()
    assert command(home, record["id"], "transfer", {"to": ELSE})[0] == 200
    assert time.monotonic() - began > 0.5
    assert ended(home.final(record["id"])) == ("completed", "transferred")
    assert "stream.started" in [event["type"] for event in home.events(record["id"])]


@pytest.mark.parametrize("body, status, field", [
    ({}, 422, "to"), ({"to": "12"}, 422, "to"), ({"to": "+445550001111"}, 422, "to"), ("{", 400, "to")])
def test_only_numbers_that_may_be_dialled_can_be_transferred_to(body, status, field, outbound):
    home = outbound()
    call = up(home)
    answer, problem = command(home, call, "transfer", body)
    assert (answer, problem["field"]) == (status, field)
    assert home.record(call)["status"] == "in-progress"


@pytest.mark.parametrize("vendor", ["openai", "elevenlabs"])
def test_the_agent_is_told_something_and_speaks_about_it(vendor, outbound):
    home = outbound(vendor=vendor)
    call = up(home)
    time.sleep(2.5)  # The greeting is over.
    spoken = len(home.practice.events("response.started"))
    assert command(home, call, "say", {"text": "The taxi is there."})[0] == 200
    assert eventually(lambda: any("taxi" in line["text"] for line in home.practice.events("message")))
    assert eventually(lambda: len(home.practice.events("response.started")) > spoken)
    for wrong in ({}, {"text": ""}, {"text": 5}, {"text": "x" * 5000}):
        assert command(home, call, "say", wrong)[0] == 422
    command(home, call, "hangup")
    home.final(call)
    status, problem = command(home, call, "say", {"text": "too late"})
    assert (status, problem["code"]) == (409, "call.over")


def test_what_is_not_live_cannot_be_told_anything(outbound):
    home = outbound(callees=["any ring=20s"])
    _, record, _ = home.dial(SOMEBODY)
    status, problem = command(home, record["id"], "say", {"text": "hello"})
    assert (status, problem["code"]) == (409, "call.not_live")
    for name, body in (("say", {"text": "x"}), ("transfer", {"to": ELSE}), ("hangup", None)):
        assert command(home, "nobody", name, body)[0] == 404


def test_a_call_of_another_node_is_ended_by_rest_and_told_where_it_is(outbound):
    home = outbound(PATCHBAY_NODE="first")
    call = up(home)
    other = home.another()
    status, problem = command(home, call, "say", {"text": "hello"}, bridge=other)
    assert (status, problem["code"]) == (409, "call.elsewhere") and "first" in problem["detail"]
    assert command(home, call, "hangup", bridge=other)[0] == 200
    assert ended(home.final(call, within=8)) == ("completed", "api-hangup")

    call = up(home)
    assert command(home, call, "transfer", {"to": ELSE}, bridge=other)[0] == 200
    assert ended(home.final(call, within=8)) == ("completed", "transferred")
    assert eventually(lambda: any(f"Dial {ELSE}" in line["text"] for line in home.carrier.events("call.instruction")))
