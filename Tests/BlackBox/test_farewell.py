"""The agent hangs up, and its last word is heard whole."""

import pytest

from carrier import TOKEN
from sound import RATE, Tone, decode, encode, loud_part, tone

WORDS = encode(tone(150, 0.4))
PITCH = 437


def assert_ordered(carrier, phone):
    [(at, call, form)] = carrier.orders
    assert (call, form) == (phone.call, {"Status": "completed"})
    return at - phone.began


def test_the_last_word_is_heard_and_then_the_carrier_is_told(studio, carrier):
    studio = studio("--pitch", PITCH, "--greeting", "500ms", "--reply", "1200ms", "--thinking", "0s",
                  "--end-call-after", 1, agent={"builtins": ["end_call"]}, carrier=carrier)

    async def scenario(phone):
        await phone.agent_speaks(after=0)
        await phone.agent_is_silent(0.1)
        phone.say(WORDS)
        await phone.until(lambda: carrier.orders)
        await phone.hang_up()

    phone = studio.call(scenario, auth_token=TOKEN)
    farewell = phone.runs[-1]
    assert abs(len(farewell.data) / RATE - 1.2) < 0.003
    Tone(loud_part(decode(farewell.data)), PITCH).assert_clean(PITCH)
    assert -0.02 < assert_ordered(carrier, phone) - farewell.end < 0.3
    record = studio.final(phone.call)
    assert (record["status"], record["end_reason"]) == ("completed", "agent-hangup")


def test_a_caller_who_speaks_during_the_farewell_is_not_hung_up_on(studio, carrier):
    studio = studio("--pitch", PITCH, "--greeting", "300ms", "--reply", "3s", "--thinking", "0s",
                  "--end-call-after", 1, agent={"builtins": ["end_call"]}, carrier=carrier)

    async def scenario(phone):
        await phone.agent_speaks(after=0)
        await phone.agent_is_silent(0.1)
        phone.say(WORDS)
        farewell = await phone.agent_speaks()
        await phone.until(lambda: phone.now - farewell.start >= 0.8)
        phone.say(WORDS)
        await phone.until(lambda: phone.clears)
        await phone.agent_speaks(after=phone.clears[0].at)  # It goes on.
        await phone.agent_is_silent(0.8)
        await phone.until(lambda: phone.now - farewell.start >= 5.5)
        assert not carrier.orders and not phone.closed
        await phone.hang_up()

    phone = studio.call(scenario, auth_token=TOKEN)
    assert studio.final(phone.call)["end_reason"] == "caller-hangup"
    assert not carrier.orders


@pytest.mark.parametrize("returns_marks, wait", [(True, 0), (False, 2)])
def test_an_upstream_that_closes_with_1000_has_said_its_last_word(returns_marks, wait, studio, carrier):
    """A mark that never comes back holds the call for two seconds past the computed end, and no longer."""
    studio = studio("--pitch", PITCH, "--greeting", "1500ms", "--pace", "0", "--fault", "close=1000@after-greeting",
                  carrier=carrier)

    async def scenario(phone):
        await phone.until(lambda: carrier.orders)
        await phone.hang_up()

    phone = studio.call(scenario, auth_token=TOKEN, returns_marks=returns_marks)
    [run] = phone.runs
    assert abs(len(run.data) / RATE - 1.5) < 0.003
    Tone(decode(run.data), PITCH).assert_clean(PITCH)
    assert -0.05 < assert_ordered(carrier, phone) - run.end - wait < 0.3
    assert studio.final(phone.call)["end_reason"] == "agent-hangup"
    overdue = studio.bridge.logged("call.farewell_overdue")
    assert len(overdue) == (0 if returns_marks else 1)


def test_a_carrier_that_only_says_that_the_stream_is_over_is_closed(studio):
    studio = studio("--greeting", "300ms")

    async def scenario(phone):
        await phone.agent_speaks(after=0)
        await phone.stop()
        await phone.until(lambda: phone.closed, within=2)

    phone = studio.call(scenario)
    assert phone.closed == 1000
    assert studio.final(phone.call)["end_reason"] == "caller-hangup"
