"""A call whose node dies goes on: on a new stream, in its record, with an agent that knows what was said."""

import re
import signal
import time

import pytest

from carrier import ACCOUNT
from history import begun, ended
from program import Bridge, eventually

LINE = "The line was restored"


def own(home):
    """A call that came in by our webhook, of which something has been said."""
    phone = home.phone()
    home.carrier.statuses[phone.call] = "in-progress"
    phone.begin(**home.voice(phone.call)[0]).media(count=5)  # A caller of whom no frame comes is hung up after a while.
    phone.hear_agent()
    # Until the greeting was said, and is kept.
    assert eventually(lambda: not phone.listen(lambda _: False, within=0.2) and home.turns(phone.call), within=10)
    return phone


def next_stream(home, call):
    """The parameters of the stream on which the carrier is told to go on."""
    twiml = home.connect_ended(call)
    assert "<Connect" in twiml, (twiml, home.record(call), home.bridge.errors()[-3000:])
    return dict(re.findall(r'<Parameter name="(\w+)" value="([^"]+)"', twiml))


def messages(home):
    return [(event["role"], event["text"]) for event in home.practice.events("message")]


def test_a_call_that_goes_on_is_no_longer_than_the_longest(house):
    home = house(carrier=True, PATCHBAY_MAX_CALL=6)
    phone = home.phone()
    home.carrier.statuses[phone.call] = "in-progress"
    phone.begin(**home.voice(phone.call)[0]).hear_agent()
    began = time.monotonic()
    phone.listen(lambda _: False, within=3)
    home.crash()
    home.restart()
    again = home.phone(call=phone.call).begin(**next_stream(home, phone.call))
    again.media(count=5)
    home.carrier.hooks[phone.call] = lambda form: again.goodbye()
    assert again.closed(within=8) == 1000
    assert 5 < time.monotonic() - began < 7.5, "all of it counts, not the last stream alone"
    assert ended(home.final(phone.call)) == ("completed", "max-duration")


def test_after_a_death_the_caller_goes_on_where_the_conversation_was(house):
    home = house(carrier=True)
    phone = own(home)
    before, said = home.record(phone.call), home.turns(phone.call)
    home.crash()
    home.restart()
    parameters = next_stream(home, phone.call)
    assert parameters["agent"] == "default" and parameters["resumes"] == before["id"]
    again = home.phone(call=phone.call).begin(**parameters)
    again.media(count=5)
    assert eventually(lambda: any(LINE in text for _, text in messages(home)), within=5), messages(home)
    for turn in said:
        assert any(text == turn["text"] for _, text in messages(home)), "the agent knows what was said"
    assert not again.listen(lambda message: message["event"] == "media", within=1), "nobody is greeted twice"
    record = home.record(phone.call)
    assert (record["id"], record["status"], record["stream_id"]) == (before["id"], "in-progress", again.stream)
    assert record["answered_at"] == before["answered_at"]
    (resumed,) = home.events(phone.call, "call.resumed")
    assert resumed["data"] == {"stream": again.stream}
    assert len(home.events(phone.call, "call.answered")) == 1
    # Longer than callers have to come back: nobody hangs up.
    assert not again.listen(lambda message: False, within=6) and again.code is None
    assert home.carrier.asked(phone.call, "POST") == []
    home.carrier.statuses[phone.call] = "completed"
    again.stop()
    assert ended(home.final(phone.call)) == ("completed", "caller-hangup")
    assert len(home.api("/v1/calls")[1]["items"]) == 1


def test_another_node_goes_on_whichever_the_carrier_asks(house, start):
    home = house(carrier=True)
    phones = [own(home) for _ in range(2)]
    second = start(Bridge, folder=home.folder, **home.environment)
    third = start(Bridge, folder=home.folder, **home.environment)
    home.crash()
    back = []
    for phone, asked, taken in ((phones[0], second, third), (phones[1], third, third)):
        home.bridge = asked
        parameters = next_stream(home, phone.call)
        home.bridge = taken
        back.append(home.phone(call=phone.call).begin(**parameters))
        assert eventually(lambda: home.events(phone.call, "call.resumed"), within=5)
    for again in back:
        assert not again.listen(lambda message: False, within=3) and again.code is None
        assert home.record(again.call)["status"] == "in-progress"
    for again in back:
        home.carrier.statuses[again.call] = "completed"
        again.stop()
        assert ended(home.final(again.call)) == ("completed", "caller-hangup")


def test_a_resumed_stream_needs_its_own_token(house):
    home = house(carrier=True)
    phone = own(home)
    first = home.voice(phone.call)[0]
    home.crash()
    home.restart()
    parameters = next_stream(home, phone.call)
    for wrong in ({"resumes": parameters["resumes"]}, parameters | {"token": "no"}, parameters | {"agent": "other"}):
        assert home.phone(call=phone.call).begin(**wrong).closed() == 1008
    assert first["token"] != parameters["token"]
    home.phone(call=phone.call).begin(**parameters)
    assert eventually(lambda: home.events(phone.call, "call.resumed"), within=5)
    assert home.phone(call=phone.call).begin(**parameters).closed() == 1008, "a token is good once"


def test_a_caller_who_does_not_come_back_is_let_go(house):
    home = house(carrier=True, PATCHBAY_START_TIMEOUT=3)
    phone = own(home)
    home.crash()
    home.restart()
    next_stream(home, phone.call)
    assert not eventually(lambda: home.record(phone.call)["end_reason"], within=2), "a new stream has its time"
    assert ended(home.final(phone.call, within=8)) == ("failed", "node-lost")
    assert home.carrier.asked(phone.call, "POST") == [{"Status": "completed"}]


def test_where_nobody_could_go_on_the_caller_hears_so(house):
    home = house(carrier=True, agents=[{"id": "default", "fallback": {"say": "Please call again."}}])
    (phone,) = begun(home, 1)
    home.crash()
    del home.environment["OPENAI_API_KEY"], home.environment["OPENAI_REALTIME_URL"]
    home.restart(OPENAI_API_KEY="")
    assert "Please call again." in home.connect_ended(phone.call)
    assert ended(home.record(phone.call)) == ("failed", "node-lost")
    home.status(phone.call, "completed")
    assert ended(home.record(phone.call)) == ("failed", "node-lost")
    assert home.carrier.asked(phone.call, "POST") == [], "nobody cuts the apology off"


def test_who_has_hung_up_is_not_called_back_to_the_line(house):
    home = house(carrier=True)
    (phone,) = begun(home, 1)
    home.crash()
    home.restart()
    home.carrier.statuses[phone.call] = "completed"
    status, twiml = home.post(
        "/twilio/connect-ended", CallSid=phone.call, AccountSid=ACCOUNT, CallStatus="completed", Direction="inbound")
    assert status == 200 and "<Connect" not in twiml
    assert ended(home.final(phone.call, within=8)) == ("completed", "caller-hangup")


@pytest.mark.timeout(60)
def test_a_call_that_brings_down_node_after_node_is_given_up(house):
    home = house(carrier=True)
    phone = own(home)
    for _ in range(3):
        home.crash()
        home.restart()
        phone = home.phone(call=phone.call).begin(**next_stream(home, phone.call))
        assert eventually(lambda: home.record(phone.call)["stream_id"] == phone.stream, within=5)
    home.crash()
    home.restart()
    assert "<Say" in home.connect_ended(phone.call)
    assert ended(home.record(phone.call)) == ("failed", "node-lost")


# A node that drains.

def drained(home):
    """The bridge is told to end while its calls talk, and does."""
    home.bridge.process.send_signal(signal.SIGTERM)
    return home.bridge


def test_at_the_end_of_a_drain_another_node_goes_on(house, start):
    home = house(carrier=True, PATCHBAY_LAME_DUCK=0, PATCHBAY_DRAIN=1)
    phone = own(home)
    before, said = home.record(phone.call), home.turns(phone.call)
    other = start(Bridge, folder=home.folder, **home.environment)
    old = drained(home)
    assert phone.closed(within=8) == 1001
    assert home.carrier.asked(phone.call, "POST") == [], "the call lives"
    home.bridge = other
    again = home.phone(call=phone.call).begin(**next_stream(home, phone.call))
    assert eventually(lambda: any(LINE in text for _, text in messages(home)), within=5), messages(home)
    assert home.turns(phone.call)[:len(said)] == said
    record = home.record(phone.call)
    assert (record["id"], record["status"], record["end_reason"]) == (before["id"], "in-progress", None)
    kinds = [event["type"] for event in home.events(phone.call)]
    assert kinds.index("drain.asked") < kinds.index("call.resumed") and "call.final" not in kinds
    assert old.process.wait(8) == 0
    home.carrier.statuses[phone.call] = "completed"
    again.stop()
    assert ended(home.final(phone.call)) == ("completed", "caller-hangup")


def test_a_node_that_drains_has_the_carrier_ask_the_one_that_goes_on(house, start):
    home = house(carrier=True, PATCHBAY_LAME_DUCK=0, PATCHBAY_DRAIN=2)
    phone, stranger = own(home), home.phone().begin().hear_agent()
    home.carrier.statuses[stranger.call] = "in-progress"
    home.carrier.hooks[stranger.call] = lambda form: stranger.goodbye()
    other = start(Bridge, folder=home.folder, **home.environment)
    old = drained(home)
    assert stranger.closed(within=8) == 1000
    assert phone.closed(within=8) == 1001
    home.bridge = other
    assert ended(home.final(stranger.call)) == ("failed", "drain-timeout"), "whoever set that stream up does not ask us"
    assert "<Connect" in home.connect_ended(phone.call)
    assert old.process.wait(8) == 0


def test_with_no_other_node_the_caller_hears_that_it_is_over(house):
    home = house(carrier=True, PATCHBAY_LAME_DUCK=0, PATCHBAY_DRAIN=1)
    phone = own(home)
    home.carrier.hooks[phone.call] = lambda form: phone.goodbye()
    assert drained(home).process.wait(8) == 0
    (order,) = home.carrier.asked(phone.call, "POST")
    assert "<Say" in order["Twiml"]
    home.restart()
    assert ended(home.record(phone.call)) == ("failed", "drain-timeout")
