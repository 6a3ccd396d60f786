"""`patchbay doctor`: what is wrong here, and what to do about it."""

import json
import os
import pty
import sqlite3
import subprocess

import pytest

from carrier import Carrier
from practice import Practice
from practice_carrier import PracticeCarrier
from program import PATH, bare, run
from turn import SECRET, TurnServer


@pytest.fixture
def world():
    """An upstream and a carrier that are well, and what a bridge is told of them."""
    practice, carrier = Practice("--key", "practice-key"), Carrier()
    yield practice, carrier, practice.environment() | carrier.environment | {"PATCHBAY_API_TOKEN": "t0ken"}
    practice.destroy()
    carrier.destroy()


def doctor(folder, *arguments, **environment):
    """Its findings, and how it ended."""
    done = run("doctor", "--json", *arguments, cwd=folder, env=bare(environment))
    assert done.stderr == "", done.stderr
    document = json.loads(done.stdout)
    assert document["ok"] == (done.returncode == 0)
    return document["findings"], done.returncode


def of(findings, check):
    return [(finding["status"], finding["message"]) for finding in findings if finding["check"] == check]


def test_a_bridge_that_lacks_nothing_is_well(world, tmp_path):
    practice, carrier, environment = world
    server = TurnServer(tmp_path / "turn", shared=True)
    try:
        findings, code = doctor(
            tmp_path, **environment, PATCHBAY_TURN_URLS=f"turn:127.0.0.1:{server.port}", PATCHBAY_TURN_SECRET=SECRET)
    finally:
        server.stop()
    assert code == 0, findings
    assert {finding["status"] for finding in findings} <= {"ok", "warning", "skipped"}, findings
    for check in (
            "configuration", "api_tokens", "twilio.auth_token", "memory", "disk", "database", "twilio", "openai", "turn"):
        assert "ok" in dict(of(findings, check)), (check, findings)
    assert carrier.looks == 1 and not practice.events("session.updated")
    assert not (tmp_path / "patchbay.db").exists(), "who looks makes nothing"


def test_without_anything_it_says_what_a_bridge_needs_first(tmp_path):
    findings, code = doctor(tmp_path)
    assert code == 1
    failed = [finding for finding in findings if finding["status"] == "failed"]
    assert [finding["check"] for finding in failed] == ["upstreams"]
    assert failed[0]["critical"] and "OPENAI_API_KEY" in failed[0]["fix"]


@pytest.mark.parametrize("change, check, words", [
    ({"OPENAI_API_KEY": "wrong"}, "openai", "API key"),
    ({"OPENAI_REALTIME_URL": "ws://127.0.0.1:9/v1/realtime"}, "openai", "refused"),
    ({"TWILIO_API_BASE": "http://127.0.0.1:9"}, "twilio", "could not be used"),
    ({"PATCHBAY_LISTEN": "nonsense"}, "configuration", "listen"),
    ({"PATCHBAY_DATABASE": "sqlite:nowhere/patchbay.db"}, "database", "does not exist"),
])
def test_what_is_wrong_is_found_and_its_remedy_named(change, check, words, world, tmp_path):
    findings, code = doctor(tmp_path, **world[2] | change)
    assert code == 1
    bad = [finding for finding in findings if finding["status"] == "failed"]
    assert [finding["check"] for finding in bad] == [check], bad
    assert words in bad[0]["message"] and bad[0]["critical"] and bad[0]["fix"]


def test_a_turn_server_that_is_away_is_not_critical_unless_it_is_set_so(world, tmp_path):
    setting = world[2] | {"PATCHBAY_TURN_URLS": "turn:127.0.0.1:9?transport=tcp", "PATCHBAY_TURN_SECRET": SECRET}
    findings, code = doctor(tmp_path, **setting)
    assert code == 0 and [status for status, _ in of(findings, "turn")] == ["failed"]
    assert doctor(tmp_path, **setting, PATCHBAY_TURN_CRITICAL="true")[1] == 1


def test_an_account_that_is_suspended_is_told(world, tmp_path):
    world[1].account = "suspended"
    findings, code = doctor(tmp_path, **world[2])
    assert code == 1 and "suspended" in of(findings, "twilio")[0][1]


def test_one_upstream_of_two_is_enough(world, tmp_path):
    findings, code = doctor(
        tmp_path, **world[2], ELEVENLABS_URL="ws://127.0.0.1:9", ELEVENLABS_API_KEY="key", ELEVENLABS_AGENT_ID="agent_1")
    assert code == 0 and of(findings, "elevenlabs")[0][0] == "failed"


def test_a_file_that_is_no_database_is_told_and_left_as_it_is(world, tmp_path):
    (tmp_path / "patchbay.db").write_text("a letter" * 1000)
    findings, code = doctor(tmp_path, **world[2])
    assert code == 1 and of(findings, "database")[0][0] == "failed"
    assert (tmp_path / "patchbay.db").read_text() == "a letter" * 1000


def test_a_database_in_use_can_be_looked_at(serve, world, tmp_path):
    bridge = serve(PATCHBAY_DATABASE=f"sqlite:{tmp_path}/patchbay.db")
    findings, code = doctor(tmp_path, **world[2])
    assert code == 0 and ("ok", "patchbay.db can be read and written.") in of(findings, "database")
    assert bridge.get("/readyz").status == 200
    with sqlite3.connect(tmp_path / "patchbay.db") as database:
        assert database.execute("SELECT count(*) FROM nodes").fetchone()[0] == 1, "whoever looks is no node"


def test_fix_repairs_what_it_may(world, tmp_path):
    (tmp_path / "patchbay.json5").write_text(json.dumps({"api_tokens": ["t0ken"]}))
    os.chmod(tmp_path / "patchbay.json5", 0o644)
    setting = {name: value for name, value in world[2].items() if name != "PATCHBAY_API_TOKEN"}
    setting |= {"PATCHBAY_DATABASE": "sqlite:deep/inside/patchbay.db"}
    findings, code = doctor(tmp_path, **setting)
    assert code == 1 and of(findings, "secrets")[0][0] == "warning"
    findings, code = doctor(tmp_path, "--fix", **setting)
    assert code == 0, findings
    assert of(findings, "secrets")[0][0] == of(findings, "database")[0][0] == "fixed"
    assert (tmp_path / "patchbay.json5").stat().st_mode & 0o777 == 0o600
    findings, code = doctor(tmp_path, **setting)
    assert code == 0 and not of(findings, "secrets")


def test_a_pipe_gets_plain_lines_and_a_terminal_colours(tmp_path):
    plain = run("doctor", cwd=tmp_path, env=bare({}))
    assert plain.returncode == 1 and "\x1b" not in plain.stdout
    assert "FAILED   upstreams" in plain.stdout and "→ Set OPENAI_API_KEY" in plain.stdout
    assert plain.stdout.rstrip().endswith("1 failed, 1 of them critical.")
    assert max(map(len, plain.stdout.splitlines())) <= 100

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [PATH, "doctor"], cwd=tmp_path, env=bare({"TERM": "xterm"}), stdin=subprocess.DEVNULL, stdout=theirs,
        stderr=subprocess.DEVNULL)
    os.close(theirs)
    text = b""
    while True:
        try:
            text += os.read(ours, 65536)
        except OSError:
            break
    os.close(ours)
    assert process.wait(10) == 1 and b"\x1b[31mFAILED" in text


def test_a_number_whose_calls_go_elsewhere_is_found_and_sent_here(world, tmp_path):
    carrier = PracticeCarrier(numbers=("+15550002222",))
    try:
        (tmp_path / "patchbay.json5").write_text(json.dumps(
            {"agents": [{"id": "default"}], "numbers": [{"number": "+15550002222", "agent": "default"}]}))
        setting = world[2] | carrier.credentials | {"PATCHBAY_PUBLIC_URL": "https://voice.invalid"}
        findings, code = doctor(tmp_path, **setting)
        assert code == 1 and ("failed", True) in [
            (finding["status"], finding["critical"]) for finding in findings if finding["check"] == "numbers"]
        findings, code = doctor(tmp_path, "--fix", **setting)
        assert code == 0 and {status for status, _ in of(findings, "numbers")} == {"fixed"}
        findings, code = doctor(tmp_path, **setting)
        assert code == 0 and of(findings, "numbers") == [("ok", "+15550002222: its calls come here.")]
        assert "ok" in dict(of(findings, "twilio"))
    finally:
        carrier.destroy()
