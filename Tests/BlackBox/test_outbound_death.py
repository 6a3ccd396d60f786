"""A call that is ordered is dialled once, also when the bridge dies over it."""

import concurrent.futures

from program import eventually


def test_a_bridge_that_dies_in_mid_order_places_one_call(outbound):
    """Between the key's commit and the carrier's answer: whether the carrier took the call or not, there is one."""
    numbers = {"+15550001001": "mute@create*1", "+15550001002": "hang@create*1"}
    home = outbound(callees=[
        f"{number} ring=14s hangup=0.5s fault={fault} fault=lose-callback=initiated fault=lose-callback=ringing"
        for number, fault in numbers.items()])
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        lost = [pool.submit(home.dial, number, key=number) for number in numbers]
        assert eventually(lambda: len(home.carrier.asked("create")) == 2)
        home.crash()
    assert all(answer.exception() for answer in lost)
    home.restart()
    records = {record["to"]: record["id"] for record in home.api("/v1/calls")[1]["items"]}
    for number in numbers:
        assert eventually(lambda: home.record(records[number])["provider_call_id"], within=14), numbers[number]
    made = [line["to"] for line in home.carrier.events("call.created")]
    assert sorted(made) == sorted(numbers), "one call each"
    for number in numbers:
        def again():
            answer = home.dial(number, key=number)
            return answer if answer[0] != 409 else None
        status, answer, headers = eventually(again, within=12, every=0.5)
        assert (status, answer["id"], headers["Idempotent-Replayed"]) == (201, records[number], "true")
    assert len(home.carrier.created) == 2
