import contextlib
import os
import ssl

import pytest

from carrier import Carrier
from certificates import Authority
from calls import CarrierREST, House, Practice
from studio import Studio
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
def studio(tmp_path):
    """Starts bridges with a practice upstream behind each, given the upstream's arguments. All of it, the phones too,
    goes before whatever else the machine does, where that is allowed: a phone that is late measures nothing."""
    studios = []
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))

    def start(*arguments, **options):
        folder = tmp_path / f"studio-{len(studios) + 1}"
        folder.mkdir()
        studios.append(Studio(folder, *arguments, **options))
        return studios[-1]

    yield start
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    for one in studios:
        one.end()


@pytest.fixture
def carrier():
    carrier = Carrier()
    yield carrier
    carrier.close()


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
            rest = CarrierREST()
            around.append(rest)
        query = options.pop("query", "") or "&".join(f"fault={fault}" for fault in faults)
        return House(start, tmp_path, upstream, query, rest, **options)

    yield house
    for thing in around:
        thing.destroy()
