"""The caller speaks into what the agent says."""

import pytest

from sound import RATE, Tone, decode, encode, loud_part, tone

FIRST, SECOND, ANSWER = 437, 655.5, 911  # Two items' pitches are in the ratio 1.5.
WORDS = encode(tone(150, 0.4))


def interrupted(studio, at, length, *arguments, **phone):
    """A call whose caller speaks `at` seconds into a greeting of `length`. Returns the studio, the phone, and the audio
    before and after the clear."""
    studio = studio("--pitch", f"{FIRST},{ANSWER}", "--greeting", f"{length}s", "--reply", "500ms", "--thinking", "0s",
                  *arguments)

    async def scenario(phone):
        run = await phone.agent_speaks(after=0)
        await phone.until(lambda: phone.now - run.start >= at)
        phone.say(WORDS)
        await phone.until(lambda: phone.clears)
        await phone.agent_speaks(after=phone.clears[0].at)
        await phone.agent_is_silent()
        await phone.hang_up()

    phone = studio.call(scenario, **phone)
    assert len(phone.clears) == 1, phone
    return studio, phone, bytes(phone.runs[0].data), b"".join(bytes(run.data) for run in phone.runs[1:])


@pytest.mark.parametrize("wire, pace, mischief", [
    ("pcmu", "8", "odd-deltas"), ("pcmu", "0", "late-deltas"), ("pcm", "2", "odd-deltas"), ("pcm", "0", "extra-fields"),
    ("pcm", "1.5", "late-deltas")])
def test_nothing_of_the_old_answer_is_heard_and_the_agent_knows_what_was(wire, pace, mischief, studio):
    studio, phone, before, after = interrupted(
        studio, 1.0, 4, "--format", wire, "--pace", pace, "--fault", mischief)
    clear = phone.clears[0]
    Tone(decode(before), FIRST).assert_clean(FIRST)
    heard = decode(after)
    assert abs(len(heard) / RATE - 0.5) < 0.003
    Tone(loud_part(heard), ANSWER).assert_clean(ANSWER)
    # An answer fades in from silence: what is left of another one would be heard in its first moment.
    assert max(map(abs, heard[:8])) < 1500, list(heard[:24])
    if wire == "pcmu":
        assert heard == studio.practice.recording("said")[0][-len(heard):]
    [cut] = studio.practice.events("truncated")
    assert abs(cut["audio_end_ms"] - clear.played * 1000 / RATE) < 40, phone
    [event] = studio.events(phone.call, "interruption")
    assert event["data"]["heard_ms"] == cut["audio_end_ms"]
    assert studio.final(phone.call)["quality"]["interruptions"] == 1
    [said] = [turn for turn in studio.turns(phone.call) if turn["interrupted"]]
    assert abs(said["end_ms"] - said["start_ms"] - cut["audio_end_ms"]) < 60


def test_without_marks_the_clock_says_what_was_heard(studio):
    studio, phone, _, _ = interrupted(studio, 1.3, 4, "--pace", "0", returns_marks=False)
    [cut] = studio.practice.events("truncated")
    assert abs(cut["audio_end_ms"] - phone.clears[0].played * 1000 / RATE) < 40, phone


@pytest.mark.parametrize("wire, pace", [("pcmu", "0"), ("pcm", "4")])
def test_of_two_items_only_the_second_is_cut_when_the_first_was_heard(wire, pace, studio):
    studio, phone, before, _ = interrupted(
        studio, 1.6, 1, "--format", wire, "--pace", pace, "--fault", "two-items")
    Tone(decode(before)[:RATE], FIRST).assert_clean(FIRST)
    [cut] = studio.practice.events("truncated")
    assert abs(cut["audio_end_ms"] + 1000 - phone.clears[0].played * 1000 / RATE) < 40, phone
    assert cut["generated_ms"] == 1000 and not studio.practice.events("item.deleted")
    assert not studio.practice.events("error")


def test_of_two_items_the_unheard_one_is_taken_out(studio):
    studio, phone, _, _ = interrupted(studio, 0.6, 2, "--pace", "0", "--fault", "two-items")
    [cut], [gone] = studio.practice.events("truncated"), studio.practice.events("item.deleted")
    assert cut["item_id"] != gone["item_id"]
    assert abs(cut["audio_end_ms"] - phone.clears[0].played * 1000 / RATE) < 40, phone
    assert not studio.practice.events("error")


def test_a_protected_greeting_is_heard_whole_and_what_follows_may_be_interrupted(studio):
    """Even if the answer follows the greeting without a pause."""
    studio = studio("--pitch", f"{FIRST},{ANSWER}", "--greeting", "2s", "--reply", "4s", "--thinking", "0s",
                  agent={"protect_greeting": True})

    async def scenario(phone):
        run = await phone.agent_speaks(after=0)
        await phone.until(lambda: phone.now - run.start >= 0.4)
        phone.say(WORDS)
        await phone.until(lambda: phone.now - run.start >= 3.0)
        assert not phone.clears
        phone.say(WORDS)
        await phone.until(lambda: phone.clears, within=2)
        await phone.hang_up()

    phone = studio.call(scenario)
    played = decode(phone.got)
    Tone(played[:2 * RATE], FIRST).assert_clean(FIRST)
    assert 1.0 < len(played) / RATE - 2 < 1.5
