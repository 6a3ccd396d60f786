"""What strangers send cannot forge a log line, and what is secret comes out nowhere."""

import json
import signal
import socket

import pytest

import program
from certificates import Identity
from program import eventually
from wire import Raw, request

FORGED = '{"time":"2026-01-01T00:00:00.000Z","level":"error","event":"forged"}'
HOSTILE = [
    request(target="/%0d%0a" + FORGED.replace('"', "%22").replace(" ", "%20")),
    request(target="/metrics?x=%1b%5b31m", X_Request_Id="\x1b[31mred"),
    request(target="/metrics", X_Request_Id=FORGED),
    request(target="/metrics", X_Request_Id="a" * 5000),
    request(target="/metrics", User_Agent="\u202eevil".encode().decode("latin-1"), Referer=FORGED),
    b"GET /\x1b[31m HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"\xff\xfe" * 50 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n\n" + FORGED.encode() + b"\n",
    b"\n" + FORGED.encode() + b"\n\r\n\r\n",
    b"\xf0\x9f" * 5000,
]


def provoke(server, context=None):
    for data in HOSTILE:
        with Raw(server.address, context) as connection:
            connection.send(data.encode("latin-1") if isinstance(data, str) else data)
            connection.end_sending()
            try:
                while True:
                    connection.take(1)
            except Exception:
                pass


@pytest.mark.parametrize("format", ["json", "text"])
def test_nobody_forges_a_log_line(format, serve):
    bridge = serve(PATCHBAY_LOG_LEVEL="debug", PATCHBAY_LOG_FORMAT=format)
    bridge.expected_errors = r"[^\x00-\x09\x0b-\x1f\x7f\u202e]*"
    provoke(bridge)
    assert bridge.get("/livez").status == 200
    text = bridge.errors()
    assert "http." in text, "nothing was logged, so nothing was shown"
    for line in text.splitlines():
        assert not line.startswith('{"time":"2026-01-01'), line
        if format == "json":
            assert json.loads(line)["event"] != "forged"
        else:
            assert line[2] == ":" and line[5] == ":", line


SECRETS = {
    "PATCHBAY_SECRET": "S3CRET-store-aaaa", "PATCHBAY_API_TOKEN": "S3CRET-api-bbbb,read:S3CRET-api-cccc",
    "TWILIO_AUTH_TOKEN": "S3CRET-twilio-dddd,S3CRET-twilio-eeee", "TWILIO_API_KEY_SID": "SK1",
    "TWILIO_API_KEY_SECRET": "S3CRET-twilio-ffff", "OPENAI_API_KEY": "S3CRET-openai-gggg",
    "ELEVENLABS_API_KEY": "S3CRET-eleven-hhhh", "ELEVENLABS_WEBHOOK_SECRET": "S3CRET-eleven-iiii",
    "PATCHBAY_TURN_USERNAME": "u", "PATCHBAY_TURN_CREDENTIAL": "S3CRET-turn-jjjj",
    "PATCHBAY_EVENTS_SECRET": "S3CRET-events-kkkk",
}


def test_no_secret_comes_out(serve, identity, authority, trust, tmp_path):
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    certificate.write_bytes(identity.certificate.read_bytes())
    key.write_bytes(identity.key.read_bytes())
    said = []
    bridge = serve(
        identity=Identity(certificate, key), PATCHBAY_LOG_LEVEL="debug", PATCHBAY_LISTN="x",
        PATCHBAY_PUBLIC_URL="http://localhost:1", **SECRETS)
    provoke(bridge, trust)
    for target in ("/livez", "/readyz?verbose", "/startupz", "/healthz", "/metrics", "/nope"):
        with Raw(bridge.address, trust) as connection:
            connection.send(request(target=target, Authorization="Bearer S3CRET-sent-llll"))
            answer = connection.answer()
            said += [answer.body.decode(), str(answer.headers)]
    with socket.create_connection(bridge.address) as plain:
        plain.sendall(b"Authorization: S3CRET-sent-mmmm\r\n\r\n")
        plain.recv(100)
    key.write_text("-----BEGIN PRIVATE KEY-----\nS3CRET-key-nnnn\n-----END PRIVATE KEY-----\n")
    bridge.process.send_signal(signal.SIGHUP)
    assert eventually(lambda: bridge.logged("socket.tls_unusable"))
    bridge.stop()
    said.append(bridge.errors())

    environment = program.bare(SECRETS)
    for arguments in (["config"], ["config", "--json"], ["serve", "--listen", "nowhere"], ["serve", "--loops", "0"],
                      ["serve", "--listen", "127.0.0.1:0", "--tls-certificate", certificate, "--tls-key", key]):
        result = program.run(*arguments, cwd=tmp_path, env=environment)
        said += [result.stdout, result.stderr]
    for name in SECRETS.keys() - {"TWILIO_API_KEY_SID", "PATCHBAY_TURN_USERNAME"}:
        # A value that does not fit, and one that conflicts.
        broken = program.run("serve", cwd=tmp_path, env=environment | {name: SECRETS[name] + "\n\x01"})
        both = program.run("serve", cwd=tmp_path, env=environment | {f"{name}_FILE": "/nonexistent"})
        assert broken.returncode == both.returncode == 2
        said += [broken.stdout, broken.stderr, both.stdout, both.stderr]
    (tmp_path / "bad.json5").write_text("{ openai: { api_key: 'S3CRET-file-oooo', },\n twilio: { auth_token: ['S3CRET-file-pppp', 5] } }")
    result = program.run("serve", "--config", "bad.json5", cwd=tmp_path, env=program.bare({}))
    assert result.returncode == 2
    said += [result.stdout, result.stderr]

    assert len(said) > 40
    for text in said:
        assert "S3CRET" not in text, text
