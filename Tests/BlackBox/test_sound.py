"""What one side says is what the other hears, measured at both ends with the tests' own instruments."""

import pytest

from sound import FRAME, SILENCE, Tone, decode, encode, loud_part, tone

FORMATS = ["pcmu", "pcm"]


@pytest.mark.parametrize("wire", FORMATS)
def test_the_agent_hears_the_caller_whole(wire, studio):
    """A tone in, the same tone upstream; and on the wire that passes through, the very same bytes."""
    studio = studio("--format", wire, "--mode", "silent")
    pitch = 437
    words = encode(tone(pitch, 2))  # Which takes longer than a frame has time.

    async def scenario(phone):
        await phone.until(lambda: studio.practice.events("session.configured"))
        phone.say(words)
        await phone.said()
        phone.say(SILENCE * FRAME * 30)
        await phone.said()
        await phone.hang_up()

    phone = studio.call(scenario)
    assert phone.latest < 0.05, phone
    heard, rate = studio.practice.recording("heard")
    assert rate == {"pcmu": 8000, "pcm": 24000}[wire]
    loud = loud_part(heard)
    assert abs(len(loud) / rate - 2) < 0.002
    Tone(loud, pitch, rate).assert_clean(pitch)
    assert abs(len(heard) / rate - len(phone.sent) / 8000) < 0.045
    if wire == "pcmu":
        assert heard == decode(phone.sent)[:len(heard)]
    record = studio.final(phone.call)
    assert (record["status"], record["end_reason"]) == ("completed", "caller-hangup")
    assert (record["quality"]["gaps"], record["quality"]["lost_frames"]) == (0, 0)


@pytest.mark.parametrize("pace", ["8", "2", "0"])
@pytest.mark.parametrize("wire", FORMATS)
def test_the_caller_hears_the_agent_whole(wire, pace, studio):
    """Whether it comes early, just in time or all at once."""
    pitch = 437
    studio = studio("--format", wire, "--greeting", "2s", "--pitch", pitch, "--pace", pace, "--thinking", "0s")

    async def scenario(phone):
        await phone.agent_speaks(after=0)
        await phone.agent_is_silent()
        await phone.hang_up()

    phone = studio.call(scenario)
    assert len(phone.runs) == 1, phone
    heard = decode(phone.got)
    # Resampling delays by 2 ms, and nothing of the end is kept back.
    assert len(heard) == {"pcmu": 16_000, "pcm": 16_016}[wire]
    Tone(loud_part(heard), pitch).assert_clean(pitch)
    if wire == "pcmu":
        assert heard == studio.practice.recording("said")[0]
    record = studio.final(phone.call)
    assert record["quality"]["underruns"] == 0
