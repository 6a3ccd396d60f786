"""Streams in Telnyx's words, with PCMU and with Opus: whole calls, who gets in, and what becomes of lost packets."""

import base64
import json
import os
import secrets
import subprocess

import pytest

from program import PATH, eventually
from sound import RATE, Tone, decode, loud_part, read
from wire import TEXT, Raw, frame, upgrade

PITCH = 437
TOKEN = "stream-token-of-tests"
CODECS = {"pcmu": ("--carrier", "telnyx"), "pcma": ("--codec", "alaw"), "opus": ("--codec", "opus")}
# In seconds: how exact the length of a tone is, behind a codec that smears its ends.
KEPT = {"pcmu": 0.003, "pcma": 0.003, "opus": 0.06}


def media(bridge):
    return f"ws://127.0.0.1:{bridge.port}/telnyx/media"


def phone(bridge, *arguments, within=50):
    command = [PATH, "call", "--url", media(bridge), "--json", *map(str, arguments)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=within)
    assert done.stdout.startswith("{"), done.stderr
    return json.loads(done.stdout)


def talk(bridge, codec, *steps, out=None, more=()):
    """One call, which must go well; what the phone says of it."""
    arguments = [*CODECS[codec], "--do", ";".join(steps), *more]
    report = phone(bridge, *arguments, *(["--out", out] if out else []))
    call = report["calls"][0]
    assert report["ok"], call["failures"]
    assert not call["streams"][0]["warnings"], call["streams"][0]["warnings"]
    return call


@pytest.mark.parametrize("codec", CODECS)
def test_a_whole_call_is_greeted_interrupted_and_final(codec, studio, tmp_path):
    studio = studio("--pitch", PITCH, "--greeting", "1s", "--reply", "4s", "--thinking", "0s")
    call = talk(
        studio.bridge, codec, "wait agent", "wait silence 500ms", "speak 1s", "wait agent", "interrupt after 800ms",
        "wait agent", "pause 500ms", "hang up", out=tmp_path / "heard.wav")
    stream = call["streams"][0]
    assert stream["gaps"] == [] and stream["clears"] >= 1, stream
    heard, rate = read(tmp_path / "heard.wav")
    assert rate == RATE
    greeting = loud_part(heard[:int(2.2 * RATE)])
    assert abs(len(greeting) / RATE - 1) < KEPT[codec]
    tone = Tone(greeting[RATE // 5:4 * RATE // 5], PITCH)
    assert abs(tone.pitch / PITCH - 1) < 0.003 and tone.slip < 0.0003 and tone.swing < 2, tone
    record = studio.final(call["call_sid"])
    assert (record["status"], record["end_reason"], record["provider"]) == ("completed", "caller-hangup", "telnyx")
    assert (record["from"], record["to"]) == ("+15550001111", "+15550002222")
    assert record["quality"]["interruptions"] >= 1 and record["quality"]["lost_frames"] == 0
    assert record["quality"]["underruns"] == 0 and record["quality"]["malformed_messages"] == 0, record


@pytest.mark.parametrize("codec", CODECS)
def test_the_agent_hears_the_caller(codec, studio):
    studio = studio("--greeting", "300ms", "--thinking", "0s", "--reply", "300ms")
    call = talk(
        studio.bridge, codec, "wait agent", "wait silence 300ms", "speak 2s tone 611 level -12", "wait agent",
        "wait silence 300ms", "hang up")
    heard, rate = studio.practice.recording("heard")
    said = loud_part(heard, 1500)
    assert abs(len(said) / rate - 2) < 0.1
    tone = Tone(said[rate // 2:3 * rate // 2], 611, rate=rate)
    assert abs(tone.pitch / 611 - 1) < 0.003, tone
    assert studio.final(call["call_sid"])["quality"]["gaps"] == 0


def test_lost_packets_of_the_caller_are_made_up(studio):
    studio = studio("--greeting", "300ms", "--thinking", "0s", "--reply", "300ms")
    call = talk(
        studio.bridge, "opus", "wait agent", "wait silence 300ms", "lose 5%", "speak 4s pitch 150 level -12", "lose 0%",
        "wait agent", "wait silence 300ms", "hang up", more=("--seed", 4))
    quality = studio.final(call["call_sid"])["quality"]
    assert quality["lost_frames"] == call["streams"][0]["frames_lost"] > 3, quality
    assert quality["gaps"] == 0, "silence stands where sound was to be made up"


def test_more_calls_than_a_loop_codes_by_itself_go_to_its_worker(studio):
    studio = studio("--pitch", PITCH, "--greeting", "3s", "--thinking", "0s")

    def threads():
        tasks = f"/proc/{studio.bridge.process.pid}/task"
        return {open(f"{tasks}/{task}/comm").read().strip() for task in os.listdir(tasks)}

    assert "opus-0" not in threads()
    report = phone(
        studio.bridge, "--codec", "opus", "--calls", 24, "--do",
        "wait agent within 10s;speak 1s;wait silence 500ms;hang up")
    assert report["ok"], [call["failures"] for call in report["calls"] if not call["ok"]][:3]
    assert "opus-0" in threads()
    for call in report["calls"]:
        assert call["streams"][0]["gaps"] == [], call
        record = studio.final(call["call_sid"])
        assert record["end_reason"] == "caller-hangup" and record["quality"]["lost_frames"] == 0, record
    assert eventually(lambda: studio.bridge.metric("patchbay_call_objects") == 0)


@pytest.mark.parametrize("codec", CODECS)
def test_the_agent_says_goodbye_and_ends_the_stream(codec, studio):
    studio = studio("--greeting", "300ms", "--reply", "1s", "--thinking", "0s", "--end-call-after", 1,
                    agent={"builtins": ["end_call"]})
    call = talk(
        studio.bridge, codec, "wait agent", "wait silence 300ms", "speak 500ms", "wait agent", "wait end within 10s")
    assert call["streams"][0]["ended"]["code"] == 1000
    assert studio.final(call["call_sid"])["end_reason"] == "agent-hangup"


# Who gets in.

def status(bridge, *tokens, **fields):
    connection = Raw(bridge.address)
    request = upgrade(target="/telnyx/media", **fields)
    for token in tokens:
        request = request[:-2] + f"X-Telnyx-Streaming-Auth-Token: {token}\r\n\r\n".encode()
    connection.send(request)
    answer = connection.answer()
    connection.socket.close()
    return answer.status


def test_only_streams_with_the_token_come_in(serve):
    bridge = serve(TELNYX_STREAM_TOKEN=f"older,{TOKEN}")
    assert [status(bridge), status(bridge, "x"), status(bridge, TOKEN + "x"), status(bridge, "")] == [401, 403, 403, 403]
    assert status(bridge, TOKEN, TOKEN) == 401
    assert [status(bridge, TOKEN), status(bridge, "older")] == [101, 101]
    assert status(bridge, TOKEN, Origin="https://example.com") == 403
    assert bridge.metric('patchbay_rejected_total{reason="signature"}') == 5


def test_without_a_token_this_machine_alone_gets_in(serve):
    bridge = serve()
    assert status(bridge) == 101
    assert status(bridge, Host="voice.example.com") == 403
    assert status(bridge, X_Forwarded_For="203.0.113.9") == 403


def test_a_token_in_the_settings_closes_the_api_too(serve):
    bridge = serve(TELNYX_STREAM_TOKEN=TOKEN)
    assert bridge.get("/v1/calls").status == 401


# Message by message.

class Stream(Raw):
    def __init__(self, bridge, encoding="PCMU", rate=8000):
        super().__init__(bridge.address)
        self.call, self.name = f"v3:{secrets.token_hex(8)}", secrets.token_hex(8)
        self.send(upgrade(target="/telnyx/media"))
        assert self.answer().status == 101
        self.say({"event": "connected", "version": "1.0.0"})
        self.say({
            "event": "start", "sequence_number": "1", "stream_id": self.name, "start": {
                "user_id": "u", "call_control_id": self.call, "from": "+15550001111", "to": "+15550002222",
                "media_format": {"encoding": encoding, "sample_rate": rate, "channels": 1}}})

    def say(self, message):
        self.send(frame(TEXT, json.dumps(message).encode()))

    def media(self, chunk, payload):
        self.say({"event": "media", "sequence_number": str(chunk + 1), "stream_id": self.name, "media": {
            "track": "inbound", "chunk": str(chunk), "timestamp": str(20 * chunk - 20),
            "payload": base64.b64encode(payload).decode()}})

    def stop(self):
        self.say({"event": "stop", "stream_id": self.name, "stop": {"call_control_id": self.call}})


@pytest.mark.parametrize("encoding, rate", [("G722", 8000), ("L16", 16000), ("OPUS", 44100), ("PCMU", 16000)])
def test_a_format_that_is_not_spoken_is_refused(encoding, rate, studio):
    studio = studio()
    stream = Stream(studio.bridge, encoding, rate)
    while (got := stream.frame()).opcode != 8:
        pass
    assert got.close_code == 1008
    assert studio.api("/v1/calls")[1]["items"] == []


def test_messages_that_overtake_each_other_are_heard_in_their_order(studio):
    studio = studio("--greeting", "200ms")
    stream = Stream(studio.bridge)
    assert eventually(lambda: studio.practice.events("session.updated") or studio.practice.events("response.started"))
    pieces = [bytes([value] * 160) for value in range(1, 41)]
    order = list(range(40))
    for place in range(2, 36, 4):
        order[place], order[place + 2] = order[place + 2], order[place]
    for place in order:
        stream.media(place + 1, pieces[place])
    stream.say({"event": "error", "stream_id": stream.name, "payload": {"code": 100003, "title": "malformed_frame"}})
    stream.say({"event": "dtmf", "stream_id": stream.name, "dtmf": {"digit": "5"}})
    stream.stop()
    record = studio.final(stream.call)
    assert record["end_reason"] == "caller-hangup" and record["quality"]["frames_in"] == 40, record
    assert record["quality"]["malformed_messages"] == 1, "the carrier's complaint is told"
    heard, _ = studio.practice.recording("heard")
    found = [value for value in decode(b"".join(pieces))]
    assert list(heard[:len(found)]) == found
