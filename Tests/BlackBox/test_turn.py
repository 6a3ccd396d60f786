"""TURN servers: seen to be well or not, in words that say who can mend it. coturn is real."""

import json
import socket
import time

import pytest

from program import bare, eventually, run
from turn import PASSWORD, SECRET, USER, TurnServer, free_port

EVERY = 1
# Two rounds change a state, and a round may wait for answers for 3 s.
SEEN_WITHIN = 2 * EVERY + 2
FIXED = {"PATCHBAY_TURN_USERNAME": USER, "PATCHBAY_TURN_CREDENTIAL": PASSWORD}
SHARED = {"PATCHBAY_TURN_SECRET": SECRET}


@pytest.fixture
def turn(tmp_path):
    """Starts TURN servers."""
    servers = []

    def turn(*options, **setting):
        servers.append(TurnServer(tmp_path / f"turn-{len(servers)}", *options, **setting))
        return servers[-1]

    yield turn
    for server in servers:
        server.stop()


@pytest.fixture
def watching(serve):
    """A bridge that looks after these servers."""
    def watching(*urls, **environment):
        return serve(PATCHBAY_TURN_URLS=",".join(urls), PATCHBAY_HEALTH_EVERY=EVERY,
                     PATCHBAY_DATABASE="sqlite::memory:",
                     **({} if "PATCHBAY_TURN_SECRET" in environment else FIXED) | environment)

    return watching


def row(bridge, url):
    rows = json.loads(bridge.get("/healthz").text)["components"]
    return next(row for row in rows if row["name"] == url)


def is_ok(bridge, url, within=SEEN_WITHIN):
    return eventually(lambda: row(bridge, url)["status"] == "ok", within=within)


def fails(bridge, url, code, within=SEEN_WITHIN):
    found = eventually(
        lambda: row(bridge, url)["status"] == "failing" and row(bridge, url)["last_error_code"] == code, within=within)
    assert found, row(bridge, url)
    return row(bridge, url)["last_error"]


def test_each_way_to_a_server_is_asked_for_a_relay_and_gives_it_back(turn, watching, authority, identity):
    # Six rounds ask for 18 relays of a user who may have nine. One that was given back counts for a second.
    server = turn("--user-quota=9", identity=identity)
    urls = [f"turn:127.0.0.1:{server.port}?transport=udp", f"turn:127.0.0.1:{server.port}?transport=tcp",
            f"turns:localhost:{server.tls_port}?transport=tcp", f"stun:127.0.0.1:{server.port}"]
    bridge = watching(*urls, PATCHBAY_TLS_CA=authority.file)
    for url in urls:
        assert is_ok(bridge, url)
    time.sleep(6 * EVERY)
    for url in urls:
        health = row(bridge, url)
        assert (health["status"], health["last_error"]) == ("ok", None)
        assert 0 < health["latency_s"] < 3 and health["critical"] is False
        assert bridge.metric(f'patchbay_dependency_up{{dependency="{url}",critical="false"}}') == 1


def test_time_limited_credentials_are_made_for_each_probe(turn, watching):
    server = turn(shared=True)
    url = f"turn:127.0.0.1:{server.port}"
    assert is_ok(watching(url, **SHARED), url)


@pytest.mark.parametrize(("setting", "hint"), [
    ({"PATCHBAY_TURN_SECRET": "south"}, "turn.secret"),
    ({"PATCHBAY_TURN_USERNAME": "1700000000:probe", "PATCHBAY_TURN_CREDENTIAL": "expired"}, "clock"),
], ids=["another secret", "expired"])
def test_credentials_that_the_server_does_not_accept(setting, hint, turn, watching):
    server = turn(shared=True)
    url = f"turn:127.0.0.1:{server.port}"
    bridge = watching(url, **setting)
    assert hint in fails(bridge, url, "turn.bad_credentials")
    # Loud, once, and where an operator looks for errors.
    assert bridge.metric('patchbay_errors_total{component="health",code="turn.bad_credentials"}') == 1
    assert bridge.logged("turn.bad_credentials")
    assert json.loads(bridge.get("/healthz").text)["status"] == "degraded"
    assert bridge.get("/readyz").status == 200
    assert "south" not in bridge.errors() and "expired" not in bridge.errors()
    bridge.expected_errors = r"(?s).*"


def test_a_quota_that_is_used_up_is_told_as_such(turn, watching):
    server = turn("--user-quota=1")
    with server.hold_relay():
        url = f"turn:127.0.0.1:{server.port}"
        assert "user-quota" in fails(watching(url), url, "turn.quota")


def test_a_server_without_a_relay_left(turn, watching):
    port = free_port()
    server = turn("--min-port", str(port), "--max-port", str(port))
    with server.hold_relay():
        url = f"turn:127.0.0.1:{server.port}"
        assert "ports" in fails(watching(url), url, "turn.no_capacity")


def test_a_server_that_only_speaks_stun(turn, watching):
    server = turn("-S")
    url = f"turn:127.0.0.1:{server.port}"
    assert "--stun-only" in fails(watching(url), url, "turn.not_turn", within=SEEN_WITHIN + 3)


def test_a_server_that_gives_relays_to_anybody(turn, watching):
    server = turn("-z")
    url = f"turn:127.0.0.1:{server.port}"
    assert "danger" in fails(watching(url), url, "turn.open_relay")


def test_a_port_that_is_silent(watching):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"turn:127.0.0.1:{silent.getsockname()[1]}"
        assert "firewall" in fails(watching(url), url, "turn.unreachable", within=SEEN_WITHIN + 3)


def test_a_name_that_nobody_knows(watching):
    url = "turn:turn.invalid:3478"
    assert "DNS" in fails(watching(url), url, "turn.dns")


def test_a_certificate_that_is_not_accepted(turn, watching, identity):
    server = turn(identity=identity)
    url = f"turns:127.0.0.1:{server.tls_port}?transport=tcp"
    assert "certificate" in fails(watching(url), url, "turn.tls")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_server_that_stops_is_seen_within_two_rounds_and_seen_to_be_back(transport, turn, watching):
    server = turn()
    url = f"turn:127.0.0.1:{server.port}?transport={transport}"
    bridge = watching(url, PATCHBAY_TURN_CRITICAL="true")
    assert is_ok(bridge, url)
    server.stop()
    fails(bridge, url, "turn.unreachable")
    assert json.loads(bridge.get("/healthz").text)["status"] == "failing"
    assert bridge.get("/readyz").status == 200, "calls go on without it"
    assert bridge.metric(f'patchbay_dependency_up{{dependency="{url}",critical="true"}}') == 0
    server.start()
    assert is_ok(bridge, url)
    assert bridge.logged("health.recovered")


# What clients are told.

def test_browsers_get_credentials_that_the_server_accepts(turn, serve):
    server = turn(shared=True)
    relay, stun = f"turn:127.0.0.1:{server.port}?transport=udp", f"stun:127.0.0.1:{server.port}"
    bridge = serve(PATCHBAY_TURN_URLS=f"{stun},{relay}", PATCHBAY_DATABASE="sqlite::memory:",
                   PATCHBAY_MAX_CALL=600, **SHARED)
    answer = bridge.get("/v1/ice-servers")
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
    offer = json.loads(answer.text)
    assert offer["ttl"] == 600 and offer["iceServers"][0] == {"urls": [stun]}
    entry = offer["iceServers"][1]
    assert entry["urls"] == [relay] and set(entry) == {"urls", "username", "credential"}
    assert 500 < int(entry["username"].split(":")[0]) - time.time() <= 601
    # The server takes them: a second bridge probes with them as fixed ones.
    fixed = {"PATCHBAY_TURN_USERNAME": entry["username"], "PATCHBAY_TURN_CREDENTIAL": entry["credential"]}
    other = serve(PATCHBAY_TURN_URLS=relay, PATCHBAY_HEALTH_EVERY=EVERY, PATCHBAY_DATABASE="sqlite::memory:", **fixed)
    assert is_ok(other, relay)


def test_without_a_server_there_is_nothing_to_tell(serve):
    answer = serve(PATCHBAY_DATABASE="sqlite::memory:").get("/v1/ice-servers")
    assert (answer.status, json.loads(answer.text)["code"]) == (404, "turn.not_configured")


def test_credentials_are_for_those_who_may_in(serve):
    bridge = serve(PATCHBAY_TURN_URLS="turn:127.0.0.1:1", PATCHBAY_API_TOKEN="t0ken", PATCHBAY_HEALTH_EVERY=0,
                   PATCHBAY_DATABASE="sqlite::memory:", **SHARED)
    assert bridge.get("/v1/ice-servers").status == 401


@pytest.mark.parametrize(("urls", "words"), [
    ("turn:turn.example.com", "turn.secret"), ("turns:turn.example.com?transport=udp", "transport=tcp"),
], ids=["no credentials", "DTLS"])
def test_servers_that_would_be_of_no_use_stop_the_start(urls, words, tmp_path):
    setting = {"PATCHBAY_TURN_URLS": urls} | (SHARED if "turns" in urls else {})
    done = run("serve", "--listen", "127.0.0.1:0", cwd=tmp_path, env=bare(setting))
    assert done.returncode == 2 and words in done.stderr and len(done.stderr.splitlines()) == 1
