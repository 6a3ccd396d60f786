import contextlib
import os
import ssl

import pytest

from carrier import Carrier
from certificates import Authority
from elevenlabs import ElevenLabs
from house import API_TOKEN, House
from outbound import OutboundHouse
from practice import KEY, Practice
from program import Bridge, EchoServer, Toy
from wire import Raw


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls") / "right")


@pytest.fixture(scope="session")
def identity(authority):
    return authority.identity("first")


@pytest.fixture(scope="session")
def trust(authority):
    """A client's TLS that knows our authority and verifies names."""
    return ssl.create_default_context(cafile=authority.file)


@pytest.fixture
def start():
    """Starts servers, and holds each to its promise at the end: exit 0 on SIGINT, in under a second, nothing unexpected
    on standard error."""
    servers = []

    def start(kind=EchoServer, *arguments, **options):
        servers.append(kind(*arguments, **options))
        return servers[-1]

    yield start
    try:
        for server in servers:
            if server.process.returncode is None:
                server.stop()
    finally:
        for server in servers:
            server.destroy()


@pytest.fixture
def serve(start, tmp_path):
    """Starts bridges in an empty folder."""
    return lambda *arguments, **options: start(Bridge, *arguments, folder=tmp_path, **options)


@pytest.fixture
def promptly():
    """Everything that is started goes before whatever else the machine does, where that is allowed: a phone that is late
    measures nothing."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    yield
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


@pytest.fixture
def studio(promptly, start, tmp_path):
    """Starts bridges with a recording practice upstream behind each, given the upstream's arguments. `agent` fills in or
    changes members of its one agent."""
    upstreams = []

    def studio(*arguments, agent=None, carrier=None, environment=None):
        folder = tmp_path / f"studio-{len(upstreams) + 1}"
        folder.mkdir()
        upstreams.append(Practice(*arguments, folder=folder))
        agent = {"id": "default", "protect_greeting": False} | (agent or {})
        settings = {"PATCHBAY_LOOPS": 1, "PATCHBAY_API_TOKEN": API_TOKEN} | (environment or {})
        return House(start, folder, upstreams[-1], carrier=carrier, agents=[agent], **settings)

    yield studio
    for upstream in upstreams:
        upstream.destroy()


@pytest.fixture
def carrier():
    """A carrier for whom every call that is asked for is over."""
    carrier = Carrier(unknown="completed")
    yield carrier
    carrier.destroy()


@pytest.fixture(scope="session")
def toy():
    server = Toy()
    yield server
    server.destroy()


@pytest.fixture
def plain_server(start):
    return start()


@pytest.fixture
def tls_server(start, identity):
    return start(identity=identity)


@pytest.fixture(params=["plain", "tls"])
def server(request):
    return request.getfixturevalue(f"{request.param}_server")


@pytest.fixture
def connect(trust):
    """Opens raw connections to a server, with TLS if it has it."""
    connections = []

    def connect(server, **options):
        connections.append(Raw(server.address, trust if server.tls else None, **options))
        return connections[-1]

    yield connect
    for connection in connections:
        connection.socket.close()


@pytest.fixture
def house(start, tmp_path):
    """Builds bridges with a practice upstream, and the carrier's REST if it is wanted."""
    around = []

    def house(*faults, practice=True, carrier=False, practice_options=(), **options):
        upstream = rest = None
        if practice:
            upstream = Practice(*practice_options)
            around.append(upstream)
        if carrier:
            rest = Carrier()
            around.append(rest)
        query = options.pop("query", "") or "&".join(f"fault={fault}" for fault in faults)
        return House(start, tmp_path, upstream, query, rest, **options)

    yield house
    for thing in around:
        thing.destroy()


@pytest.fixture
def outbound(start, tmp_path):
    """Builds bridges that dial, each with a carrier of its own."""
    around = []

    def outbound(**options):
        folder = tmp_path / f"outbound-{len(around) + 1}"
        folder.mkdir()
        home = OutboundHouse(start, folder, **options)
        around.append(home.carrier)
        return home

    yield outbound
    for carrier in around:
        carrier.destroy()


@pytest.fixture
def eleven(promptly, start, tmp_path):
    """Builds stand-ins for ElevenLabs, each with a bridge to it: `home, server = eleven(script)`."""
    servers = []

    def eleven(script=None, key=True, carrier=None, agents=None, environment=None, **options):
        server = ElevenLabs(script, **options)
        servers.append(server)
        settings = {"ELEVENLABS_URL": server.url, "ELEVENLABS_AGENT_ID": "agent_1", "PATCHBAY_API_TOKEN": API_TOKEN}
        if key:
            settings["ELEVENLABS_API_KEY"] = "eleven-key"
        folder = tmp_path / f"eleven-{len(servers)}"
        folder.mkdir()
        return House(start, folder, carrier=carrier, agents=agents, **settings | (environment or {})), server

    yield eleven
    for server in servers:
        server.destroy()


@pytest.fixture
def eleven_house(promptly, start, tmp_path):
    """Builds bridges to a practice agent of ElevenLabs', started with the arguments."""
    practices = []

    def build(*arguments, agents=None, **environment):
        practices.append(Practice("--protocol", "elevenlabs", "--key", KEY, *arguments))
        return House(start, tmp_path, practices[-1], agents=agents, **environment)

    yield build
    for practice in practices:
        practice.destroy()
