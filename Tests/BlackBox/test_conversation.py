"""Words, waiting, keys and bursts: what makes a call sound as if there were no bridge."""

import os

import pytest

from sound import FRAME, RATE, SILENCE, Tone, decode, encode, loud_part, tone

PITCH = 437
SOAK = os.environ.get("SOAK") == "1"


def test_first_words_before_the_upstream_is_ready_arrive_whole_and_a_soft_tone_covers_the_wait(studio):
    studio = studio("--fault", "late=3s", "--pitch", PITCH, "--greeting", "1s", "--thinking", "0s")

    words = SILENCE * FRAME * 5 + encode(tone(611, 2))

    async def scenario(phone):
        phone.say(words)
        await phone.until(lambda: phone.clears)
        await phone.agent_speaks(after=phone.clears[0].at)
        await phone.agent_is_silent()
        await phone.hang_up()

    phone = studio.call(scenario)
    assert phone.latest < 0.05, phone
    heard, _ = studio.practice.recording("heard")
    assert heard == decode(phone.sent)[:len(heard)]
    assert len(phone.sent) - len(heard) <= 2 * FRAME
    Tone(loud_part(heard), 611).assert_clean(611)
    first = phone.runs[0]
    assert 1.9 < first.start < 2.3
    soft = Tone(loud_part(decode(first.data)[:1600]), 400)
    assert abs(soft.pitch / 400 - 1) < 0.003 and -31 < soft.level < -26, soft
    # Nothing of it once the agent speaks.
    [clear] = phone.clears
    spoken = b"".join(bytes(run.data) for run in phone.runs if run.start >= clear.at)
    assert decode(spoken) == studio.practice.recording("said")[0]
    assert len(spoken) == RATE


def test_a_quick_upstream_needs_no_tone(studio):
    studio = studio("--fault", "late=1s", "--greeting", "500ms", "--thinking", "0s")

    async def scenario(phone):
        await phone.agent_speaks(after=0)
        await phone.agent_is_silent()
        await phone.hang_up()

    phone = studio.call(scenario)
    assert decode(phone.got) == studio.practice.recording("said")[0] and not phone.clears


@pytest.mark.timeout(150)
@pytest.mark.parametrize("wire", ["pcmu", "pcm"] if SOAK else ["pcmu"])
def test_a_long_answer_in_one_burst_is_played_whole(wire, studio):
    """A minute of it with SOAK=1."""
    seconds = 60 if SOAK else 20
    studio = studio("--format", wire, "--pitch", PITCH, "--fault", f"burst={seconds}s", "--thinking", "0s")

    async def scenario(phone):
        await phone.agent_speaks(after=0)
        await phone.until(lambda: phone.closed or phone.now - phone.runs[-1].end > 0.4, within=seconds + 10)
        await phone.hang_up()

    phone = studio.call(scenario)
    assert len(phone.runs) == 1, phone
    heard = decode(phone.got)
    assert abs(len(heard) / RATE - seconds) < 0.003
    Tone(loud_part(heard), PITCH).assert_clean(PITCH)
    # The carrier is never supplied further ahead than it takes to ride out a hiccup.
    lead, sent, start = 0, 0, phone.runs[0].start
    for at, kind, data in phone.events:
        if kind == "media":
            sent += len(data)
            lead = max(lead, sent / RATE - (at - start))
    assert lead < 0.5, lead
    assert not studio.events(phone.call, "audio.overflow")


def test_more_than_two_minutes_are_cut_counted_and_told(studio):
    studio = studio("--fault", "burst=70s", "--fault", "two-items", "--thinking", "0s")

    async def scenario(phone):
        await phone.agent_speaks(after=0)
        await phone.until(lambda: studio.practice.events("response.ended"))
        await phone.until(lambda: studio.record(phone.call))
        await phone.until(lambda: studio.events(phone.call, "audio.overflow"))
        await phone.hang_up()

    phone = studio.call(scenario)
    events = studio.events(phone.call, "audio.overflow")
    dropped = sum(event["data"]["dropped_ms"] for event in events)
    assert 140_000 - 120_000 - 1_500 < dropped <= 140_000 - 120_000, events
    assert len(events) == 1, "it is told once an answer"
    assert studio.bridge.metric('patchbay_errors_total{component="media",code="audio.overflow"}') == 1
    assert studio.bridge.resident_bytes() < 100 << 20


def test_keys_reach_the_agent_as_one_message_after_a_pause(studio):
    studio = studio("--greeting", "300ms", "--reply", "300ms")

    async def scenario(phone):
        await phone.agent_speaks(after=0)
        await phone.agent_is_silent(0.1)
        await phone.press("12")
        await phone.press("3")
        pressed = phone.now
        await phone.until(lambda: studio.practice.events("message"))
        assert 1.3 < phone.now - pressed < 1.9
        await phone.press("4#")
        await phone.until(lambda: len(studio.practice.events("message")) == 2, within=0.5)
        await phone.hang_up()

    phone = studio.call(scenario)
    assert [message["text"] for message in studio.practice.events("message")] == ["[keypad: 1 2 3]", "[keypad: 4 #]"]
    assert len(studio.events(phone.call, "dtmf")) == 5


def test_keys_pressed_while_the_upstream_is_dialled_are_not_lost(studio):
    studio = studio("--fault", "late=2500ms", "--greeting", "300ms")

    async def scenario(phone):
        await phone.press("7")
        await phone.until(lambda: studio.practice.events("message"))
        await phone.hang_up()

    studio.call(scenario)
    assert [message["text"] for message in studio.practice.events("message")] == ["[keypad: 7]"]


def test_the_streams_parameters_are_the_agents_variables(studio):
    studio = studio("--greeting", "400ms", agent={
        "instructions": "You serve {{who}}. [practice pitch={{note}}] {{unknown}}", "variables": {"note": "500"}})

    async def scenario(phone):
        await phone.agent_speaks(after=0)
        await phone.agent_is_silent(0.1)
        await phone.hang_up()

    phone = studio.call(scenario, note="613", who="Ann")
    Tone(loud_part(decode(phone.got)), 613).assert_clean(613)
    assert studio.final(phone.call)["variables"] == {"note": "613", "who": "Ann"}


@pytest.mark.parametrize("silence", [200, 700])
def test_the_time_to_an_answer_counts_from_the_callers_last_word(silence, studio):
    """Which is not when the upstream has noticed that it was the last one."""
    studio = studio("--greeting", "200ms", "--reply", "400ms", "--thinking", "300ms", agent={
        "turn_detection": {"type": "server_vad", "silence_duration_ms": silence}})
    words, waits = encode(tone(150, 0.5)), []

    async def scenario(phone):
        await phone.agent_speaks(after=0)
        await phone.agent_is_silent(0.1)
        for _ in range(2):
            phone.say(words)
            await phone.said()
            run = await phone.agent_speaks()
            waits.append((run.start - phone.last_word) * 1000)
            await phone.agent_is_silent(0.2)
        await phone.hang_up()

    phone = studio.call(scenario)
    record = studio.final(phone.call)
    times = [turn["response_ms"] for turn in studio.turns(phone.call) if turn.get("response_ms") is not None]
    assert len(times) == 2
    for measured, told in zip(waits, times):
        assert abs(measured - told) < 100, (waits, times)
    latency = record["quality"]["response_ms"]
    assert abs(latency["min"] - min(waits)) < 100 and abs(latency["median"] - sum(waits) / 2) < 150, record
