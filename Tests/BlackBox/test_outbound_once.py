"""A call that is ordered is dialled once, whatever becomes of the carrier's answers and of the client's."""

import concurrent.futures
import threading
import time

from outbound import SOMEBODY, ended
from program import eventually

# By what becomes of the order to call: how often it is given.
ORDERS = {"status=429@create*2": 3, "status=503@create*1": 2, "reset@create*1": 2, "html@create*1": 2,
          "lost-answer@create*1": 1, "mute@create*1": 1}


def test_a_call_is_dialled_once_whatever_the_carrier_answers(outbound):
    """What passes costs no call; what was lost is looked for, and never dialled again."""
    numbers = {f"+1555000100{index}": fault for index, fault in enumerate(ORDERS)}
    home = outbound(callees=[
        f"{number} ring={8 if ORDERS[fault] == 1 else 0.1}s hangup=0.5s fault={fault} fault=lose-callback=initiated"
        " fault=lose-callback=ringing" for number, fault in numbers.items()])

    def call(number):
        status, record, _ = home.dial(number)
        assert status == 201
        return number, record["id"]

    with concurrent.futures.ThreadPoolExecutor(len(numbers)) as pool:
        calls = list(pool.map(call, numbers))
    for number, record in calls:
        fault = numbers[number]
        assert eventually(lambda: home.record(record)["provider_call_id"], within=20), fault
        assert home.final(record, within=15)["status"] == "completed", fault
        given = [order for order in home.carrier.asked("create") if order["To"] == number]
        assert len(given) == ORDERS[fault], (fault, len(given))
    made = [line["to"] for line in home.carrier.events("call.created")]
    assert sorted(made) == sorted(numbers), "one call each"


def test_a_webhook_brings_the_name_that_a_lost_answer_held(outbound):
    home = outbound(faults=["lost-answer@create*1", "status=503@list"], callees=["any ring=0.1s hangup=1s"])
    _, record, _ = home.dial(SOMEBODY)
    assert ended(home.final(record["id"], within=10)) == ("completed", "caller-hangup")
    assert len(home.carrier.created) == 1


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
