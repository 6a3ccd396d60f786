"""TLS as an auditor looks at it: versions, suites, protocols, resumption, and certificates that change under way."""

import shutil
import signal
import ssl
import time

import pytest

from certificates import Identity, openssl
from program import eventually
from wire import TEXT, Raw, frame, request


def handshake(server, trust, **settings):
    """Opens a connection with a context of its own."""
    context = ssl.create_default_context()
    context.load_verify_locations(cadata=trust.get_ca_certs(binary_form=True)[0])
    for name, value in settings.items():
        setting = getattr(context, name)
        if callable(setting):
            setting(value)
        else:
            setattr(context, name, value)
    return Raw(server.address, context)


def check_echo(connection):
    connection.open_websocket()
    connection.send(frame(TEXT, b"over TLS"))
    assert connection.frame().payload == b"over TLS"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_spoken(version, tls_server, trust):
    with handshake(tls_server, trust, maximum_version=version, minimum_version=version) as connection:
        assert connection.socket.version() == version.name.replace("_", ".")
        check_echo(connection)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_older_versions_are_refused(version, tls_server, trust):
    with pytest.raises(ssl.SSLError) as refused:
        handshake(tls_server, trust, minimum_version=version, maximum_version=version, set_ciphers="ALL:@SECLEVEL=0")
    assert refused.value.reason == "TLSV1_ALERT_PROTOCOL_VERSION"


@pytest.mark.parametrize("suite", ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384",
                                   "ECDHE-RSA-CHACHA20-POLY1305"])
def test_forward_secret_suites_work(suite, tls_server, trust):
    with handshake(tls_server, trust, maximum_version=ssl.TLSVersion.TLSv1_2, set_ciphers=suite) as connection:
        assert connection.socket.cipher()[0] == suite
        check_echo(connection)


@pytest.mark.parametrize("suite", ["AES128-SHA", "AES128-GCM-SHA256", "AES256-GCM-SHA384", "ECDHE-RSA-AES128-SHA",
                                   "DHE-RSA-AES128-GCM-SHA256"])
def test_other_suites_are_refused(suite, tls_server, trust):
    with pytest.raises(ssl.SSLError) as refused:
        handshake(tls_server, trust, maximum_version=ssl.TLSVersion.TLSv1_2, set_ciphers=suite + ":@SECLEVEL=0")
    assert refused.value.reason in ("SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_HANDSHAKE_FAILURE")


@pytest.mark.parametrize("offered", [["h2", "http/1.1"], ["http/1.1"], ["spdy/3", "http/1.1", "h2"]])
def test_http_1_1_is_chosen(offered, tls_server, trust):
    with handshake(tls_server, trust, set_alpn_protocols=offered) as connection:
        assert connection.socket.selected_alpn_protocol() == "http/1.1"
        check_echo(connection)


def test_a_client_that_speaks_only_h2_is_refused(tls_server, trust):
    with pytest.raises(ssl.SSLError) as refused:
        handshake(tls_server, trust, set_alpn_protocols=["h2"])
    assert "alert no application protocol" in str(refused.value)


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_sessions_are_resumed(version, tls_server, authority, tmp_path):
    address = f"localhost:{tls_server.port}"
    session = tmp_path / "session.pem"

    def visit(*arguments):
        return openssl("s_client", "-connect", address, version, "-CAfile", authority.file, "-verify_return_error",
                       "-ign_eof", *arguments, input=request(Connection="close").decode())

    first = visit("-sess_out", session)
    assert "\nNew, TLSv1." in first.stdout and "HTTP/1.1 426" in first.stdout, first
    second = visit("-sess_in", session)
    assert "\nReused, TLSv1." in second.stdout and "HTTP/1.1 426" in second.stdout, second


def test_renegotiation_is_refused(tls_server, authority):
    # s_client takes a lone R for a request to renegotiate.
    answer = openssl("s_client", "-connect", f"localhost:{tls_server.port}", "-tls1_2", "-CAfile", authority.file,
                     input="R\n")
    assert "no renegotiation" in answer.stderr, answer


@pytest.mark.parametrize("said", [request(), b"hello\r\n", bytes(1000), b"\x16\x03\x01\xff\xff"],
                         ids=["HTTP", "words", "zeros", "record"])
def test_plain_text_on_the_tls_port_does_no_harm(said, tls_server, connect):
    with Raw(tls_server.address) as plain:
        plain.send(said)
        if said[0] != 0x16:  # That one could still become a handshake.
            answer = plain.socket.recv(1000)
            assert answer == b"" or answer[0] == 0x15, "an alert or nothing"
    check_echo(connect(tls_server))


def test_a_client_that_leaves_during_the_handshake_does_no_harm(tls_server, connect):
    for _ in range(20):
        with Raw(tls_server.address) as leaving:
            leaving.send(b"\x16\x03\x01\x02\x00\x01\x00")
    check_echo(connect(tls_server))


def test_a_handshake_that_does_not_end_is_cut_off_after_ten_seconds(tls_server):
    began = time.monotonic()
    with Raw(tls_server.address, within=12) as silent, Raw(tls_server.address, within=12) as half:
        half.send(b"\x16\x03\x01\x02\x00\x01\x00")
        for connection in (silent, half):
            with pytest.raises(ConnectionResetError):
                connection.expect_end()
            assert 9.5 < time.monotonic() - began < 12


@pytest.fixture
def changing(identity, tmp_path):
    """A certificate and key that a test may overwrite."""

    def place(source):
        shutil.copy(source.certificate, changing.certificate)
        shutil.copy(source.key, changing.key)

    changing = Identity(tmp_path / "certificate.pem", tmp_path / "key.pem")
    place(identity)
    return changing, place


class TestReload:
    def shown(self, server, trust):
        """The name in the certificate that new connections see."""
        with Raw(server.address, trust) as connection:
            return dict(field[0] for field in connection.socket.getpeercert()["subject"])["commonName"]

    def test_sighup_shows_the_new_certificate_while_open_connections_go_on(
            self, changing, start, connect, trust, authority):
        files, place = changing
        server = start(identity=files)
        early = connect(server)
        check_echo(early)
        assert self.shown(server, trust) == "first"
        place(authority.identity("second"))
        assert self.shown(server, trust) == "first", "files alone change nothing"
        server.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: self.shown(server, trust) == "second")
        early.send(frame(TEXT, b"still here"))
        assert early.frame().payload == b"still here"

    @pytest.mark.parametrize("broken", ["certificate", "key", "missing", "foreign key"])
    def test_a_broken_new_certificate_leaves_the_old_one_and_is_named(
            self, broken, changing, start, connect, trust, authority):
        files, place = changing
        server = start(identity=files)
        match broken:
            case "certificate": files.certificate.write_text("no certificate")
            case "key": files.key.write_text("no key")
            case "missing": files.certificate.unlink()
            case "foreign key": shutil.copy(authority.identity("third").key, files.key)
        server.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: server.errors().endswith("\n"))
        server.expected_errors = r"patchbay echo: the old certificate stays in use: [^\n]*(certificate|key)\.pem[^\n]*\n"
        assert self.shown(server, trust) == "first"
        place(authority.identity("second"))
        server.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: self.shown(server, trust) == "second"), "a later good one is taken"

    def test_a_session_of_before_the_change_is_resumed_after_it(self, changing, start, authority, tmp_path):
        files, place = changing
        server = start(identity=files)
        session = tmp_path / "session.pem"

        def visit(*arguments):
            return openssl("s_client", "-connect", f"localhost:{server.port}", "-CAfile", authority.file, "-ign_eof",
                           *arguments, input=request(Connection="close").decode()).stdout

        visit("-sess_out", session)
        server.process.send_signal(signal.SIGHUP)
        assert "\nReused, TLSv1.3" in visit("-sess_in", session)

    def test_sighup_without_tls_does_nothing(self, plain_server, connect):
        plain_server.process.send_signal(signal.SIGHUP)
        check_echo(connect(plain_server))
