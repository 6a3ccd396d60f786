"""`POST /v1/calls`: calls that the bridge dials, each once, whatever becomes of the carrier's answers."""

import concurrent.futures
import datetime
import json
import threading
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
    assert record["quality"]["frames_in"] > 20
    (order,) = home.carrier.asked("create")
    assert order["TimeLimit"] == "14400" and order["Timeout"] == "60"
    kinds = [event["type"] for event in home.events(record["id"])]
    assert kinds.index("call.created") < kinds.index("call.answered") < kinds.index("stream.started")
    assert kinds[-1] == "call.final" or "call.final" in kinds
    assert "webhook.out_of_order" not in kinds
    assert eventually(lambda: home.record(record["id"])["carrier_status"] == "completed")
    assert home.bridge.metric("patchbay_dials_waiting") == 0
    counted = 'patchbay_calls_total{direction="outbound",upstream="openai",status="completed",end_reason="caller-hangup"}'
    assert home.bridge.metric(counted) == 1


@pytest.mark.parametrize("word, expected, sip", [
    ("busy", ("busy", "busy"), 486), ("failed", ("failed", "carrier-failed"), 404)])
def test_nobody_answers(word, expected, sip, outbound):
    home = outbound(callees=[f"{SOMEBODY} {word} ring=0.1s"])
    _, record, _ = home.dial(SOMEBODY)
    record = home.final(record["id"])
    assert ended(record) == expected and record["sip_code"] == sip and record["answered_at"] is None


def test_a_machine_is_told(outbound):
    home = outbound(callees=[f"{SOMEBODY} machine=machine_end_beep detection=0.2s hangup=1s"])
    _, record, _ = home.dial(SOMEBODY, machine_detection="after-greeting")
    assert eventually(lambda: home.record(record["id"])["answered_by"] == "machine_end_beep")
    assert home.final(record["id"])["status"] == "completed"


@pytest.mark.parametrize("body, status, field", [
    ({}, 422, "to"), ({"to": "5550001111"}, 422, "to"), ({"to": "+445550001111"}, 422, "to"),
    ({"to": SOMEBODY, "from": "x"}, 422, "from"), ({"to": SOMEBODY, "agent": "nobody"}, 422, "agent"),
    ({"to": SOMEBODY, "schedule_at": "noon"}, 422, "schedule_at"), ({"to": SOMEBODY, "shedule_at": "x"}, 422, "shedule_at"),
    ([1], 422, None), (b"{", 400, None)])
def test_what_cannot_be_dialled_names_its_field(body, status, field, outbound):
    home = outbound()
    answer, problem, headers = home.order(body)
    assert (answer, problem.get("field")) == (status, field), problem
    assert headers["Content-Type"] == "application/problem+json" and problem["detail"]


def test_refusals_of_the_carrier_are_told_in_its_code_and_plain_words(outbound):
    home = outbound(callees=["+15550005555 refuse=21215"])
    status, record, _ = home.dial("+15550005555")
    assert status == 201 and ended(record) == ("failed", "carrier-failed")
    assert record["error"]["code"] == "carrier.21215" and "Geographic Permissions" in record["error"]["message"]
    status, record, _ = home.order({"to": SOMEBODY, "from": "+15559998888"})
    assert record["error"]["code"] == "carrier.21210" and "+15559998888" not in record["error"]["message"]
    assert len(home.carrier.asked("create")) == 2


@pytest.mark.parametrize("fault", ["status=429@create*2", "status=503@create*1", "reset@create*1", "html@create*1"])
def test_what_passes_at_the_carrier_costs_no_call(fault, outbound):
    home = outbound(faults=[fault], callees=["any hangup=0.5s"])
    _, record, _ = home.dial(SOMEBODY)
    assert eventually(lambda: (home.record(record["id"]) or {})["provider_call_id"], within=20)
    assert home.final(record["id"], within=10)["status"] == "completed"
    assert len(home.carrier.created) == 1


@pytest.mark.parametrize("fault", ["lost-answer@create*1", "mute@create*1"])
def test_a_lost_answer_is_looked_for_and_never_dialled_again(fault, outbound):
    home = outbound(faults=[fault, "lose-callback=initiated", "lose-callback=ringing"], callees=["any ring=8s hangup=0.5s"])
    _, record, _ = home.dial(SOMEBODY)
    assert eventually(lambda: home.record(record["id"])["provider_call_id"], within=12) == home.carrier.created[0]
    assert home.carrier.asked("list")
    assert home.final(record["id"], within=20)["status"] == "completed"
    assert len(home.carrier.created) == 1 == len(home.carrier.asked("create"))


def test_a_webhook_brings_the_name_that_a_lost_answer_held(outbound):
    home = outbound(faults=["lost-answer@create*1", "status=503@list"], callees=["any ring=0.1s hangup=1s"])
    _, record, _ = home.dial(SOMEBODY)
    assert ended(home.final(record["id"], within=10)) == ("completed", "caller-hangup")
    assert len(home.carrier.created) == 1


# Keys.

def test_a_key_gives_the_first_answer_again_also_after_a_restart(outbound):
    home = outbound(callees=["any hangup=0.3s"])
    first = home.dial(SOMEBODY, key="k1", variables={"a": 1, "b": [2]})
    assert first[0] == 201 and "Idempotent-Replayed" not in first[2]
    home.final(first[1]["id"])
    again = home.order({"variables": {"b": [2], "a": 1}, "to": SOMEBODY}, key="k1")
    assert (again[0], again[1], again[2]["Idempotent-Replayed"]) == (201, first[1], "true")
    home.crash()
    home.restart()
    again = home.dial(SOMEBODY, key="k1", variables={"a": 1, "b": [2]})
    assert (again[0], again[1], again[2]["Idempotent-Replayed"]) == (201, first[1], "true")
    other = home.dial(SOMEBODY, key="k1")
    assert other[0] == 409 and other[1]["code"] == "idempotency.other_body"
    assert len(home.carrier.created) == 1
    assert home.dial(SOMEBODY, key="")[0] == 400


def test_fifty_twins_with_lost_answers_place_one_call(outbound):
    home = outbound(faults=["lost-answer@create", "late=0.3s@list"], callees=["any ring=6s"])
    barrier = threading.Barrier(50)

    def twin(_):
        barrier.wait()
        seen = []
        for _ in range(40):
            status, body, headers = home.dial(SOMEBODY, key="twins")
            seen.append(status)
            if status == 201:
                return seen, body["id"], body["provider_call_id"], headers.get("Idempotent-Replayed")
            assert status == 409 and headers["Retry-After"] == "1", body
            time.sleep(0.3)
        return seen, None, None, None

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(twin, range(50)))
    assert {answer[1] for answer in answers} == {answers[0][1]} and answers[0][1]
    assert len(home.carrier.created) == 1 == len(home.carrier.asked("create"))
    assert sum(answer[3] is None for answer in answers) == 1
    assert any(409 in answer[0] for answer in answers)
    assert home.record(answers[0][1])["provider_call_id"] == home.carrier.created[0]


@pytest.mark.parametrize("fault, calls", [("mute@create*1", 1), ("hang@create*1", 1)])
def test_a_bridge_that_dies_in_mid_order_places_one_call(fault, calls, outbound):
    """Between the key's commit and the carrier's answer: whether the carrier took the call or not, there is one."""
    home = outbound(faults=[fault, "lose-callback=initiated", "lose-callback=ringing"], callees=["any ring=14s hangup=0.5s"])
    done = concurrent.futures.ThreadPoolExecutor(1).submit(home.dial, SOMEBODY, key="k")
    assert eventually(lambda: home.carrier.asked("create"))
    home.crash()
    with pytest.raises(Exception):
        done.result()
    home.restart()
    (record,) = home.api("/v1/calls")[1]["items"]
    assert eventually(lambda: home.record(record["id"])["provider_call_id"], within=12)
    assert home.carrier.created == [home.record(record["id"])["provider_call_id"]] and calls == 1
    status, answer, headers = home.dial(SOMEBODY, key="k")
    for _ in range(12):
        if status != 409:
            break
        time.sleep(1)
        status, answer, headers = home.dial(SOMEBODY, key="k")
    assert (status, answer["id"], headers["Idempotent-Replayed"]) == (201, record["id"], "true")
    assert len(home.carrier.created) == 1


# The queue.

def test_calls_leave_at_the_accounts_pace(outbound):
    home = outbound(PATCHBAY_TWILIO_CPS=4, callees=["any hangup=0.2s"])
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: home.dial(f"+1555000100{n}"), range(8)))
    assert [answer[0] for answer in answers] == [201] * 8
    times = [home.carrier.seconds(line) for line in home.carrier.events("rest.asked") if line["operation"] == "create"]
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    assert len(times) == 8 and min(gaps) > 0.15 and 1.7 < times[-1] - times[0] < 3, gaps


def test_the_queue_is_seen_bounded_and_can_be_left(outbound):
    home = outbound(PATCHBAY_TWILIO_CPS=1, PATCHBAY_SCHEDULE_EXPIRES=4, callees=["any ring=20s"])
    later = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=60)).isoformat()
    records = [home.dial(SOMEBODY, schedule_at=later)[1] for _ in range(4)]
    assert all(record["status"] == "queued" and record["schedule_at"] for record in records)
    assert eventually(lambda: home.bridge.metric("patchbay_dials_waiting") == 4)
    status, problem, headers = home.dial(SOMEBODY)
    assert (status, problem["code"]) == (429, "dialling.full") and headers["Retry-After"] and "4 calls" in problem["detail"]
    status, record = home.api(f"/v1/calls/{records[0]['id']}/hangup", "POST")
    assert status == 200 and ended(record) == ("canceled", "canceled")
    assert home.api(f"/v1/calls/{records[0]['id']}/hangup", "POST")[0] == 409
    assert home.dial(SOMEBODY)[0] == 201
    assert eventually(lambda: len(home.carrier.created) == 1)


def test_a_call_that_rings_is_cancelled(outbound):
    home = outbound(callees=["any ring=20s"])
    _, record, _ = home.dial(SOMEBODY)
    assert eventually(lambda: home.record(record["id"])["status"] == "ringing")
    assert home.api(f"/v1/calls/{record['id']}/hangup", "POST")[0] == 200
    assert ended(home.final(record["id"])) == ("canceled", "canceled")


def test_scheduled_calls_are_dialled_at_their_time_by_one_node_also_after_a_restart(outbound):
    home = outbound(callees=["any hangup=0.3s"])
    due = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=3)
    _, record, _ = home.dial(SOMEBODY, schedule_at=due.isoformat())
    assert record["status"] == "queued"
    home.crash()
    home.restart()
    second = home.another()
    assert home.final(record["id"], within=8)["status"] == "completed"
    assert datetime.datetime.now(datetime.UTC) > due
    assert len(home.carrier.created) == 1
    second.stop()


def test_a_scheduled_call_that_could_not_be_dialled_is_canceled(outbound):
    home = outbound(PATCHBAY_SCHEDULE_EXPIRES=2, PATCHBAY_SWEEP_EVERY=1)
    due = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1)
    _, record, _ = home.dial(SOMEBODY, schedule_at=due.isoformat())
    home.crash()
    time.sleep(3.5)
    home.restart()
    assert ended(home.final(record["id"])) == ("canceled", "canceled")
    assert home.carrier.created == []


def test_the_days_minutes_are_used_up(outbound):
    home = outbound(PATCHBAY_DIAL_MINUTES=1)
    _, record, _ = home.dial(SOMEBODY)
    assert eventually(lambda: home.record(record["id"])["status"] == "in-progress")
    home.bridge.stop()
    home.age(record["id"], seconds=61)
    home.restart()
    status, problem, headers = home.dial(SOMEBODY)
    assert (status, problem["code"]) == (429, "limits.dial_minutes_per_day") and int(headers["Retry-After"]) > 0


def test_a_draining_node_takes_no_orders_and_leaves_those_that_wait(outbound):
    home = outbound(PATCHBAY_LAME_DUCK=30)
    later = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=2)).isoformat()
    _, record, _ = home.dial(SOMEBODY, schedule_at=later)
    home.bridge.process.terminate()
    assert eventually(lambda: home.bridge.get("/readyz").status == 503)
    status, problem, _ = home.dial(SOMEBODY)
    assert (status, problem["code"]) == (503, "node.draining")
    time.sleep(2.5)
    assert home.record(record["id"])["status"] == "queued" and home.carrier.created == []


def test_without_a_carrier_nothing_is_dialled(house):
    home = house(agents=[{"id": "default"}])
    status, problem = home.api("/v1/calls", "POST", {"to": SOMEBODY, "from": HOUSE})[:2]
    assert (status, problem["code"]) == (409, "carrier.not_configured")


# Callbacks in any order.

ALL = ["initiated", "ringing", "answered", "completed"]


@pytest.mark.parametrize("faults", [
    ["repeat-callbacks"], ["reorder-callbacks"], ["late-callbacks=0.7s"], ["lose-callback"],
    *[[f"lose-callback={event}"] for event in ALL], ["reorder-callbacks", "repeat-callbacks"],
    ["late-callbacks=0.7s", "lose-callback=answered"]], ids=" ".join)
def test_whatever_becomes_of_callbacks_a_call_has_one_end(faults, outbound):
    home = outbound(faults=faults, callees=["any ring=0.1s hangup=0.6s", "+15550004444 busy ring=0.1s"])
    _, record, _ = home.dial(SOMEBODY)
    record = home.final(record["id"], within=8)
    assert ended(record) == ("completed", "caller-hangup")
    time.sleep(1)
    kinds = [event["type"] for event in home.events(record["id"])]
    assert kinds.count("call.final") == 1 and kinds.count("call.answered") == 1 and kinds.count("call.created") == 1
    assert len(home.api("/v1/calls")[1]["items"]) == 1
    assert ended(home.record(record["id"])) == ("completed", "caller-hangup")


def test_callbacks_without_a_signature_are_refused(outbound):
    home = outbound(faults=["unsigned-callbacks"], callees=["any ring=0.1s hangup=0.5s"])
    _, record, _ = home.dial(SOMEBODY)
    assert home.final(record["id"], within=8)["status"] == "completed"
    assert home.bridge.metric('patchbay_rejected_total{reason="signature"}') >= 4
    assert json.dumps(home.events(record["id"])).count("webhook.") == 0
