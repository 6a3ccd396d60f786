"""A call goes on through whatever either side says: its audio and its record do not suffer."""

import concurrent.futures

# Each is one message that cannot be used.
FOREIGN = '"streamSid":"MZ00000000000000000000000000000000"'
BAD = [
    "this is no JSON", "[]", "null", "{}", "{", '{"event":5}', '{"event":null}', '{"event":"weather","streamSid":"$STREAM"}',
    '{"event":"media","streamSid":"$STREAM"}', '{"event":"media","streamSid":"$STREAM","media":5}',
    '{"event":"media","streamSid":"$STREAM","media":{}}',
    '{"event":"media","streamSid":"$STREAM","media":{"payload":5}}',
    '{"event":"media","streamSid":"$STREAM","media":{"payload":"no base64!"}}',
    '{"event":"media","streamSid":"$STREAM","media":{"payload":"/////","timestamp":"5"}}',
    '{"event":"media","streamSid":"$STREAM","media":{"payload":"////","timestamp":"-5"}}',
    '{"event":"media","streamSid":5,"media":{"payload":"////"}}',
    '{"event":"media",%s,"media":{"payload":"////","timestamp":"5"}}' % FOREIGN,
    '{"event":"mark",%s,"mark":{"name":"x"}}' % FOREIGN, '{"event":"stop",%s}' % FOREIGN,
    '{"event":"dtmf",%s,"dtmf":{"digit":"1","track":"inbound_track"}}' % FOREIGN,
    '{"event":"mark","streamSid":"$STREAM"}', '{"event":"mark","streamSid":"$STREAM","mark":{"name":7}}',
    '{"event":"dtmf","streamSid":"$STREAM","dtmf":{"digit":"12"}}', '{"event":"dtmf","streamSid":"$STREAM","dtmf":[]}',
    '{"event":"start","streamSid":"$STREAM"}', '{"event":"start","streamSid":"$STREAM","start":{"callSid":5}}',
    '{"event":"media","streamSid":"$STREAM","media":' + "[" * 60 + "]" * 60 + "}",
]
# Odd, but nothing to count: said before, or of no consequence.
HARMLESS = [
    '{"event":"connected","protocol":"Call","version":"1.0.0"}',
    '{"event":"media","streamSid":"$STREAM","media":{"track":"outbound","payload":"////"}}',
    '{"event":"mark","streamSid":"$STREAM","mark":{"name":"never-sent"}}',
    '{"event":"mark","streamSid":"$STREAM","mark":{"name":""}}',
]
TALK = ["expect tone 440 within 8s", "wait silence 800ms", "speak 1500ms", "expect tone 523 within 8s",
        "wait silence 800ms", "hang up"]


def heard_well(stream, pitches=(440, 523), shortest_gap=0):
    """The agent's tones as they were sent: pitch, and nothing missing inside."""
    assert [gap for gap in stream["gaps"] if gap["ms"] >= shortest_gap] == []
    assert len(stream["agent"]) == len(pitches), stream["agent"]
    for utterance, pitch in zip(stream["agent"], pitches):
        assert abs(utterance["pitch_hz"] / pitch - 1) < 0.003, utterance
        assert abs(utterance["end_ms"] - utterance["start_ms"] - 2000) < 25, utterance


def test_a_carriers_odd_messages_change_nothing(house):
    # All of them while the agent speaks: a harmed call would be heard.
    home = house()
    sends = [f"send {text}" for text in BAD + HARMLESS]
    script = "\n".join(["wait agent", *sends, *TALK])
    path = home.bridge.folder / "script"
    path.write_text(script)
    report = home.run_phone("--script", path)
    call = report["calls"][0]
    assert report["ok"], call["failures"]
    heard_well(call["streams"][0])
    record = home.final(call["call_sid"])
    assert (record["status"], record["end_reason"], record["error"]) == ("completed", "caller-hangup", None)
    quality = record["quality"]
    assert quality["malformed_messages"] == len(BAD), quality
    assert quality["lost_frames"] == 0 and quality["underruns"] == 0
    told = home.events(call["call_sid"], "message.malformed")
    assert len(told) == 1 and told[0]["data"]["leg"] == "carrier"
    assert len(home.events(call["call_sid"], "mark.anomaly")) == 1
    assert len(home.logged("call.malformed", call["call_sid"])) == 1
    spoken = home.practice.events("caller.spoke")
    assert len(spoken) == 1 and abs(spoken[0]["to_ms"] - spoken[0]["from_ms"] - 2300) < 100  # With 0.3 s before, 0.5 s after.


def test_what_comes_before_the_start_is_dropped_and_the_call_begins(house):
    home = house()
    phone = home.phone()
    phone.media(count=5)
    phone.tell("dtmf", dtmf={"digit": "1"})
    phone.tell("mark", mark={"name": "x"})
    phone.tell("stop", stop={})
    phone.say("nonsense")
    phone.begin().hear_agent()
    phone.close()
    record = home.final(phone.call)
    assert (record["status"], record["end_reason"]) == ("completed", "caller-hangup")
    assert record["quality"]["malformed_messages"] == 9


def test_frames_twice_or_in_another_order_are_heard_and_nothing_breaks(house):
    home = house()
    phone = home.phone().begin().hear_agent()
    loud = "AH8AfwB/AH8AfwB/AH8AfwB/AH8AfwB/AH8AfwB/AH8="
    for chunk in [1, 2, 2, 4, 3, 5, 5, 5, 9, 8, 7, 6, 10]:
        phone.tell("media", media={"track": "inbound", "chunk": str(chunk), "timestamp": str(20 * chunk), "payload": loud})
    phone.tell("start", start={  # Word for word as before.
        "accountSid": "AC", "streamSid": phone.stream, "callSid": phone.call, "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}, "customParameters": {}})
    phone.say('{"event":"connected","protocol":"Call","version":"1.0.0"}')
    assert not phone.listen(lambda message: False, within=1)
    phone.stop()
    phone.stop()
    record = home.final(phone.call)
    assert (record["status"], record["end_reason"]) == ("completed", "caller-hangup")
    assert record["quality"]["malformed_messages"] == 0
    assert record["quality"]["frames_in"] == 13
    assert record["quality"]["late_frames"] == 4
    assert len(home.events(phone.call, "stream.started")) == len(home.events(phone.call, "call.final")) == 1


# How each fault shows, if it does: messages that are counted.
FAULTS = {
    "malformed": True, "unknown-events": True, "extra-fields": False, "duplicates": None, "reordered": None,
    "odd-deltas": False, "no-created": None, "slow=20ms": False,
}


def test_an_upstreams_odd_messages_change_nothing(house):
    # All the time, from session.created on; and each kind by itself, from the session's settings on.
    agents = [{"id": "default"}] + [
        {"id": name.partition("=")[0], "instructions": f"[practice pace=0 fault={name}]"} for name in FAULTS]
    home = house(agents=agents)
    everything = house("malformed", "unknown-events", "extra-fields", "duplicates")

    def talk(home, agent):
        return home.run_phone("--do", ";".join(TALK), "--param", f"agent={agent}")

    with concurrent.futures.ThreadPoolExecutor(len(FAULTS) + 1) as pool:
        runs = {name: pool.submit(talk, home, name.partition("=")[0]) for name in FAULTS}
        runs["everything"] = pool.submit(talk, everything, "default")
        runs = {name: run.result() for name, run in runs.items()}
    for name, report in runs.items():
        call = report["calls"][0]
        assert report["ok"], (name, call["failures"])
        try:
            # A first piece of one byte is played before the second can come, on a busy machine.
            heard_well(call["streams"][0], shortest_gap=1 if name == "odd-deltas" else 0)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error
        where = everything if name == "everything" else home
        record = where.final(call["call_sid"])
        assert (record["status"], record["end_reason"]) == ("completed", "caller-hangup"), name
        counted = record["quality"]["malformed_messages"]
        counts = FAULTS.get(name, True)
        if counts is not None:
            assert (counted > 10) == counts and (counts or counted == 0), (name, counted)
        told = where.events(call["call_sid"], "message.malformed")
        assert len(told) == (1 if counted else 0), name
        assert len(where.logged("call.malformed", call["call_sid"])) == len(told), name
        assert all(event["data"]["leg"] == "upstream" for event in told)
        noise = where.events(call["call_sid"])
        assert len(noise) < 40, (name, len(noise))
