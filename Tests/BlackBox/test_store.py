"""Where calls are kept: what survives, and what happens while the database is locked, full or not to be used."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import resource
import signal
import sqlite3
import subprocess

import pytest

from program import PATH, Bridge, bare, eventually

LOCKED = 30 if os.environ.get("SOAK") else 8


@contextlib.contextmanager
def locked(path):
    """Another program that holds the database."""
    other = sqlite3.connect(path, isolation_level=None, timeout=10)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextlib.contextmanager
def file_limit(process, size):
    """As a disk that is full, for files that would grow beyond the size."""
    before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)


def component(bridge, name):
    rows = json.loads(bridge.get("/healthz").text)["components"]
    return next(row for row in rows if row["name"] == name)


def is_drained(bridge):
    return bridge.metric("patchbay_store_spool_depth") == 0 and component(bridge, "store")["status"] == "ok"


def request(bridge, method, path, body=None):
    connection = http.client.HTTPConnection(bridge.host, bridge.port, timeout=10)
    with contextlib.closing(connection):
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")


def kinds(home, call):
    return [event["type"] for event in home.events(call)]


def test_calls_and_the_secret_survive_a_kill(house, tmp_path, start):
    home = house(practice=False)
    home.voice("CA1")
    assert home.status("CA1", "completed")[0] == 204
    home.voice("CA2")
    before = home.api("/v1/calls")[1]["items"]
    home.bridge.process.kill()
    home.bridge.process.wait()
    home.bridge = start(Bridge, folder=tmp_path)
    assert home.bridge.seconds_to_ready < 2
    assert home.api("/v1/calls")[1]["items"] == before
    assert kinds(home, "CA1") == ["call.created", "call.final"]
    assert {path.name for path in tmp_path.glob("patchbay.db*")} >= {
        "patchbay.db", "patchbay.db-shm", "patchbay.db-spool", "patchbay.db-wal"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.glob("patchbay.db*"))


def test_calls_go_on_while_another_program_holds_the_database(house, tmp_path):
    home = house()
    talking = home.phone().begin().hear_agent()
    home.voice("CAseen")
    with locked(tmp_path / "patchbay.db"):
        began = home.phone().begin().hear_agent()
        answers = [home.status("CAseen", word)[0] for word in ("in-progress", "completed")]
        assert answers == [204, 204]
        began.stop()
        began.close()
        for _ in range(LOCKED):
            talking.media(count=50)
            talking.listen(within=1)
        assert talking.code is None and any(m["event"] == "media" for m in talking.messages)
        store = component(home.bridge, "store")
        assert store["status"] == "failing" and "Another program holds the database" in store["last_error"]
        assert json.loads(home.bridge.get("/healthz").text)["status"] == "degraded"
        assert home.bridge.get("/readyz").status == 200
        assert home.bridge.metric("patchbay_store_spool_depth") > 0
        # What was kept before can be read.
        assert home.record("CAseen")["status"] == "ringing"
    assert eventually(lambda: is_drained(home.bridge))
    assert home.record("CAseen")["end_reason"] == "caller-hangup"
    assert kinds(home, "CAseen") == ["call.created", "call.answered", "call.final"]
    assert home.final(began.call)["end_reason"] == "caller-hangup"
    assert kinds(home, began.call)[:2] == ["call.created", "call.answered"]
    assert kinds(home, began.call)[-1] == "call.final" and kinds(home, began.call).count("call.final") == 1
    talking.close()
    assert home.final(talking.call)["end_reason"] == "caller-hangup"


def test_what_waits_in_the_spool_survives_a_kill(house, tmp_path, start):
    home = house(practice=False)
    home.voice("CA1")
    with locked(tmp_path / "patchbay.db"):
        for number in range(1, 6):
            assert home.status(f"CA{number}", "completed")[0] == 204
        home.bridge.process.send_signal(signal.SIGKILL)
        home.bridge.process.wait()
    home.bridge = start(Bridge, folder=tmp_path)
    assert eventually(lambda: is_drained(home.bridge))
    for number in range(1, 6):
        assert home.record(f"CA{number}")["status"] == "completed"
        assert kinds(home, f"CA{number}") == ["call.created", "call.final"]


def test_a_full_disk_costs_nothing_that_the_spool_can_hold(house, tmp_path):
    home = house(practice=False)
    home.voice("CA1")
    with file_limit(home.bridge.process, (tmp_path / "patchbay.db-wal").stat().st_size):
        assert home.status("CA1", "completed")[0] == 204
        assert home.status("CA2", "completed")[0] == 204
        assert component(home.bridge, "store")["status"] == "failing"
        assert component(home.bridge, "spool")["status"] == "ok"
        assert home.bridge.get("/readyz").status == 200
    assert eventually(lambda: is_drained(home.bridge))
    assert [home.record(call)["status"] for call in ("CA1", "CA2")] == ["completed"] * 2


def test_only_when_nothing_can_be_written_the_carrier_is_asked_to_come_again(house, tmp_path):
    home = house(practice=False)
    home.voice("CA1")
    with file_limit(home.bridge.process, 8):
        status, problem = home.status("CA1", "completed")
        assert status == 503 and json.loads(problem)["code"] == "store.unkept"
        assert home.bridge.get("/readyz").status == 503
        records = component(home.bridge, "records")
        assert records["status"] == "failing" and records["critical"] and "spool" in records["last_error"]
        # A caller hears something all the same.
        assert "<Response>" in home.voice("CA2")[1]
    assert eventually(lambda: home.status("CA1", "completed")[0] == 204)
    assert eventually(lambda: home.bridge.get("/readyz").status == 200)
    assert eventually(lambda: (home.record("CA1") or {}).get("status") == "completed")


def serve_and_fail(folder, **environment):
    done = subprocess.run(
        [PATH, "serve", "--listen", "127.0.0.1:0"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        cwd=folder, env=bare(environment), timeout=15)
    lines = done.stderr.splitlines()
    assert done.stdout == "" and len(lines) == 1, done
    return done.returncode, lines[0]


def test_a_database_that_cannot_be_used_ends_the_start_in_one_line(tmp_path, serve):
    serve().stop()
    path = tmp_path / "patchbay.db"
    with locked(path):
        code, line = serve_and_fail(tmp_path, PATCHBAY_STORE_TIMEOUT=1)
        assert code == 75 and "'database' \"sqlite:patchbay.db\"" in line and "Another program" in line
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA user_version = 999")
    other.close()
    code, line = serve_and_fail(tmp_path)
    assert code == 2 and "newer program" in line and "999" in line
    path.write_bytes(b"not a database, but of some length " * 100)
    code, line = serve_and_fail(tmp_path)
    assert code == 2 and "no database" in line
    code, line = serve_and_fail(tmp_path, PATCHBAY_DATABASE="sqlite:missing/calls.db")
    assert code == 2 and "folder" in line


def test_two_bridges_use_one_database(house, tmp_path, start):
    home = house(practice=False)
    home.voice("CA1")
    second = start(Bridge, folder=tmp_path)
    assert [item["provider_call_id"] for item in json.loads(second.get("/v1/calls").text)["items"]] == ["CA1"]
    home.voice("CA2")
    assert json.loads(second.get("/v1/calls/CA2").text)["status"] == "ringing"


def test_bridges_that_start_at_once_make_one_database(tmp_path, start):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        bridges = list(pool.map(lambda _: start(Bridge, folder=tmp_path), range(4)))
    path = tmp_path / "patchbay.db"
    with contextlib.closing(sqlite3.connect(path)) as other:
        assert len(other.execute("SELECT value FROM house WHERE name = 'secret'").fetchall()) == 1
    assert len(list(tmp_path.glob("patchbay.db-spool*"))) == len(bridges)


def test_a_call_is_erased_and_errors_are_dealt_with(house):
    home = house(practice=False)
    home.voice("CA1")
    assert request(home.bridge, "DELETE", "/v1/calls/CA1")[0] == 409
    home.status("CA1", "completed")
    status, bare_record = request(home.bridge, "DELETE", "/v1/calls/CA1")
    assert status == 200 and bare_record["from"] is None and bare_record["status"] == "completed"
    assert home.record("CA1") == bare_record
    home.post("/twilio/stream-status", CallSid="CA1", StreamSid="MZ1", StreamEvent="stream-error", StreamError="31920")
    errors = eventually(lambda: home.api("/v1/errors?resolved=false")[1]["items"])
    assert [error["code"] for error in errors] == ["carrier.stream_failed"]
    assert request(home.bridge, "PATCH", f"/v1/errors/{errors[0]['id']}", '{"resolved": true}')[1]["resolved"] is True
    assert home.api("/v1/errors?resolved=false")[1]["items"] == []


def test_a_database_in_memory_leaves_nothing_behind(house, tmp_path):
    home = house(practice=False, PATCHBAY_DATABASE="sqlite::memory:")
    home.voice("CA1")
    assert home.status("CA1", "completed")[0] == 204
    assert home.record("CA1")["end_reason"] == "caller-hangup"
    assert home.bridge.get("/readyz").status == 200
    assert list(tmp_path.glob("*.db*")) == []
