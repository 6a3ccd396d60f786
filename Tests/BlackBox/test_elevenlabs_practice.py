"""Calls whose agent is the practice upstream in ElevenLabs' own protocol."""

import asyncio

import pytest

from phone import Phone
from program import eventually
from sound import Tone, decode, encode, loud_part, tone

FIRST, SECOND = 437, 911
WORDS = encode(tone(150, 0.5))


@pytest.fixture
def call(eleven_house):
    """Holds one call with a practice agent started with these arguments. Returns the house and the phone."""
    def call(scenario, *arguments, agents=None, parameters=(), **environment):
        home = eleven_house(*arguments, agents=agents, **environment)

        async def run():
            async with Phone(home.media_url, **dict(parameters)) as phone:
                await scenario(phone)
            return phone
        return home, asyncio.run(run())
    return call


async def one_turn(phone):
    """The greeting, a turn of the caller, and its answer."""
    await phone.agent_speaks(after=0)
    await phone.agent_is_silent()
    phone.say(WORDS)
    await phone.said()
    said = phone.now
    await phone.agent_speaks(after=said)
    await phone.agent_is_silent()
    await phone.hang_up()


USUAL = ["--pitch", f"{FIRST},{SECOND}", "--greeting", "1s", "--reply", "1s"]
HARMLESS = [
    "early-ping", "empty-audio", "text-ids", "malformed", "unknown-events", "extra-fields", "duplicates", "reordered",
    "odd-deltas", "late-deltas", "slow=100ms", "late=2s", "queued=2s"]


@pytest.mark.parametrize("form", ["ulaw_8000", "pcm_16000", "pcm_44100/pcm_48000", "pcm_24000/ulaw_8000"])
def test_a_turn_is_held_in_every_kind_of_format(form, call):
    home, phone = call(one_turn, *USUAL, "--format", form, "--access", "private")
    sounds = [loud_part(decode(bytes(run.data))) for run in phone.runs]
    assert len(sounds) == 2, phone
    for sound, pitch in zip(sounds, (FIRST, SECOND)):
        Tone(sound, pitch).assert_clean(pitch)
        assert abs(len(sound) / 8000 - 1) < 0.01
    assert len(home.practice.events("caller.spoke")) == 1
    record = home.final(phone.call)
    assert (record["status"], record["end_reason"], record["error"]) == ("completed", "caller-hangup", None)
    assert (record["quality"]["underruns"], record["quality"]["malformed_messages"]) == (0, 0)
    turns = home.api(f"/v1/calls/{phone.call}/transcript")[1]["items"]
    assert [turn["speaker"] for turn in turns] == ["agent", "caller", "agent"]
    assert not any(turn["interrupted"] for turn in turns)


@pytest.mark.parametrize("fault", HARMLESS)
def test_what_a_server_may_do_oddly_costs_a_call_nothing(fault, call):
    home, phone = call(one_turn, *USUAL, "--fault", fault)
    heard = [loud_part(decode(bytes(run.data))) for run in phone.runs if max(map(abs, decode(bytes(run.data)))) > 2_000]
    assert len(heard) == 2, phone
    for sound, pitch in zip(heard, (FIRST, SECOND)):
        Tone(sound, pitch).assert_clean(pitch)
    record = home.final(phone.call)
    assert (record["status"], record["error"]) == ("completed", None)


@pytest.mark.parametrize("fault", ["late-deltas", "same-id", "text-ids"])
def test_an_interrupted_answer_is_stopped_and_the_next_one_heard(fault, call):
    async def interrupt(phone):
        run = await phone.agent_speaks(after=0)
        await phone.until(lambda: phone.now - run.start > 1)
        phone.say(WORDS)
        await phone.until(lambda: phone.clears)
        await phone.agent_speaks(after=phone.clears[0].at)
        await phone.agent_is_silent()
        await phone.hang_up()

    home, phone = call(
        interrupt, "--pitch", f"{FIRST},{SECOND}", "--greeting", "5s", "--reply", "1s", "--fault", fault)
    assert len(phone.clears) == 1, phone
    Tone(decode(bytes(phone.runs[0].data)), FIRST).assert_clean(FIRST)
    after = loud_part(decode(b"".join(bytes(run.data) for run in phone.runs[1:])))
    # Of the same number as what was interrupted: some of it may be late audio of that, which nobody can tell apart.
    Tone(after[-6_000:], SECOND).assert_clean(SECOND)
    record = home.final(phone.call)
    assert record["quality"]["interruptions"] == 1
    turns = home.api(f"/v1/calls/{phone.call}/transcript")[1]["items"]
    assert (turns[0]["speaker"], turns[0]["interrupted"], turns[1]["speaker"]) == ("agent", True, "caller"), turns


def test_a_tool_is_answered_and_the_agent_hangs_up(call):
    async def talk(phone):
        await phone.agent_speaks(after=0)
        await phone.agent_is_silent()
        phone.say(WORDS)
        await phone.until(lambda: phone.closed, within=15)

    home, phone = call(talk, *USUAL, "--tool", "book:{}@1", "--end-call-after", "1")
    [answered] = home.practice.events("tool.answered")
    assert answered["is_error"] and "tool_unavailable" in answered["output"]
    record = home.final(phone.call)
    assert (record["status"], record["end_reason"]) == ("completed", "agent-hangup")


def test_a_call_at_the_cap_of_the_agent_is_no_farewell(call):
    async def stay(phone):
        await phone.until(lambda: phone.closed, within=12)

    home, phone = call(stay, *USUAL, "--max-duration", "3s")
    record = home.final(phone.call)
    assert (record["status"], record["end_reason"]) == ("failed", "upstream-failed")
    assert record["error"]["code"] == "upstream.session_expired"


@pytest.mark.parametrize("fault, code", [
    ("reset@after-greeting", "connection_lost"), ("close=1011@after-greeting", "server_error"),
    ("quota@after-greeting", "quota_exhausted")])
def test_an_upstream_lost_in_the_middle_is_told(fault, code, call):
    async def stay(phone):
        await phone.until(lambda: phone.closed, within=12)

    home, phone = call(stay, *USUAL, "--fault", fault)
    record = home.final(phone.call)
    assert (record["end_reason"], record["error"]["code"]) == ("upstream-failed", f"upstream.{code}")


def test_an_override_that_is_not_allowed_is_told_and_left_out_from_then_on(eleven_house):
    home = eleven_house(*USUAL, agents=[{"id": "default", "voice": "v1", "language": "en"}])
    for number in (1, 2):
        phone = home.phone().begin().hear_agent()
        phone.close()
        assert home.final(phone.call)["status"] == "completed"
        attempts = home.events(phone.call, "upstream.attempt")
        assert len(attempts) == (2 if number == 1 else 1)
        if number == 1:
            told = len(home.logged("upstream.override_refused"))
    assert told == len(home.logged("upstream.override_refused"))
    assert any("Override for field" in str(line) for line in home.logged("upstream.override_refused"))


def test_an_override_that_is_allowed_and_a_variable_that_is_needed_are_taken(call):
    async def greeted(phone):
        await phone.agent_speaks(after=0)
        await phone.hang_up()

    agents = [{"id": "default", "voice": "v1", "instructions": "Serve {{name}}."}]
    home, phone = call(
        greeted, *USUAL, "--overrides", "all", "--needs", "name", agents=agents, parameters={"name": "Ada"})
    assert home.final(phone.call)["status"] == "completed"


def test_health_is_ok_and_opens_no_conversation(eleven_house):
    home = eleven_house(*USUAL, PATCHBAY_HEALTH_EVERY=0.2)
    rows = 'patchbay_dependency_up{dependency="elevenlabs",critical="false"}'
    assert eventually(lambda: home.bridge.metric(rows) == 1)
    assert home.practice.events("connection.opened") == []
