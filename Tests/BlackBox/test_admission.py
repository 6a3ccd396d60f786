"""How many calls a node takes, and what those get for whom there is no room."""

import json
import math
import os
import signal
import time

from program import eventually
from raw_phone import Refused

FULL = {"default": {"id": "default", "fallback": {"say": "We are busy.", "transfer_to": "+15550003333"}}}


def refused(home):
    try:
        home.phone().close()
    except Refused as refusal:
        answer = refusal.args[0]
        return answer.status, json.loads(answer.body)["code"]
    return None


def full(home):
    return "<Reject" in home.voice("CA" + os.urandom(16).hex())[1]


def test_a_number_of_calls_is_a_limit_and_what_is_up_goes_on(house):
    home = house(PATCHBAY_MAX_CALLS=2)
    assert home.bridge.metric("patchbay_call_capacity") == 2
    phones = [home.phone().begin().hear_agent() for _ in range(2)]
    assert refused(home) == (503, "node.full")
    assert full(home)
    assert home.bridge.get("/readyz").status == 200, "whoever is full still answers callers"
    assert home.bridge.metric('patchbay_rejected_total{reason="full"}') == 2
    assert all(phone.listen(within=0.5) or phone.code is None for phone in phones)
    phones[0].stop()
    phones[0].closed()
    assert eventually(lambda: not full(home))
    home.phone().begin().hear_agent()


def test_callers_hear_what_their_agent_has_for_a_full_node(house):
    home = house(PATCHBAY_MAX_CALLS=1, agents=[FULL["default"]])
    talking = home.phone().begin().hear_agent()
    _, twiml = home.voice("CA" + os.urandom(16).hex())
    assert "+15550003333" in twiml and "<Connect" not in twiml
    talking.close()


def test_behind_a_balancer_a_full_node_is_not_ready(house):
    home = house(PATCHBAY_MAX_CALLS=1, PATCHBAY_READINESS_FULL="unready")
    assert home.bridge.get("/readyz").status == 200
    phone = home.phone().begin().hear_agent()
    answer = home.bridge.get("/readyz?verbose")
    assert answer.status == 503 and "[-]capacity full" in answer.text and answer.text.endswith("full\n")
    phone.stop()
    phone.closed()
    assert eventually(lambda: home.bridge.get("/readyz").status == 200)


def test_without_a_limit_there_is_no_number(house):
    assert house(PATCHBAY_MAX_CALLS=0).bridge.metric("patchbay_call_capacity") == math.inf


def test_a_node_whose_loops_are_late_takes_no_calls_until_they_are_in_time_again(promptly, house):
    """It is stopped for a moment again and again, which makes its loops late as too many calls would."""
    home = house(PATCHBAY_LOOPS=1, PATCHBAY_MAX_CALLS="auto")
    assert math.isnan(home.bridge.metric("patchbay_call_capacity")), "with no calls nobody can tell"
    phones = [home.phone().begin().hear_agent() for _ in range(12)]

    def late():
        os.kill(home.bridge.process.pid, signal.SIGSTOP)
        time.sleep(0.15)
        os.kill(home.bridge.process.pid, signal.SIGCONT)
        time.sleep(0.25)
        return home.logged("node.full")

    assert eventually(late, within=15)
    line = home.logged("node.full")[0]
    assert (line["cause"], line["calls"]) == ("lag", 12)
    assert full(home) and refused(home) == (503, "node.full")
    assert home.bridge.metric("patchbay_call_capacity") == 12
    for phone in phones:
        phone.media(count=3)
        assert phone.code is None
    assert home.calls_active() == 12, "those that are up stay"
    # A window of ten seconds has to pass, and five calm ones.
    assert eventually(lambda: home.logged("node.not_full"), within=30, every=0.5)
    assert not full(home)
