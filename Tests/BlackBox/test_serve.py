"""The bridge as an orchestrator sees it: start, probes, metrics, certificates, the end."""

import json
import os
import re
import resource
import signal
import socket
import ssl
import subprocess
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

import program
from certificates import Identity
from program import eventually
from wire import Raw, request

PROBES = ["/livez", "/readyz", "/startupz", "/healthz"]


def test_it_is_ready_in_under_100_ms(serve):
    assert min(serve().seconds_to_ready for _ in range(5)) < 0.1


@pytest.mark.parametrize("path", PROBES)
def test_a_ready_node_says_so(path, serve):
    answer = serve().get(path)
    assert answer.status == 200
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-Id"])
    assert answer.headers["Cache-Control"] == "no-store"


def test_health_has_a_row_for_each_component(serve):
    bridge = serve()

    def components():
        document = json.loads(bridge.get("/healthz").text)
        assert document["status"] == "ok"
        rows = {row["name"]: row for row in document["components"]}
        return rows if all(row["status"] == "ok" for row in rows.values()) else None

    rows = eventually(components)
    assert {name: row["critical"] for name, row in rows.items()} == {
        "loops": True, "memory": True, "records": True, "store": False, "spool": False, "disk": False}
    for name, row in rows.items():
        assert row["last_error"] is None
        assert bridge.metric(
            f'patchbay_dependency_up{{dependency="{name}",critical="{str(row["critical"]).lower()}"}}') == 1
        assert 0 <= row["age_s"] < 2 and row["latency_s"] >= 0
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["last_success"])


def test_probes_run_by_themselves_and_a_failing_dependency_degrades_the_node(serve, tmp_path):
    place, away = tmp_path / "place", tmp_path / "away"
    place.mkdir()
    bridge = serve(PATCHBAY_HEALTH_EVERY="0.2", PATCHBAY_DATABASE=f"sqlite:{place}/patchbay.db")

    def disk():
        document = json.loads(bridge.get("/healthz").text)
        return document, next(row for row in document["components"] if row["name"] == "disk")

    assert eventually(lambda: disk()[1]["status"] == "ok")
    place.rename(away)
    assert eventually(lambda: disk()[1]["status"] == "failing")
    document, row = disk()
    assert document["status"] == "degraded" and row["last_success"] is not None
    assert row["last_error"] == f"cannot look at {place}/: no such file or directory"
    assert bridge.get("/readyz").status == 200
    away.rename(place)
    assert eventually(lambda: disk()[0]["status"] == "ok")
    rounds = 'patchbay_probe_rounds_total{dependency="disk",outcome="succeeded"}'
    before = bridge.metric(rounds)
    assert before >= 2 and eventually(lambda: bridge.metric(rounds) > before)
    assert disk()[1]["age_s"] < 1


def test_metrics_are_what_prometheus_reads(serve):
    bridge = serve()
    bridge.get("/nope")
    answer = bridge.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    for name in ("patchbay_build_info", "patchbay_draining", "patchbay_log_dropped", "patchbay_loop_lag_seconds"):
        assert name in families and families[name].documentation and families[name].samples
    assert families["patchbay_loop_lag_seconds"].type == "histogram"
    assert families["patchbay_build_info"].samples[0].value == 1
    assert bridge.metric('patchbay_http_answers_total{status="4xx"}') == 1


@pytest.mark.skipif(not os.environ.get("PROMTOOL"), reason="there is no promtool")
def test_promtool_has_nothing_to_say_about_the_metrics(serve):
    bridge = serve()
    assert eventually(lambda: bridge.metric('patchbay_dependency_up{dependency="disk",critical="false"}') == 1)
    told = subprocess.run(
        [os.environ["PROMTOOL"], "check", "metrics"], input=bridge.get("/metrics").text, capture_output=True, text=True,
        timeout=30)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


def test_probes_and_metrics_move_to_the_operators_address(serve):
    with socket.socket() as picked:
        picked.bind(("127.0.0.1", 0))
        port = picked.getsockname()[1]
    bridge = serve("--ops-listen", f"127.0.0.1:{port}")
    for path in PROBES + ["/metrics"]:
        assert bridge.get(path).status == 404
    bridge.port = port
    for path in PROBES + ["/metrics"]:
        assert bridge.get(path).status == 200


def test_whatever_is_wrong_is_a_problem_with_the_requests_id(serve, connect):
    bridge = serve()
    for data, status, code in [
        (request(target="/nope", X_Request_Id="mine-1"), 404, "http.not_found"),
        (request("POST", "/livez", X_Request_Id="mine-1"), 405, "http.method_not_allowed"),
        (request(target="/%zz", X_Request_Id="mine-1"), 400, "http.malformed_path"),
        (request(X_Request_Id="mine-1", Connection="Upgrade", Upgrade="h2c"), 400, "http.upgrade_refused"),
        (request(Host=None, X_Request_Id="mine-1"), 400, "http.missing_host"),
        (b"nonsense\r\n\r\n", 400, "http.malformed_request_line"),
        (request(X="a" * 17000), 431, "http.head_too_large"),
    ]:
        connection = connect(bridge)
        connection.send(data)
        answer = connection.answer()
        assert answer.status == status, answer
        assert answer.headers["content-type"] == "application/problem+json"
        problem = json.loads(answer.body)
        assert set(problem) == {"type", "title", "status", "detail", "code", "request_id"}
        assert (problem["status"], problem["code"]) == (status, code)
        assert problem["request_id"] == answer.headers["x-request-id"]
        if code in ("http.not_found", "http.method_not_allowed", "http.upgrade_refused"):
            assert problem["request_id"] == "mine-1"


# The end.

@pytest.mark.parametrize("number", [signal.SIGINT])
def test_an_interrupt_ends_it_at_once(number, serve, connect):
    bridge = serve()
    idle = connect(bridge)
    idle.send(request(target="/livez"))
    assert idle.answer().status == 200
    connect(bridge).send(b"GET / HT")
    bridge.stop(number)


def test_sigterm_fails_readiness_at_once_and_ends_after_the_lame_duck(serve):
    bridge = serve(PATCHBAY_LAME_DUCK=2)
    began = time.monotonic()
    bridge.process.send_signal(signal.SIGTERM)
    assert eventually(lambda: bridge.get("/readyz").status == 503, within=1)
    assert "draining" in bridge.get("/readyz?verbose").text
    assert bridge.get("/livez").status == 200
    assert bridge.metric("patchbay_draining") == 1
    assert bridge.process.wait(5) == 0
    assert 1.8 < time.monotonic() - began < 3
    assert [line["event"] for line in bridge.log()] == ["node.ready", "node.draining", "node.ended"]


def test_a_second_sigterm_ends_it_at_once(serve):
    bridge = serve(PATCHBAY_LAME_DUCK=60)
    bridge.process.send_signal(signal.SIGTERM)
    assert eventually(lambda: bridge.get("/readyz").status == 503, within=1)
    bridge.stop(signal.SIGTERM)
    events = [line["event"] for line in bridge.log()]
    assert events == ["node.ready", "node.draining", "node.drain_cut_short", "node.ended"]


# TLS.

def test_sighup_brings_a_new_certificate_and_a_bad_one_changes_nothing(serve, authority, trust, tmp_path):
    first, second = authority.identity("one"), authority.identity("two")
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"

    def put(identity):
        certificate.write_bytes(identity.certificate.read_bytes())
        key.write_bytes(identity.key.read_bytes())

    def shown():
        with socket.create_connection(bridge.address) as plain, trust.wrap_socket(
                plain, server_hostname="localhost") as secure:
            return dict(field[0] for field in secure.getpeercert()["subject"])["commonName"]

    put(first)
    bridge = serve(identity=Identity(certificate, key))
    assert shown() == "one"
    put(second)
    bridge.process.send_signal(signal.SIGHUP)
    assert eventually(lambda: bridge.logged("node.certificate_reloaded"))
    assert shown() == "two"
    certificate.write_text("nonsense")
    bridge.process.send_signal(signal.SIGHUP)
    assert eventually(lambda: bridge.logged("socket.tls_unusable"))
    assert shown() == "two"


def test_failed_handshakes_are_counted_and_few_of_them_logged(serve, identity, trust):
    bridge = serve(identity=identity)
    for _ in range(60):
        with socket.create_connection(bridge.address) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            plain.recv(100)

    def metrics():
        with Raw(bridge.address, trust) as secure:
            secure.send(request(target="/metrics"))
            return secure.answer().body.decode()

    assert eventually(lambda: "patchbay_tls_handshake_failures_total 60\n" in metrics())
    lines = bridge.logged("socket.tls_failed")
    assert 1 <= len(lines) <= 15
    assert "127.0.0.1" in lines[0]["peer"] and lines[0]["reason"]


# Too much.

def test_running_out_of_descriptors_is_logged_and_counted(serve):
    bridge = serve()
    used = bridge.descriptors()
    resource.prlimit(bridge.process.pid, resource.RLIMIT_NOFILE, (used + 10, used + 10))
    connections = [socket.create_connection(bridge.address, timeout=5) for _ in range(40)]
    assert eventually(lambda: bridge.logged("socket.accept_paused"))
    for connection in connections:
        connection.close()
    assert eventually(lambda: bridge.get("/livez").status == 200)
    assert bridge.metric("patchbay_accept_pauses_total") >= 1
    assert len(bridge.logged("socket.accept_paused")) <= 15


def ended(connection):
    """Whether the other side ended this connection. Nothing is read from it."""
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def test_connections_over_the_limit_are_refused_and_counted(serve):
    bridge = serve(descriptors=80)  # 16 for connections.
    connections = [socket.create_connection(bridge.address, timeout=5) for _ in range(40)]
    # A connection that left before its turn would make room for a later one: all stay until 24 were shown the door.
    assert eventually(lambda: sum(ended(connection) for connection in connections) == 24)
    for connection in connections:
        connection.close()
    assert bridge.logged("socket.refused")
    assert eventually(lambda: bridge.metric('patchbay_rejected_total{reason="connections"}') == 24)


# What cannot work.

def complaint(*arguments, folder, **environment):
    """The one line of a start that cannot work."""
    result = program.run("serve", *arguments, cwd=folder, env=program.bare(environment))
    assert result.returncode == 2, result
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("patchbay serve: "), result.stderr
    return lines[0]


BAD = {
    "unknown key": ("{\n  listn: '127.0.0.1:0' }", ["patchbay.json5:2", "listn", "'listen'"]),
    "unknown section key": ("{ limits: {\n\n callz: 5 } }", ["patchbay.json5:3", "limits.callz", "limits.calls"]),
    "wrong type": ("{ loops: 'two' }", ["patchbay.json5:1", "loops", "\"two\""]),
    "impossible value": ("{ health: { failures: 0 } }", ["health.failures", "0"]),
    "negative time": ("{ timeouts: { drain_s: -1 } }", ["timeouts.drain_s", "-1"]),
    "not JSON5": ("{ listen: }", ["patchbay.json5:1"]),
    "not an object": ("[]", ["patchbay.json5:1", "object"]),
    "a name to listen on": ("{ listen: 'nowhere.example:80' }", ["nowhere.example:80"]),
    "certificate without key": ("{ tls: { certificate: 'c.pem' } }", ["tls.certificate", "tls.key"]),
    "certificate that is not there": ("{ tls: { certificate: 'c.pem', key: 'k.pem' } }", ["c.pem"]),
    "same address twice": ("{ listen: '127.0.0.1:81', ops_listen: '127.0.0.1:81' }", ["ops_listen"]),
    "secret of a wrong type": ("{ openai: { api_key: 5 } }", ["openai.api_key"]),
    "agent without id": ("{ agents: [{}] }", ["agents"]),
}


@pytest.mark.parametrize("text, named", BAD.values(), ids=BAD)
def test_a_bad_configuration_is_named_with_its_line(text, named, tmp_path):
    (tmp_path / "patchbay.json5").write_text(text)
    line = complaint("--listen", "127.0.0.1:0", folder=tmp_path) if "listen" not in text else complaint(folder=tmp_path)
    for words in named:
        assert words in line


def test_bad_flags_and_variables_are_named(tmp_path):
    assert "--loops" in complaint("--loops", "0", folder=tmp_path)
    assert "PATCHBAY_DRAIN" in complaint(folder=tmp_path, PATCHBAY_DRAIN="soon")
    assert "nope.json5" in complaint("--config", "nope.json5", folder=tmp_path)
    assert "OPENAI_API_KEY_FILE" in complaint(folder=tmp_path, OPENAI_API_KEY_FILE="nope")


def test_a_taken_port_is_temporary(serve, tmp_path):
    bridge = serve()
    result = program.run("serve", "--listen", f"127.0.0.1:{bridge.port}", cwd=tmp_path, env=program.bare({}))
    assert result.returncode == 75
    assert result.stderr.count("\n") == 1 and "taken" in result.stderr


def test_what_is_worth_a_look_is_logged(serve):
    bridge = serve(PATCHBAY_LISTN="x", PATCHBAY_PUBLIC_URL="http://localhost:1")
    # The log has a writer of its own, so its lines may come after the ready line.
    assert eventually(lambda: len(bridge.logged("configuration.warning")) == 2)
    messages = [line["message"] for line in bridge.logged("configuration.warning")]
    assert any("PATCHBAY_LISTEN" in message for message in messages)
    assert any("public_url" in message for message in messages)
