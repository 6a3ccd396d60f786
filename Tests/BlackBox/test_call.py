"""The phone, against a bridge that is none of ours: Python's `websockets`, and its own mu-law."""

import asyncio
import base64
import http.client
import json
import signal
import struct
import subprocess
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import carrier
from fake_bridge import FakeBridge, tone
from program import PATH, eventually, run
from sound import decode

TOKEN = "patchbay_test_auth_token_0001"


def call(*arguments, expected=0, within=30.0):
    """Makes one call and returns the report."""
    result = run("call", "--json", "--seed", "1", *arguments, within=within)
    assert result.returncode == expected, result.stdout + result.stderr
    return json.loads(result.stdout)


def stream_of(report):
    assert len(report["calls"]) == 1 and len(report["calls"][0]["streams"]) == 1
    return report["calls"][0]["streams"][0]


async def nothing(stream):
    pass


def signature(url, fields=()):
    return carrier.signature(url + "".join(name + value for name, value in sorted(fields)), TOKEN)


def test_the_messages_are_those_that_the_carrier_sends():
    with FakeBridge(nothing) as bridge:
        report = call("--url", bridge.url, "--param", "token=t", "--param", "a=b=c", "--do", "press 5; pause 1s")
    stream = bridge.stream
    messages = [message for _, message in stream.messages]
    account, own = report["calls"][0]["account_sid"], stream_of(report)["stream_sid"]
    sid = report["calls"][0]["call_sid"]
    assert (account[:2], sid[:2], own[:2]) == ("AC", "CA", "MZ")
    assert {len(account), len(sid), len(own)} == {34}
    assert messages[0] == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    assert messages[1] == {
        "event": "start", "sequenceNumber": "1", "streamSid": own,
        "start": {
            "accountSid": account, "callSid": sid, "streamSid": own, "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"token": "t", "a": "b=c"}}}
    assert messages[-1] == {
        "event": "stop", "sequenceNumber": str(len(messages) - 1), "streamSid": own,
        "stop": {"accountSid": account, "callSid": sid}}
    assert [int(m["sequenceNumber"]) for m in messages[1:]] == list(range(1, len(messages)))
    assert {m["streamSid"] for m in messages[1:]} == {own}
    media = stream.of("media")
    for place, message in enumerate(media):
        assert set(message) == {"event", "sequenceNumber", "media", "streamSid"}
        payload = message["media"].pop("payload")
        assert len(payload) == 216 and payload.endswith("w==")
        assert base64.b64decode(payload) == b"\xff" * 160
        assert message["media"] == {"track": "inbound", "chunk": str(place + 1), "timestamp": str(place * 20)}
    [key] = stream.of("dtmf")
    assert key["dtmf"] == {"track": "inbound_track", "digit": "5"}
    assert stream.closed == (1000, "")
    assert stream_of(report)["ended"] == {"by": "caller", "code": 1000, "reason": ""}


def test_frames_keep_the_absolute_clock():
    with FakeBridge(nothing) as bridge:
        call("--url", bridge.url, "--do", "pause 3s")
    times = bridge.stream.times("media")
    assert 148 <= len(times) <= 151
    late = [time - times[0] - 0.02 * place for place, time in enumerate(times)]
    assert max(late) < 0.04, "a late frame must not make the next one late"
    assert abs(late[-1]) < 0.025


def test_marks_come_back_when_the_audio_before_them_was_heard():
    times = {}

    audio = tone(440, 0.5)

    async def behave(stream):
        times["sent"] = time.monotonic()
        await stream.mark("at once")
        await stream.play(audio, "half")
        await stream.play(audio, "whole")
        await stream.until("mark", 3)

    with FakeBridge(behave) as bridge:
        report = call("--url", bridge.url, "--do", "expect tone 440 within 1s; wait silence 300ms")
    stream = bridge.stream
    assert [m["mark"]["name"] for m in stream.of("mark")] == ["at once", "half", "whole"]
    after = [moment - times["sent"] for moment in stream.times("mark")]
    assert after[0] < 0.03 and abs(after[1] - 0.5) < 0.03 and abs(after[2] - 1.0) < 0.03
    own = stream_of(report)
    assert own["marks_received"] == own["marks_returned"] == 3
    assert own["bytes_played"] == 8000 and own["media_received"] == 6 and own["gaps"] == []


def test_clear_empties_the_buffer_and_gives_back_its_marks():
    async def behave(stream):
        await stream.play(tone(440, 4.0), "first")
        await stream.play(tone(440, 4.0), "second")
        await stream.until_loud()
        await stream.clear()
        await stream.until("mark", 2, within=0.2)
        await stream.until_quiet()
        await stream.play(tone(660, 0.5), "new")

    with FakeBridge(behave) as bridge:
        report = call("--url", bridge.url, "--do",
                      "interrupt after 500ms 600ms; expect clear; wait agent; expect tone 660 within 1s; wait silence 400ms")
    own = stream_of(report)
    [interruption] = own["interruptions"]
    assert 0 <= interruption["clear_ms"] < 60 and interruption["audio_after_clear_ms"] == 0
    assert abs(interruption["dropped_ms"] - 7450) < 150
    assert own["marks_cleared"] == 2 and own["marks_returned"] == 3 and own["clears"] == 1
    assert [m["mark"]["name"] for m in bridge.stream.of("mark")] == ["first", "second", "new"]
    first, second = own["agent"]
    assert abs(first["pitch_hz"] / 440 - 1) < 0.001 and abs(second["pitch_hz"] / 660 - 1) < 0.001
    assert own["turns"][0]["response_ms"] > 0


def test_a_bridge_that_goes_on_talking_is_found_out():
    async def behave(stream):
        await stream.play(tone(440, 3.0))
        await stream.until_loud()
        await stream.clear()
        await stream.play(tone(440, 1.0))

    with FakeBridge(behave) as bridge:
        report = call("--url", bridge.url, "--do", "interrupt after 300ms 1s; pause 300ms")
    assert stream_of(report)["interruptions"][0]["audio_after_clear_ms"] > 700


def test_what_is_said_and_heard_is_kept_exactly(tmp_path):
    said, heard = tmp_path / "said.wav", tmp_path / "heard.wav"
    samples = list(decode(tone(500, 1.0, peak=12000)))
    said.write_bytes(wave(samples))

    async def behave(stream):
        await asyncio.sleep(0.3)
        await stream.play(tone(440, 0.4))
        await stream.until_loud()
        await stream.until_quiet()

    with FakeBridge(behave) as bridge:
        call("--url", bridge.url, "--wav", said, "--out", heard, "--do", "wait agent; wait silence 500ms; speak; pause 400ms")
    sent = bridge.stream.heard()
    begin = next(place for place, sample in enumerate(sent) if sample) - 1
    assert sent[begin:begin + 8000] == samples, "mu-law in, mu-law out: not a sample may differ"
    recorded = samples_of(heard)
    begin = next(place for place, sample in enumerate(recorded) if sample)
    assert 0.3 * 8000 <= begin < 0.4 * 8000
    audio = list(decode(tone(440, 0.4)))
    silent = next(place for place, sample in enumerate(audio) if sample)
    assert recorded[begin:begin + 3200 - silent] == audio[silent:]
    assert not any(recorded[begin + 3200:])


def test_late_audio_is_counted_as_a_gap():
    async def behave(stream):
        await stream.play(tone(440, 0.2))
        await asyncio.sleep(0.3)
        await stream.play(tone(440, 0.2))

    with FakeBridge(behave) as bridge:
        report = call("--url", bridge.url, "--do", "pause 900ms")
    [gap] = stream_of(report)["gaps"]
    assert abs(gap["ms"] - 100) < 30


def test_what_the_carrier_would_not_take_is_a_warning():
    async def behave(stream):
        await stream.send("nonsense")
        await stream.send(b"binary")
        await stream.send({"event": "media", "streamSid": "MZ" + "0" * 32, "media": {"payload": "////"}})
        await stream.send({"event": "media", "streamSid": stream.sid, "media": {"payload": "////", "track": "outbound"}})

    with FakeBridge(behave) as bridge:
        report = call("--url", bridge.url, "--do", "pause 300ms")
    warnings = {warning["code"]: warning for warning in stream_of(report)["warnings"]}
    assert {code: warning["count"] for code, warning in warnings.items()} == {31951: 3, 31950: 1}
    assert stream_of(report)["media_received"] == 0


def test_losses_and_jitter_are_as_asked_and_repeatable():
    def numbers():
        with FakeBridge(nothing) as bridge:
            report = call("--url", bridge.url, "--do", "lose 20%; jitter 30ms; pause 2s; hang up")
        return stream_of(report), [int(m["media"]["chunk"]) for m in bridge.stream.of("media")], bridge.stream.times("media")

    own, chunks, times = numbers()
    assert chunks == sorted(chunks) and 5 < own["frames_lost"] < 40
    assert len(chunks) == own["frames_sent"]
    assert 0 <= own["frames_lost"] - (max(chunks) - len(chunks)) < 8, "the last ones leave no hole"
    distances = [late - early for early, late in zip(times, times[1:])]
    assert max(distances) > 0.03
    _, again, _ = numbers()
    common = min(max(chunks), max(again)) - 3
    assert [c for c in chunks if 5 < c <= common] == [c for c in again if 5 < c <= common]


def test_a_reset_is_a_reset():
    with FakeBridge(nothing) as bridge:
        report = call("--url", bridge.url, "--do", "pause 200ms; reset")
    assert bridge.stream.closed[0] == 1006
    assert bridge.stream.of("stop") == []
    assert stream_of(report)["ended"]["by"] == "reset"


def test_half_open_neither_sends_nor_answers():
    with FakeBridge(nothing, ping_interval=0.3, ping_timeout=0.6) as bridge:
        report = call("--url", bridge.url, "--do", "pause 500ms; half-open 2s")
        last = bridge.stream.messages[-1]
        assert last[1]["event"] == "media", "no stop"
        assert len(bridge.stream.of("media")) <= 26
        assert bridge.stream.closed[0] in (1006, 1011)
    assert stream_of(report)["ended"]["by"] == "half-open"


def test_a_bridge_that_never_notices_fails_the_half_open_call():
    with FakeBridge(nothing, ping_interval=None) as bridge:
        report = call("--url", bridge.url, "--do", "half-open 500ms", expected=1)
    assert "never noticed" in report["calls"][0]["failures"][0]["text"]


def test_the_bridges_end_fits_the_script_or_fails_the_call():
    async def behave(stream):
        await stream.socket.close(1008, "wrong token")

    with FakeBridge(behave) as bridge:
        fine = call("--url", bridge.url, "--do", "expect end 1008")
        report = call("--url", bridge.url, "--do", "wait agent", expected=1)
    assert stream_of(fine)["ended"] == {"by": "agent", "code": 1008, "reason": "wrong token"}
    failures = report["calls"][0]["failures"]
    assert failures[0]["line"] == 1 and failures[0]["step"] == "wait agent"


def test_raw_messages_go_out_as_they_are():
    with FakeBridge(nothing) as bridge:
        call("--url", bridge.url, "--do", 'send {"event":"x","sid":"$STREAM","call":"$CALL"}; send not json; send $LAST')
    odd = [m for _, m in bridge.stream.messages if m["event"] in ("x", "?")]
    assert odd[0]["sid"] == bridge.stream.sid and odd[1]["raw"] == "not json"


def test_an_upgrade_is_signed_for_the_public_url():
    seen = {}

    async def behave(stream):
        seen["here"] = stream.headers.get("X-Twilio-Signature"), stream.path

    with FakeBridge(behave) as bridge:
        call("--url", bridge.url, "--auth-token", TOKEN, "--do", "pause 100ms")
        assert seen["here"] == (signature(bridge.url), "/twilio/media")
        call("--url", f"ws://127.0.0.1:{bridge.port}/media", "--public-url", "https://pb.example.com",
             "--auth-token", TOKEN, "--do", "pause 100ms")
    assert seen["here"] == ("CG53ZDse+FgJYp/cE8VU8oQyitQ=", "/media"), "the vector of the carrier's own package"


def test_nobody_there_and_a_refusal_are_failures():
    report = call("--url", "ws://127.0.0.1:9/x", expected=1)
    assert "did not open" in report["calls"][0]["failures"][0]["text"]

    async def refuse(connection, request):
        return connection.respond(403, "no such call\n")

    with FakeBridge(nothing, process_request=refuse) as bridge:
        report = call("--url", bridge.url, expected=1)
    failure = report["calls"][0]["failures"][0]["text"]
    assert "403" in failure and "no such call" in failure
    assert stream_of(report)["ended"]["by"] == "refused"


@pytest.mark.parametrize("arguments, words", [
    ([], "either --url or --voice-url"),
    (["--url", "http://127.0.0.1/"], "is not a ws:// or wss:// URL"),
    (["--url", "ws://127.0.0.1:9", "--do", "speek"], "did you mean 'speak'"),
    (["--url", "ws://127.0.0.1:9", "--wav", "no/such.wav"], "there is no such file"),
    (["--url", "ws://127.0.0.1:9", "--carrier", "twilio", "--codec", "opus"], "Twilio has no Opus"),
    (["--url", "ws://127.0.0.1:9", "--carrier", "twilio", "--codec", "alaw"], "Twilio has no A-law"),
    (["--voice-url", "http://127.0.0.1:9", "--codec", "opus"], "the webhook is Twilio's"),
    (["--url", "ws://127.0.0.1:9", "--param", "x"], "NAME=VALUE"),
])
def test_wrong_usage_is_said_in_one_line(arguments, words):
    result = run("call", *arguments)
    assert result.returncode == 2 and result.stdout == ""
    assert words in result.stderr and result.stderr.count("\n") == 1


def test_many_calls_run_side_by_side():
    async def behave(stream):
        await stream.play(tone(440, 0.3), "m")
        await stream.until_loud()
        await stream.until_quiet(5)
        await stream.play(tone(500, 0.3), "n")

    with FakeBridge(behave) as bridge:
        report = call("--url", bridge.url, "--calls", 20, "--rate", 40, "--do",
                      "wait agent; wait silence 300ms; speak 500ms; wait agent; wait silence 300ms")
    total = report["total"]
    assert (total["calls"], total["ok"], total["failed"], total["streams"]) == (20, 20, 0, 20)
    assert total["response_ms"]["count"] == 20 and total["marks_returned"] == total["marks_received"] == 40
    assert len({c["call_sid"] for c in report["calls"]}) == len(bridge.streams) == 20


def test_ctrl_c_hangs_up_in_order():
    with FakeBridge(nothing) as bridge:
        process = subprocess.Popen([PATH, "call", "--url", bridge.url, "--json", "--do", "pause 30s"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert eventually(lambda: bridge.streams and bridge.stream.of("media"))
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=5)
    own = json.loads(output)["calls"][0]
    assert process.returncode == 1 and errors == ""
    assert own["streams"][0]["ended"]["by"] == "interrupted" and own["failures"][0]["text"] == "it was given up"
    assert bridge.stream.of("stop") and bridge.stream.closed == (1000, "")


def test_people_get_lines_and_a_summary():
    async def behave(stream):
        await stream.play(tone(440, 0.3), "m")

    with FakeBridge(behave) as bridge:
        result = run("call", "--url", bridge.url, "--do", "wait agent; wait silence 300ms")
    assert result.returncode == 0 and result.stderr == ""
    assert "\x1b" not in result.stdout
    for words in ("agent speaks", "mark m", "ended by caller, code 1000", "marks: 1 received, 1 returned"):
        assert words in result.stdout


# The carrier around the call.


class Webhooks:
    """Answers webhooks with documents, and keeps what it was asked."""

    def __init__(self, documents):
        self.requests = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                fields = dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
                outer.requests.append((self.path, fields, self.headers.get("X-Twilio-Signature")))
                document = documents.get(self.path.lstrip("/"), "").encode()
                self.send_response(200 if document else 204)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(document)))
                self.end_headers()
                self.wfile.write(document)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def of(self, path):
        return [fields for asked, fields, _ in self.requests if asked == f"/{path}"]


def document(bridge, **attributes):
    action = f' action="{attributes["action"]}"' if "action" in attributes else ""
    callback = f' statusCallback="{attributes["callback"]}"' if "callback" in attributes else ""
    return (f'<?xml version="1.0" encoding="UTF-8"?><Response><Connect{action}><Stream url="{bridge.url}" name="s1"'
            f'{callback}><Parameter name="token" value="t&amp;1"/></Stream></Connect>'
            '<Say>Goodbye</Say></Response>')


def test_a_call_from_the_webhook_to_the_last_callback():
    async def behave(stream):
        await stream.socket.close(1000)

    documents = {}
    with FakeBridge(behave) as bridge, Webhooks(documents) as hooks:
        documents |= {"voice": document(bridge, action="/ended", callback="/stream"),
                      "ended": "<Response><Say>Sorry</Say><Dial>+15550003333</Dial></Response>"}
        report = call("--voice-url", f"{hooks.url}/voice", "--auth-token", TOKEN, "--from", "+15550009999",
                      "--status-url", f"{hooks.url}/status", "--direction", "outbound-api", "--do", "wait end 1000")
    assert [path for path, _, _ in hooks.requests] == [
        "/status", "/status", "/status", "/voice", "/stream", "/stream", "/ended", "/status"]
    for path, fields, signed in hooks.requests:
        assert signed == signature(hooks.url + path, fields.items())
    statuses = [(f["CallStatus"], f["SequenceNumber"]) for f in hooks.of("status")]
    assert statuses == [("initiated", "0"), ("ringing", "1"), ("in-progress", "2"), ("completed", "3")]
    assert "CallDuration" in hooks.of("status")[-1] and "CallDuration" not in hooks.of("status")[0]
    [voice] = hooks.of("voice")
    assert voice["From"] == voice["Caller"] == "+15550009999" and voice["Direction"] == "outbound-api"
    assert [f["StreamEvent"] for f in hooks.of("stream")] == ["stream-started", "stream-stopped"]
    assert hooks.of("stream")[0]["StreamName"] == "s1"
    own = report["calls"][0]
    assert own["twiml"][1:] == ["Say: Sorry", "Dial +15550003333"] and own["status"] == "completed"
    [start] = bridge.stream.of("start")
    assert start["start"]["customParameters"] == {"token": "t&1"} and start["start"]["callSid"] == voice["CallSid"]


def test_an_incoming_call_tells_only_its_end():
    documents = {}
    with FakeBridge(nothing) as bridge, Webhooks(documents) as hooks:
        documents["voice"] = document(bridge)
        call("--voice-url", f"{hooks.url}/voice", "--status-url", f"{hooks.url}/status", "--do", "pause 100ms")
    [voice], [status] = hooks.of("voice"), hooks.of("status")
    assert voice["CallStatus"] == "ringing" and voice["Direction"] == "inbound"
    assert (status["CallStatus"], status["SequenceNumber"]) == ("completed", "0")


def test_the_action_may_resume_the_call_on_a_new_stream():
    async def behave(stream):
        await stream.play(tone(440 if len(bridge.streams) == 1 else 600, 0.3))
        if len(bridge.streams) == 1:
            await asyncio.sleep(0.5)
            await stream.socket.close(1001)

    documents = {}
    with FakeBridge(behave) as bridge, Webhooks(documents) as hooks:
        documents |= {"voice": document(bridge, action="/ended"), "ended": document(bridge)}
        report = call("--voice-url", f"{hooks.url}/voice", "--do",
                      "expect tone 440; wait end 1001; expect tone 600; hang up")
    first, second = report["calls"][0]["streams"]
    assert first["stream_sid"] != second["stream_sid"] and second["ended"]["by"] == "caller"
    assert {m["start"]["callSid"] for s in bridge.streams for m in s.of("start")} == {report["calls"][0]["call_sid"]}


@pytest.mark.parametrize("answer", ["", "{}", "<Response><Hangup></Response>"])
def test_a_webhook_without_a_document_fails_the_call(answer):
    with Webhooks({"voice": answer}) as hooks:
        report = call("--voice-url", f"{hooks.url}/voice", expected=1)
    assert report["calls"][0]["status"] == "failed" and report["calls"][0]["streams"] == []


def test_the_rest_side_reads_ends_and_redirects_calls():
    answers, port = [], free_port()
    account = "AC" + "7" * 32

    def ask(method, call_sid, form=None, token=TOKEN):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        key = base64.b64encode(f"{account}:{token}".encode()).decode()
        connection.request(
            method, f"/2010-04-01/Accounts/{account}/Calls/{call_sid}.json",
            body=urllib.parse.urlencode(form or {}),
            headers={"Authorization": f"Basic {key}", "Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        answers.append((answer.status, json.loads(answer.read())))
        connection.close()

    def talk(call_sid):
        ask("GET", call_sid)
        ask("GET", "CA" + "0" * 32)
        ask("GET", call_sid, token="wrong")
        ask("POST", call_sid, {"Status": "nonsense"})
        if len(bridge.streams) == 1:
            ask("POST", call_sid, {"Twiml": document(bridge)})
        else:
            ask("POST", call_sid, {"Status": "completed"})

    async def behave(stream):
        [start] = stream.of("start")
        await asyncio.get_running_loop().run_in_executor(None, talk, start["start"]["callSid"])

    with FakeBridge(behave) as bridge:
        report = call("--url", bridge.url, "--account", account, "--auth-token", TOKEN,
                      "--api-listen", f"127.0.0.1:{port}", "--do", "wait end; wait end 1000")
    assert [status for status, _ in answers] == [200, 404, 401, 400, 200] * 2
    shown = answers[0][1]
    assert shown["status"] == "in-progress" and shown["sid"] == report["calls"][0]["call_sid"]
    assert shown["duration"] is None
    assert answers[1][1]["code"] == 20404 and answers[2][1]["code"] == 20003
    assert [s["ended"]["by"] for s in report["calls"][0]["streams"]] == ["api", "api"]
    assert all(stream.of("stop") and stream.closed[0] == 1000 for stream in bridge.streams)


def free_port():
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return server.server_port


def wave(samples):
    data = struct.pack(f"<{len(samples)}h", *samples)
    return (b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt "
            + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16) + b"data" + struct.pack("<I", len(data)) + data)


def samples_of(path):
    data = path.read_bytes()
    assert data[:4] == b"RIFF" and data[36:40] == b"data"
    return list(struct.unpack(f"<{(len(data) - 44) // 2}h", data[44:]))
