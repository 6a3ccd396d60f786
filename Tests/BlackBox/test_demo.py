"""`patchbay demo`: a whole call on one machine, judged from outside as well."""

import array
import json
import math
import os
import pty
import re
import signal
import subprocess
import time
import wave

import pytest

import program

# What the agent says, in its order: the tone of each sentence. The second is interrupted.
GREETING, CUT, REPLY, FAREWELL = 440, 554, 659, 784
SENTENCE = 1.5
STEP = 0.02


# A call takes its 12 seconds, so all of them are made side by side.
MISLEADING = {
    "OPENAI_REALTIME_URL": "ws://127.0.0.1:9/", "TWILIO_API_BASE": "http://127.0.0.1:9",
    "PATCHBAY_LISTEN": "127.0.0.1:9", "OPENAI_API_KEY": "not ours"}
RUNS = {
    "plain": ([], {}),
    "elevenlabs": (["--upstream", "elevenlabs"], {"ELEVENLABS_URL": "ws://127.0.0.1:9", "ELEVENLABS_AGENT_ID": "not ours"}),
    "json": (["--json", "--out", "x.wav"], MISLEADING),
    "refused": (["--json", "--fault", "refuse=503"], {}),
    "lost": (["--json", "--fault", "close=1011@2s"], {}),
    "slow": (["--json", "--fault", "slow=250ms"], {}),
    "terminal": ([], {"TERM": "xterm"}),
    "colourless": ([], {"TERM": "xterm", "NO_COLOR": 1}),
}
ON_TERMINAL = ("terminal", "colourless")


class Run:
    """A demo, from its start to its end."""

    def __init__(self, name, folder):
        arguments, environment = RUNS[name]
        self.folder = folder
        self.reader = None
        writer = subprocess.PIPE
        if name in ON_TERMINAL:
            self.reader, writer = pty.openpty()
        self.process = subprocess.Popen(
            [program.PATH, "demo", *arguments], cwd=folder, env=program.bare(environment), stdin=subprocess.DEVNULL,
            stdout=writer, stderr=subprocess.PIPE)
        if self.reader:
            os.close(writer)

    def end(self):
        output = self._read() if self.reader else b""
        rest, errors = self.process.communicate(timeout=60)
        self.stdout = (output + (rest or b"")).decode()
        self.stderr = errors.decode()
        self.returncode = self.process.returncode
        return self

    def _read(self):
        output = b""
        try:
            while piece := os.read(self.reader, 65536):
                output += piece
        except OSError:
            pass  # Its end of the terminal is closed.
        os.close(self.reader)
        return output


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    def make(names):
        started = {name: Run(name, tmp_path_factory.mktemp(name)) for name in names}
        return {name: run.end() for name, run in started.items()}

    ended = make(RUNS)
    # A machine that held the phone up says nothing about the bridge.
    return ended | make([name for name, run in ended.items() if "too busy" in run.stdout])


@pytest.fixture(params=["plain", "elevenlabs"])
def shown(runs, request):
    """The demo in a pipe, with an agent of either kind."""
    return runs[request.param]


def samples(path):
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        return array.array("h", file.readframes(file.getnframes()))


def seconds_of(pitch, sound):
    """For how long the sound was this tone and little else."""
    length = int(8000 * STEP)
    window = [0.5 - 0.5 * math.cos(2 * math.pi * (n + 0.5) / length) for n in range(length)]
    waves = [(w * math.cos(2 * math.pi * pitch * n / 8000), w * math.sin(2 * math.pi * pitch * n / 8000))
             for n, w in enumerate(window)]
    found = 0
    for start in range(0, len(sound) - length, length):
        frame = sound[start:start + length]
        real = sum(s * c for s, (c, _) in zip(frame, waves))
        imaginary = sum(s * c for s, (_, c) in zip(frame, waves))
        amplitude = 2 * math.hypot(real, imaginary) / sum(window)
        strength = math.sqrt(2 * sum(s * s for s in frame) / length)
        found += amplitude > 300 and amplitude > 0.7 * strength
    return found * STEP


def test_a_call_that_goes_well_ends_with_exit_0(shown):
    assert shown.returncode == 0, shown.stdout
    assert shown.stderr == ""
    assert "✗" not in shown.stdout


@pytest.mark.parametrize("words", [
    r"phone +voice: POST http://127\.0\.0\.1:\d+/twilio/voice, signed",
    r"bridge +answers with TwiML: Connect ws://127\.0\.0\.1:\d+/twilio/media",
    r"agent +“Hello, .*”",
    r"caller +interrupts",
    r"bridge +interrupted, cleared after [\d.]+ m?s, cut at \d+ ms",
    r"agent +calls the tool end_call",
    r"bridge +record: completed, agent-hangup",
    r"heard +heard\.wav, 1\d\.\d+ s",
])
def test_it_tells_what_happens(shown, words):
    assert re.search(words, shown.stdout), shown.stdout


def test_in_a_pipe_it_writes_plain_lines(shown):
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", shown.stdout)


@pytest.mark.parametrize("pitch", [GREETING, REPLY, FAREWELL])
def test_the_sentences_are_in_the_file_whole(shown, pitch):
    assert seconds_of(pitch, samples(shown.folder / "heard.wav")) == pytest.approx(SENTENCE, abs=0.06)


def test_the_interrupted_sentence_is_in_the_file_as_far_as_it_was_heard(shown):
    cut = int(re.search(r"cut at (\d+) ms", shown.stdout)[1]) / 1000
    heard = seconds_of(CUT, samples(shown.folder / "heard.wav"))
    assert heard == pytest.approx(cut, abs=0.06)
    assert 0.5 < heard < SENTENCE - 0.2


def test_the_document_holds_the_record_and_both_sides_whatever_the_environment_says(runs):
    assert runs["json"].returncode == 0, runs["json"].stdout
    document = json.loads(runs["json"].stdout)
    assert document["ok"] and all(check["ok"] for check in document["checks"])
    assert document["record"]["status"] == "completed"
    assert document["record"]["end_reason"] == "agent-hangup"
    assert document["record"]["quality"]["interruptions"] == 1
    assert document["phone"]["calls"][0]["call_sid"] == document["record"]["provider_call_id"]
    assert document["phone"]["total"]["gaps"] == 0
    assert [turn["speaker"] for turn in document["transcript"]].count("agent") == 4
    tools = [event["data"]["name"] for event in document["events"] if event["type"] == "function_call.completed"]
    assert tools == ["end_call"]
    assert document["heard"] == "x.wav" and (runs["json"].folder / "x.wav").exists()


@pytest.mark.parametrize("name, failed, words", [
    ("refused", "record", "failed, upstream-unavailable"),
    ("lost", "record", "failed, upstream-failed"),
    ("slow", "audio", "gaps: "),
])
def test_a_call_that_goes_wrong_ends_with_exit_1_and_says_why(runs, name, failed, words):
    assert runs[name].returncode == 1, runs[name].stdout
    document = json.loads(runs[name].stdout)
    assert not document["ok"]
    text = next(check["text"] for check in document["checks"] if check["name"] == failed and not check["ok"])
    assert words in text


@pytest.mark.parametrize("arguments, word", [
    (["--fault", "tired"], "tired"), (["--fault", "text-ids"], "no meaning with --upstream openai"),
    (["--upstream", "elevenlabs", "--fault", "no-update"], "no meaning"), (["--upstream", "both"], "elevenlabs")])
def test_a_fault_or_an_upstream_that_does_not_exist_is_named(arguments, word):
    result = program.run("demo", *arguments)
    assert result.returncode == 2 and word in result.stderr and result.stdout == ""


def test_a_file_that_cannot_be_written_is_named_before_the_call(tmp_path):
    began = time.monotonic()
    result = program.run("demo", "--out", tmp_path / "missing" / "x.wav", within=40)
    assert result.returncode == 2 and "x.wav" in result.stderr and result.stdout == ""
    assert time.monotonic() - began < 2


def test_sigint_hangs_up_and_ends_it_politely(tmp_path):
    demo = subprocess.Popen(
        [program.PATH, "demo"], cwd=tmp_path, env=program.bare({}), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = []
    for line in demo.stdout:
        lines.append(line)
        if re.search(r"agent +speaks", line):
            break
    began = time.monotonic()
    demo.send_signal(signal.SIGINT)
    rest, errors = demo.communicate(timeout=20)
    assert time.monotonic() - began < 2
    assert demo.returncode == 1 and errors == ""
    assert "given up" in rest


def test_on_a_terminal_it_draws_the_call_in_colour(runs):
    output = runs["terminal"].stdout
    assert runs["terminal"].returncode == 0, output
    assert "\x1b[36m" in output and "\x1b[33m" in output
    picture = output[output.rindex("\x1b[5F\x1b[J"):]
    assert re.search(r"agent .*[▃▄▅▆▇█]{5}", picture) and "↓cut" in picture


def test_no_color_is_honoured(runs):
    assert runs["colourless"].returncode == 0, runs["colourless"].stdout
    assert not re.search(r"\x1b\[\d*m", runs["colourless"].stdout)
