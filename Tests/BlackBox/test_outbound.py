"""`POST /v1/calls`: calls that the bridge dials, and how they end."""

import concurrent.futures
import time

import pytest

from outbound import HOUSE, SOMEBODY, ended
from program import eventually


def test_a_call_is_dialled_talks_and_ends(outbound):
    home = outbound(callees=[f"{SOMEBODY} ring=0.3s hangup=1.5s"])
    status, record, headers = home.dial(
        SOMEBODY, variables={"name": "Ann", "age": 7}, metadata={"order": "17"}, machine_detection="early")
    assert status == 201 and headers["Location"] == f"/v1/calls/{record['id']}"
    assert record["direction"] == "outbound" and record["provider_call_id"] == home.carrier.created[0]
    assert record["to"] == SOMEBODY and record["from"] == HOUSE and record["metadata"] == {"order": "17"}
    record = home.final(record["id"])
    assert ended(record) == ("completed", "caller-hangup")
    assert record["variables"] == {"name": "Ann", "age": 7} and record["answered_by"] == "human"
    # The carrier may report the end before the call is done with it.
    assert eventually(lambda: home.record(record["id"])["quality"])["frames_in"] > 20
    (order,) = home.carrier.asked("create")
    assert order["TimeLimit"] == "14400" and order["Timeout"] == "60"
    kinds = [event["type"] for event in home.events(record["id"])]
    assert kinds.index("call.created") < kinds.index("call.answered") < kinds.index("stream.started")
    assert kinds.count("call.answered") == kinds.count("call.final") == 1 and "webhook.out_of_order" not in kinds
    assert eventually(lambda: home.record(record["id"])["carrier_status"] == "completed")
    assert home.bridge.metric("patchbay_dials_waiting") == 0
    counted = 'patchbay_calls_total{direction="outbound",upstream="openai",status="completed",end_reason="caller-hangup"}'
    assert home.bridge.metric(counted) == 1


def test_whoever_does_not_answer_is_told_of(outbound):
    home = outbound(callees=[
        "+15550001001 busy ring=0.1s", "+15550001002 failed", "+15550001003 refuse=21215",
        "+15550001004 machine=machine_end_beep detection=0.2s hangup=1s"])
    busy = home.dial("+15550001001")[1]
    failed = home.dial("+15550001002")[1]
    machine = home.dial("+15550001004", machine_detection="after-greeting")[1]
    for record, expected, code in ((busy, ("busy", "busy"), 486), (failed, ("failed", "carrier-failed"), 404)):
        record = home.final(record["id"])
        assert ended(record) == expected and record["sip_code"] == code and record["answered_at"] is None
    assert eventually(lambda: home.record(machine["id"])["answered_by"] == "machine_end_beep")
    assert home.final(machine["id"])["status"] == "completed"

    # What the carrier refuses is told in its code and in plain words.
    status, record, _ = home.dial("+15550001003")
    assert status == 201 and ended(record) == ("failed", "carrier-failed")
    assert record["error"]["code"] == "carrier.21215" and "Geographic Permissions" in record["error"]["message"]
    status, record, _ = home.order({"to": SOMEBODY, "from": "+15559998888"})
    assert record["error"]["code"] == "carrier.21210" and "+15559998888" not in record["error"]["message"]


WRONG = [
    ({}, 422, "to"), ({"to": "5550001111"}, 422, "to"), ({"to": "+445550001111"}, 422, "to"),
    ({"to": SOMEBODY, "from": "x"}, 422, "from"), ({"to": SOMEBODY, "agent": "nobody"}, 422, "agent"),
    ({"to": SOMEBODY, "schedule_at": "noon"}, 422, "schedule_at"),
    ({"to": SOMEBODY, "shedule_at": "x"}, 422, "shedule_at"), ([1], 422, None), (b"{", 400, None)]


def test_what_cannot_be_dialled_names_its_field(outbound):
    home = outbound()
    for body, status, field in WRONG:
        answer, problem, headers = home.order(body)
        assert (answer, problem.get("field")) == (status, field), problem
        assert headers["Content-Type"] == "application/problem+json" and problem["detail"]
    assert home.carrier.asked("create") == [] and home.api("/v1/calls")[1]["items"] == []


# What becomes of the callbacks of one call.
CALLBACKS = [
    ["repeat-callbacks"], ["reorder-callbacks"], ["late-callbacks=0.7s"], ["lose-callback"],
    *[[f"lose-callback={event}"] for event in ("initiated", "ringing", "answered", "completed")],
    ["reorder-callbacks", "repeat-callbacks"], ["late-callbacks=0.7s", "lose-callback=answered"],
    ["unsigned-callbacks"]]


@pytest.mark.parametrize("word, expected", [
    ("hangup=0.6s", ("completed", "caller-hangup")), ("busy", ("busy", "busy"))], ids=["answered", "busy"])
def test_whatever_becomes_of_callbacks_a_call_has_one_end(word, expected, outbound):
    numbers = {f"+1555000{index:04}": faults for index, faults in enumerate(CALLBACKS, 1)}
    home = outbound(callees=[
        f"{number} ring=0.1s {word} " + " ".join(f"fault={fault}" for fault in faults)
        for number, faults in numbers.items()])

    def call(number):
        _, record, _ = home.dial(number)
        return number, record["id"]

    with concurrent.futures.ThreadPoolExecutor(len(numbers)) as pool:
        calls = list(pool.map(call, numbers))
    assert eventually(lambda: len(home.carrier.events("call.ended")) == len(numbers), within=15)
    if word == "busy":
        # Where no callback tells of it, the carrier is asked once nobody can be ringing any more.
        home.crash()
        home.age_open(seconds=76)
        home.restart()
    for number, record in calls:
        assert ended(home.final(record, within=10)) == expected, numbers[number]
    time.sleep(1)
    for number, record in calls:
        kinds = [event["type"] for event in home.events(record)]
        assert kinds.count("call.final") == kinds.count("call.created") == 1, (numbers[number], kinds)
        assert kinds.count("call.answered") == (expected[0] == "completed"), (numbers[number], kinds)
        assert ended(home.record(record)) == expected
        duplicates = kinds.count("webhook.duplicate") > 0
        assert duplicates or "repeat-callbacks" not in numbers[number], kinds
    assert len(home.api("/v1/calls")[1]["items"]) == len(numbers)
    if word != "busy":  # A bridge that was started again counts from the beginning.
        assert home.bridge.metric('patchbay_rejected_total{reason="signature"}') >= 3


def test_without_a_carrier_nothing_is_dialled(house):
    home = house(agents=[{"id": "default"}])
    status, problem = home.api("/v1/calls", "POST", {"to": SOMEBODY, "from": HOUSE})[:2]
    assert (status, problem["code"]) == (409, "carrier.not_configured")
