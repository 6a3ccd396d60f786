"""`patchbay calls`: a running bridge's calls, for people and for programs."""

import contextlib
import http.client
import json
import os
import pty
import re
import select
import signal
import subprocess
import time

from house import API_TOKEN
from history import begun
from program import PATH, bare, run


def calls(home, *arguments, token=API_TOKEN, **options):
    return run("calls", *arguments, "--url", home.bridge.url, "--token", token, cwd=home.folder, **options)


def finished(home):
    (phone,) = begun(home, 1)
    home.carrier.statuses[phone.call] = "completed"
    phone.stop()
    return home.final(phone.call)


def test_list_prints_a_line_a_call_with_tabs_between_its_words(house):
    home = house(carrier=True)
    over = finished(home)
    (live,) = begun(home, 1)
    done = calls(home, "list")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[1] for row in rows] == [home.record(live.call)["id"], over["id"]]
    assert rows[1][4:] == ["default", "completed", "caller-hangup", str(over["duration_s"])]
    assert [row.split("\t")[5] for row in calls(home, "list", "--status", "in-progress").stdout.splitlines()] == \
        ["in-progress"]
    listed = json.loads(calls(home, "list", "--json", "--limit", 1).stdout)
    assert [item["id"] for item in listed["items"]] == [home.record(live.call)["id"]] and listed["next_cursor"]


def test_list_is_a_table_with_a_head_on_a_terminal(house):
    home = house(carrier=True)
    finished(home)
    ours, theirs = pty.openpty()
    command = [PATH, "calls", "list", "--url", home.bridge.url, "--token", API_TOKEN]
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=theirs, check=True, timeout=10, env=bare({"TERM": "xterm"}))
    text = b""
    while select.select([ours], [], [], 0.2)[0]:
        text += os.read(ours, 4096)
    head, row = re.sub(r"\x1b\[\d+m", "", text.decode()).splitlines()
    assert head.split() == ["CREATED", "ID", "FROM", "TO", "AGENT", "STATUS", "REASON", "SECONDS"]
    assert row.index("completed") == head.index("STATUS")


def test_show_tells_the_record_and_what_happened(house):
    home = house(carrier=True)
    record = finished(home)
    done = calls(home, "show", record["provider_call_id"])
    assert done.returncode == 0
    assert re.search(rf"^id +{record['id']}$", done.stdout, re.M)
    assert re.search(r"^\S+  call\.final +status=completed  end_reason=caller-hangup$", done.stdout, re.M)
    whole = json.loads(calls(home, "show", record["id"], "--json").stdout)
    assert whole["call"] == record and {"call.created", "call.final"} <= {event["type"] for event in whole["events"]}


def test_hangup_ends_a_call_and_tail_sees_it_end(house):
    home = house(carrier=True)
    command = [PATH, "calls", "tail", "--json", "--url", home.bridge.url, "--token", API_TOKEN]
    tail = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=bare({}))
    (phone,) = begun(home, 1)
    time.sleep(1.5)
    assert calls(home, "hangup", phone.call).returncode == 0
    phone.closed()
    assert home.final(phone.call)["end_reason"] == "api-hangup"
    time.sleep(1.5)
    tail.send_signal(signal.SIGINT)
    told = [json.loads(line) for line in tail.communicate(timeout=5)[0].splitlines()]
    assert tail.returncode == 0
    assert [(one["provider_call_id"], one["status"]) for one in told] == [
        (phone.call, "in-progress"), (phone.call, "completed")]


def test_the_live_stream_begins_with_who_is_on_the_line_and_tells_what_becomes_of_calls(house):
    home = house(carrier=True)
    finished(home)
    (phone,) = begun(home, 1)
    connection = http.client.HTTPConnection("127.0.0.1", home.bridge.port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", "/v1/calls/live", headers={"Authorization": f"Bearer {API_TOKEN}"})
        answer = connection.getresponse()
        assert answer.headers["Content-Type"] == "text/event-stream"

        def event():
            assert answer.readline() == b"event: call\n"
            data = answer.readline()
            assert answer.readline() == b"\n"
            return json.loads(data.removeprefix(b"data: "))
        assert (first := event())["provider_call_id"] == phone.call and first["status"] == "in-progress"
        home.carrier.statuses[phone.call] = "completed"
        phone.stop()
        assert (last := event())["id"] == first["id"] and last["end_reason"] == "caller-hangup"


def test_sweep_says_what_it_closed(house):
    home = house(carrier=True, PATCHBAY_SWEEP_EVERY=0)
    (phone,) = begun(home, 1)
    home.crash()
    home.restart()
    done = calls(home, "sweep")
    assert done.returncode == 0
    first, last = done.stdout.splitlines()
    assert first == f"{home.record(phone.call)['id']}  failed node-lost: its node died, and the caller did not come back"
    assert last == "looked at 1, closed 1; 0 live, 0 elsewhere, 0 waiting, 0 scheduled, 0 unreconciled"


def test_what_cannot_be_done_is_one_line_and_a_code(house):
    home = house(carrier=True)
    for arguments, token, code, words in [
        (["show", "CA" + "0" * 32], API_TOKEN, 1, "There is no call of this id"),
        (["list"], "another", 2, "token"),
        (["list", "--status", "dead"], API_TOKEN, 1, "'status' cannot be"),
        (["hangup", finished(home)["id"]], API_TOKEN, 1, "The call is over"),
    ]:
        done = calls(home, *arguments, token=token)
        assert (done.returncode, done.stdout) == (code, ""), done.stderr
        assert words in done.stderr and len(done.stderr.splitlines()) == 1
    gone = run("calls", "list", "--url", "http://127.0.0.1:1")
    assert gone.returncode == 1 and "no answer from http://127.0.0.1:1" in gone.stderr
    assert run("calls", "list", "--url", "ftp://here").returncode == 2
