"""Calls that wait to be dialled: for their turn, for their time, for another node."""

import concurrent.futures
import datetime
import json
import time

from outbound import SOMEBODY, ended
from program import eventually


def dialling(home):
    """Its row in the health report."""
    report = json.loads(home.bridge.get("/healthz").text)
    return next(row for row in report["components"] if row["name"] == "dialling")


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
    row = dialling(home)
    assert row["status"] == "ok" and not row["critical"] and row["age_s"] < 10
    assert row["queue"] == {"waiting": 4, "active": 0, "overdue_s": None}
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
    assert eventually(lambda: home.events(record["id"], "stream.started"))
    home.api(f"/v1/calls/{record['id']}/hangup", "POST")
    assert ended(home.final(record["id"])) == ("completed", "api-hangup")
    home.bridge.stop()
    home.age(record["id"], seconds=61)
    home.restart()
    status, problem, headers = home.dial(SOMEBODY)
    assert (status, problem["code"]) == (429, "limits.dial_minutes_per_day") and int(headers["Retry-After"]) > 0


def test_a_drain_waits_for_what_is_with_the_carrier(outbound):
    """An order whose answer was lost, and whose call is looked for among many."""
    home = outbound(
        PATCHBAY_LAME_DUCK=0.5, callees=["any ring=30s fault=lose-callback"],
        faults=["lost-answer@create*1", "late=2s@list"])
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(home.dial, SOMEBODY)
        assert eventually(lambda: home.carrier.created)
        assert eventually(lambda: dialling(home)["queue"]["active"] == 1)
        home.bridge.process.terminate()
        drain = eventually(lambda: json.loads(home.bridge.get("/healthz").text).get("drain"))
        assert drain["dials"] == 1
        assert "1 dials" in home.bridge.get("/readyz?verbose").text
        assert home.bridge.metric('patchbay_drain_waiting{work="dials"}') == 1
        assert answer.result()[0] == 201
    assert home.bridge.process.wait(8) == 0
    assert len(home.logged("dialling.dialled")) == 1 and len(home.carrier.created) == 1


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
