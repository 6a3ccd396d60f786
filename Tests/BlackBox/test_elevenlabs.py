"""Calls whose agent is at ElevenLabs, by a stand-in that says just what a test wants."""

import asyncio
import json
import time

import pytest

from carrier import Carrier
from elevenlabs import AGENT, KEY, rate_of, read, written
from phone import Phone
from practice import Practice
from program import eventually
from sound import FRAME, SILENCE, Tone, decode, encode, loud_part, tone

FORMATS = ["ulaw_8000", "pcm_8000", "pcm_16000", "pcm_22050", "pcm_24000", "pcm_44100", "pcm_48000"]
PITCH = 437


def hold(home, scenario, **options):
    """Holds one call with a phone that does as `scenario` says."""
    async def run():
        async with Phone(home.media_url, **options) as phone:
            await scenario(phone)
        return phone
    return asyncio.run(run())


def turns(home, call):
    return home.api(f"/v1/calls/{call}/transcript")[1]["items"]


async def hear_out(phone):
    await phone.agent_speaks(after=0)
    await phone.agent_is_silent()
    await phone.hang_up()


# Audio.

@pytest.mark.parametrize("name", FORMATS)
def test_the_caller_hears_the_agent_whole_in_every_format(name, eleven):
    async def greet(talk):
        await talk.tone(PITCH, 2, 1)

    home, _ = eleven(greet, output=name)
    phone = hold(home, hear_out)
    assert len(phone.runs) == 1, phone
    heard = decode(phone.got)
    assert abs(len(loud_part(heard)) / 8000 - 2) < 0.004
    measured = Tone(loud_part(heard), PITCH)
    measured.assert_clean(PITCH)
    assert measured.sinad > 33, measured
    if name == "ulaw_8000":
        assert phone.got == written(tone(PITCH, 2), name)
    record = home.final(phone.call)
    assert (record["upstream"], record["status"]) == ("elevenlabs", "completed")
    assert record["quality"]["underruns"] == 0


@pytest.mark.parametrize("name", FORMATS)
def test_the_agent_hears_the_caller_whole_in_every_format(name, eleven):
    home, server = eleven(given=name)

    async def scenario(phone):
        await phone.until(lambda: server.talks and server.talks[0].heard)
        phone.say(encode(tone(PITCH, 2)))
        await phone.said()
        phone.say(SILENCE * FRAME * 30)
        await phone.said()
        await phone.hang_up()

    phone = hold(home, scenario)
    assert phone.latest < 0.05, phone
    heard = read(server.talks[0].heard, name)
    loud = loud_part(heard)
    assert abs(len(loud) / rate_of(name) - 2) < 0.004
    measured = Tone(loud, PITCH, rate_of(name))
    measured.assert_clean(PITCH)
    assert measured.sinad > 33, measured
    assert abs(len(heard) / rate_of(name) - len(phone.sent) / 8000) < 0.045
    assert home.final(phone.call)["quality"]["lost_frames"] == 0


def test_an_answer_that_comes_in_one_huge_message_is_played_whole(eleven):
    """1.5 MB of base64 is 35 s of sound; only its beginning and its size are heard out here."""
    async def greet(talk):
        await talk.audio(written(tone(PITCH, 35.5, rate=16_000), "pcm_16000"), 1, alignment={
            "chars": ["a"] * 500, "char_start_times_ms": [0] * 500, "char_durations_ms": [1] * 500})
        await talk.send("ping", event_id=9)

    home, server = eleven(greet, output="pcm_16000")

    async def scenario(phone):
        await phone.agent_speaks(after=0)
        await phone.until(lambda: phone.now - phone.runs[0].start > 37, within=45)
        await phone.hang_up()

    phone = hold(home, scenario)
    assert len(phone.runs) == 1, phone
    heard = loud_part(decode(phone.got))
    assert abs(len(heard) / 8000 - 35.5) < 0.01
    Tone(heard, PITCH).assert_clean(PITCH)
    assert [pong["event_id"] for pong in server.talks[0].got("pong")] == [9]


def test_a_format_outside_the_table_is_told_and_not_played(eleven):
    async def greet(talk):
        await talk.audio(b"\x00\x10" * 800, 1)

    home, server = eleven(greet, output="opus_48000")
    phone = home.phone().begin()
    phone.media(count=5)
    assert phone.closed() == 1000
    assert not [message for message in phone.messages if message["event"] == "media"]
    record = home.final(phone.call)
    assert (record["end_reason"], record["error"]["code"]) == ("upstream-unavailable", "upstream.format_mismatch")
    assert len(server.talks) == 1


def test_the_caller_s_first_words_come_although_the_conversation_begins_late(eleven):
    words = encode(tone(PITCH, 0.5))

    async def begin(talk):
        await asyncio.sleep(1)
        await talk.metadata()

    home, server = eleven(begin, begins=False)

    async def scenario(phone):
        phone.say(words)
        await phone.said()
        await phone.until(lambda: words in bytes(server.talks[0].heard))
        await phone.hang_up()

    hold(home, scenario)


# What was heard, and what was not.

def test_an_interruption_stops_the_answer_and_its_late_audio(eleven):
    other = 911

    async def talk_on(talk):
        await talk.says("A long story.", 1)
        await talk.tone(PITCH, 6, 1)
        await asyncio.sleep(1.2)
        await talk.send("interruption", event_id=2)
        await talk.send(
            "agent_response_correction", original_agent_response="A long story.",
            corrected_agent_response="A long", event_id=1)
        await talk.tone(PITCH, 1, 1)  # Late.
        await talk.heard_caller("Stop.", 2)
        await talk.says("Yes?", 2)
        await talk.tone(other, 0.5, 2)

    home, _ = eleven(talk_on)

    async def scenario(phone):
        run = await phone.agent_speaks(after=0)
        await phone.until(lambda: phone.clears)
        await phone.agent_speaks(after=phone.clears[0].at)
        await phone.agent_is_silent()
        assert 0.9 < phone.clears[0].at - run.start < 1.6
        await phone.hang_up()

    phone = hold(home, scenario)
    assert len(phone.clears) == 1
    before, after = decode(bytes(phone.runs[0].data)), decode(b"".join(bytes(run.data) for run in phone.runs[1:]))
    Tone(before, PITCH).assert_clean(PITCH)
    Tone(loud_part(after), other).assert_clean(other)
    assert abs(len(after) / 8000 - 0.5) < 0.01
    assert home.final(phone.call)["quality"]["interruptions"] == 1
    assert [(turn["speaker"], turn["text"], turn["interrupted"]) for turn in turns(home, phone.call)] == [
        ("agent", "A long", True), ("caller", "Stop.", False), ("agent", "Yes?", False)]


def test_a_protected_greeting_is_heard_whole(eleven):
    async def greet(talk):
        await talk.tone(PITCH, 2, 1)
        await talk.send("interruption", event_id=1)
        await asyncio.sleep(2.5)
        await talk.tone(PITCH, 2, 3)
        await asyncio.sleep(0.8)
        await talk.send("interruption", event_id=3)

    home, _ = eleven(greet, agents=[{"id": "default", "protect_greeting": True}])

    async def scenario(phone):
        await phone.until(lambda: phone.clears)
        await phone.hang_up()

    phone = hold(home, scenario)
    assert len(phone.clears) == 1
    assert len(phone.runs[0].data) == 16_000 and 0 < len(phone.runs[1].data) < 16_000


# What is said beside audio.

def test_pings_are_answered_at_once_and_before_the_conversation_began(eleven):
    async def ping(talk):
        await talk.send("ping", event_id=1)
        await talk.until(lambda: talk.got("pong"))
        await talk.metadata()
        talk.waits = []
        for number in range(2, 12):
            sent = talk.now
            await talk.send("ping", event_id=number, ping_ms=50)
            await talk.until(lambda: len(talk.got("pong")) == number)
            talk.waits.append(talk.now - sent)

    home, server = eleven(ping, begins=False)
    phone = home.phone().begin()
    assert eventually(lambda: server.talks and len(server.talks[0].got("pong")) == 11)
    assert [pong["event_id"] for pong in server.talks[0].got("pong")] == list(range(1, 12))
    assert sorted(server.talks[0].waits)[5] < 0.05
    phone.close()


def test_tools_are_answered_once_and_keys_are_told(eleven):
    async def ask(talk):
        await talk.send(
            "client_tool_call", "client_tool_call", tool_name="nope", tool_call_id="t1", parameters={"a": 1},
            event_id=1)

    home, server = eleven(ask)

    async def scenario(phone):
        await phone.until(lambda: server.talks and server.talks[0].got("client_tool_result"))
        await phone.press("12#")
        await phone.until(lambda: server.talks[0].got("user_message"))
        await phone.hang_up()

    phone = hold(home, scenario)
    [talk] = server.talks
    [result] = talk.got("client_tool_result")
    assert result["tool_call_id"] == "t1" and result["is_error"] and isinstance(result["result"], str)
    assert [message["text"] for message in talk.got("user_message")] == ["[keypad: 1 2 #]"]
    assert len(talk.got("user_activity")) >= 1
    [failed] = home.events(phone.call, "function_call.error")
    assert failed["data"]["name"] == "nope"


def test_only_what_the_agent_names_is_overridden_and_variables_are_handed_on(eleven):
    home, server = eleven(agents=[
        {"id": "default"},
        {"id": "full", "voice": "v1", "instructions": "Serve {{name}}.", "language": "en", "variables": {"n": 2},
         "elevenlabs_agent_id": "agent_2"}])
    for number, parameters in enumerate(({}, {"agent": "full", "name": "Ada"}), start=1):
        phone = home.phone().begin(**parameters)
        assert eventually(lambda: len(server.talks) == number and server.talks[-1].initiation)
        phone.close()
    plain, full = [talk.initiation for talk in server.talks]
    assert plain == {"type": "conversation_initiation_client_data"}
    assert full["conversation_config_override"] == {
        "agent": {"prompt": {"prompt": "Serve {{name}}."}, "language": "en"}, "tts": {"voice_id": "v1"}}
    assert full["dynamic_variables"] == {"n": 2, "name": "Ada"}
    assert "agent_id=agent_2" in [path.partition("?")[2] for _, path, _ in server.asked]


# Beginning.

def test_a_signed_url_is_asked_for_while_the_phone_rings_and_used_once(eleven):
    carrier = Carrier()
    home, server = eleven(carrier=carrier, environment={"PATCHBAY_HEALTH_EVERY": 0})
    phone = home.phone()
    parameters, _ = home.voice(phone.call)
    assert eventually(lambda: server.asked)
    assert server.talks == []  # It would greet, and be billed.
    assert server.asked[0][1:] == (f"/v1/convai/conversation/get-signed-url?agent_id={AGENT}", KEY)
    phone.begin(**parameters)
    assert eventually(lambda: server.talks)
    assert "conversation_signature=s1" in server.talks[0].target
    assert "xi-api-key" not in map(str.lower, server.talks[0].headers)
    assert len(server.asked) == 1
    phone.close()
    carrier.destroy()


def test_without_a_key_a_public_agent_is_reached_by_its_id(eleven):
    home, server = eleven(key=False)
    phone = home.phone().begin()
    assert eventually(lambda: server.talks)
    assert server.talks[0].target == f"/v1/convai/conversation?agent_id={AGENT}" and server.asked == []
    phone.close()


@pytest.mark.parametrize("status, tries, code", [
    (401, 1, "invalid_credentials"), (403, 1, "forbidden"), (404, 1, "not_found"), (422, 1, "configuration_refused"),
    (429, 3, "rate_limited"), (500, 3, "server_error")])
def test_a_signed_url_that_cannot_be_had_is_asked_for_again_only_where_that_may_help(status, tries, code, eleven):
    home, server = eleven(signing=status, environment={"PATCHBAY_HEALTH_EVERY": 0})
    phone = home.phone().begin()
    assert phone.closed(within=12) == 1000
    record = home.final(phone.call)
    assert (record["end_reason"], record["error"]["code"]) == ("upstream-unavailable", f"upstream.{code}")
    assert (len(server.asked), server.talks) == (tries, [])


def test_an_answer_that_never_comes_is_given_up_in_time(eleven):
    home, server = eleven(begins=False, environment={"PATCHBAY_UPSTREAM_CONNECT_TIMEOUT": 1})
    began = time.monotonic()
    phone = home.phone().begin()
    assert phone.closed(within=12) == 1000
    assert time.monotonic() - began < 9
    assert home.final(phone.call)["error"]["code"] == "upstream.connection_lost"
    assert len(server.talks) == 3
    assert eventually(lambda: all(talk.code for talk in server.talks))


def test_health_asks_for_a_signed_url_and_opens_nothing(eleven):
    home, server = eleven(signing=401, environment={"PATCHBAY_HEALTH_EVERY": 0.2})

    def row():
        rows = json.loads(home.bridge.get("/healthz").text)["components"]
        return next((row for row in rows if row["name"] == "elevenlabs" and row["status"] == "failing"), None)

    failing = eventually(row)
    assert failing and not failing["critical"] and "API key" in failing["last_error"], failing
    server.signing = 200
    assert eventually(lambda: not row())
    assert home.bridge.get("/readyz").status == 200 and server.talks == []


# Ends.

def test_a_hang_up_by_the_agent_is_heard_to_its_last_word(eleven):
    """Whether the server closes, as it should, or leaves that to us."""
    for closes in (True, False):
        async def leave(talk):
            await talk.tone(PITCH, 2, 1)
            await talk.send(
                "agent_tool_response", "agent_tool_response", tool_name="end_call", tool_call_id="t", tool_type="system",
                is_error=False, is_called=True, event_id=1)
            if closes:
                await talk.close(1000)

        home, server = eleven(leave)
        phone = hold(home, lambda phone: phone.until(lambda: phone.closed))
        assert len(phone.got) == 16_000 and phone.closed == 1000
        record = home.final(phone.call)
        assert (record["status"], record["end_reason"], record["error"]) == ("completed", "agent-hangup", None)
        assert server.talks[0].code == 1000


ENDS = {
    (1000, "Conversation has exceeded maximum duration"): "session_expired",
    (1002, "This request exceeds your quota limit."): "quota_exhausted",
    (1008, "Missing required dynamic variables"): "configuration_refused",
    (1011, ""): "server_error",
    (1002, ""): "server_error",
}


@pytest.mark.parametrize("code, reason", ENDS)
def test_an_end_that_is_no_farewell_is_a_loss_in_the_right_words(code, reason, eleven):
    async def end(talk):
        await talk.tone(PITCH, 1, 1)
        await asyncio.sleep(0.3)
        if code == 1002 and not reason:
            await talk.socket.send('{"type":"error","message":"received 1002: llm trouble"}')
        await talk.close(code, reason)

    home, _ = eleven(end)
    phone = home.phone().begin().hear_agent()
    assert phone.closed() == 1000
    record = home.final(phone.call)
    assert (record["status"], record["end_reason"]) == ("failed", "upstream-failed")
    assert record["error"]["code"] == f"upstream.{ENDS[code, reason]}"
    [lost] = home.events(phone.call, "upstream.lost")
    assert lost["data"]["reason"] in ("renew", "quota", "fall_back", "retry")


# Both vendors.

def test_agents_of_both_vendors_answer_side_by_side(eleven):
    """Each with its own voice, which is a tone."""
    async def greet(talk):
        await talk.tone(911, 1, 1)

    practice = Practice("--pitch", PITCH, "--greeting", "1s")
    try:
        home, _ = eleven(
            greet, agents=[{"id": "default", "upstream": "elevenlabs"}, {"id": "other", "upstream": "openai"}],
            environment={"OPENAI_API_KEY": "k", "OPENAI_REALTIME_URL": practice.url})

        async def both():
            async with Phone(home.media_url) as one, Phone(home.media_url, agent="other") as two:
                await asyncio.gather(hear_out(one), hear_out(two))
            return one, two

        phones = asyncio.run(both())
        for phone, upstream, pitch in zip(phones, ("elevenlabs", "openai"), (911, PITCH)):
            Tone(loud_part(decode(phone.got)), pitch).assert_clean(pitch)
            assert home.final(phone.call)["upstream"] == upstream
    finally:
        practice.destroy()


def test_the_upstream_may_be_chosen_by_the_stream(eleven):
    async def greet(talk):
        await talk.tone(PITCH, 0.5, 1)

    # An agent of the other vendor, whose voice and model mean nothing here.
    home, server = eleven(
        greet, agents=[{"id": "default", "upstream": "openai", "model": "gpt-x", "voice": "marin"}],
        environment={"OPENAI_API_KEY": "k", "OPENAI_REALTIME_URL": "ws://127.0.0.1:9/v1/realtime"})
    phone = home.phone().begin(upstream="elevenlabs").hear_agent()
    assert "conversation_config_override" not in server.talks[0].initiation
    phone.close()
    assert home.final(phone.call)["upstream"] == "elevenlabs"


# Each is the other's fallback.

def both(eleven, script, practice, **options):
    environment = {"OPENAI_API_KEY": "k", "OPENAI_REALTIME_URL": practice} | options.pop("environment", {})
    agents = options.pop("agents", [{"id": "default", "upstream": "openai", "fallback": {"say": "Sorry."}}])
    return eleven(script, agents=agents, environment=environment, **options)


@pytest.mark.parametrize("fault, after, reason", [
    ("silent", (2.0, 3.0), "slow"), ("refuse=401", (0.0, 1.0), "fall_back"), ("quota", (0.0, 1.0), "quota")])
def test_the_other_vendor_stands_in_when_the_first_cannot_be_had(fault, after, reason, eleven):
    async def greet(talk):
        await talk.tone(911, 1, 1)
        await talk.until(lambda: talk.code)

    practice = Practice("--fault", fault)
    try:
        home, server = both(eleven, greet, practice.url)

        async def scenario(phone):
            phone.say(encode(tone(PITCH, 0.5)))
            run = await phone.agent_speaks(after=0)
            await phone.until(lambda: decode(bytes(run.data)) and server.talks and len(server.talks[0].heard) > 8_000)
            await phone.agent_is_silent()
            await phone.hang_up()

        phone = hold(home, scenario)
        record = home.final(phone.call)
        assert (record["status"], record["upstream"], record["error"]) == ("completed", "elevenlabs", None)
        [ready] = home.events(phone.call, "upstream.ready")
        [switched] = home.events(phone.call, "upstream.switched")
        assert (switched["data"]["from"], switched["data"]["to"]) == ("openai", "elevenlabs"), switched
        assert reason in json.dumps(switched["data"])
        # What the caller said while nobody was there comes first, whole.
        assert encode(tone(PITCH, 0.5)) in bytes(server.talks[0].heard)
        assert after[0] <= server.talks[0].opened_after(phone) < after[1]
        assert len(server.talks) == 1 and ready["data"]["upstream"] == "elevenlabs"
        assert home.bridge.metric('patchbay_calls_active{upstream="openai"}') == 0
        assert home.bridge.metric('patchbay_calls_active{upstream="elevenlabs"}') == 0
    finally:
        practice.destroy()


def test_a_first_choice_that_comes_late_and_first_is_taken_and_the_other_let_go(eleven):
    """The one that stands in would greet: it must not be heard."""
    practice = Practice("--pitch", PITCH, "--greeting", "1s", "--fault", "late=2500ms")
    async def begin_late(talk):
        await asyncio.sleep(3)
        await talk.metadata()
        await talk.tone(911, 1, 1)

    try:
        home, server = both(eleven, begin_late, practice.url, begins=False)
        phone = hold(home, hear_out)
        Tone(loud_part(decode(phone.got))[-6_000:], PITCH).assert_clean(PITCH)
        assert home.final(phone.call)["upstream"] == "openai"
        assert len(server.talks) == 1 and eventually(lambda: server.talks[0].code == 1000)
        assert home.events(phone.call, "upstream.switched") == []
    finally:
        practice.destroy()


def test_when_neither_can_be_had_the_caller_hears_the_apology(eleven):
    practice = Practice("--fault", "refuse=401")
    try:
        home, server = both(eleven, None, practice.url, signing=403)
        phone = home.phone().begin()
        assert phone.closed(within=6) == 1000
        record = home.final(phone.call)
        # What the first choice died of is what somebody has to mend.
        assert (record["end_reason"], record["error"]["code"]) == ("upstream-unavailable", "upstream.invalid_credentials")
        lost = home.events(phone.call, "upstream.lost")
        assert len(lost) == 2 and len(home.events(phone.call, "upstream.attempt")) == 2
        assert server.talks == []
    finally:
        practice.destroy()


def test_an_agent_that_names_another_is_followed_by_that_one(eleven):
    async def greet(talk):
        await talk.tone(911, 1, 1)

    practice = Practice("--fault", "refuse=403")
    try:
        home, server = both(eleven, greet, practice.url, agents=[
            {"id": "default", "upstream": "openai", "fallback": {"agent": "backup"}},
            {"id": "backup", "upstream": "elevenlabs", "voice": "v9", "elevenlabs_agent_id": "agent_9"}])
        phone = home.phone().begin(name="Ada").hear_agent()
        phone.close()
        record = home.final(phone.call)
        assert (record["agent"], record["upstream"]) == ("backup", "elevenlabs")
        assert server.talks[0].initiation["dynamic_variables"] == {"name": "Ada"}
        assert server.talks[0].initiation["conversation_config_override"] == {"tts": {"voice_id": "v9"}}
    finally:
        practice.destroy()
