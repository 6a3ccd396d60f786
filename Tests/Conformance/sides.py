"""Both sides of Autobahn's test suite against the built program, plain and over TLS, side by side."""

import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

PROGRAM = pathlib.Path(os.environ.get("PATCHBAY", ".build/release/patchbay")).resolve()
HOME = pathlib.Path(".build/conformance").resolve()
WSTEST = HOME / "autobahn/bin/wstest"
CERTIFICATE, KEY = HOME / "certificate.pem", HOME / "key.pem"
SIDES = ("server", "server-tls", "client", "client-tls")
# All but 12.* and 13.*, which are about compression; each must have been run.
EXPECTED_CASES = 301
# A whole side takes about a minute alone.
LIMIT_SECONDS = 480
GOOD = ("OK", "INFORMATIONAL")


class Trouble(Exception):
    """Something that kept a side from being run at all."""


def make_certificate():
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", KEY, "-out", CERTIFICATE],
        check=True, capture_output=True)


@contextlib.contextmanager
def started(command, log, **options):
    """A process that does not outlive the block."""
    with open(log, "wb") as output:
        process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stderr=output,
                                   **({"stdout": output} | options))
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def write_specification(folder, **what):
    file = folder / "specification.json"
    file.write_text(json.dumps(
        {"outdir": str(folder), "cases": ["*"], "exclude-cases": ["12.*", "13.*"], "exclude-agent-cases": {}} | what))
    return file


def run_to_end(command, log, folder):
    with open(log, "wb") as output:
        try:
            done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                  timeout=LIMIT_SECONDS, cwd=folder)
        except subprocess.TimeoutExpired:
            raise Trouble(f"not through after {LIMIT_SECONDS} s, see {log}") from None
    if done.returncode != 0:
        raise Trouble(f"exit {done.returncode}: {log.read_text().strip()[-300:]}")


def test_server(folder, tls):
    """Autobahn's client against `patchbay echo --listen`."""
    command = [PROGRAM, "echo", "--listen", "127.0.0.1:0"]
    if tls:
        command += ["--tls-certificate", CERTIFICATE, "--tls-key", KEY]
    with started(command, folder / "patchbay.log", stdout=subprocess.PIPE) as server:
        ready = re.fullmatch(r"patchbay ready (\S+)\n", server.stdout.readline().decode())
        if not ready:
            raise Trouble("patchbay did not start: " + (folder / "patchbay.log").read_text().strip())
        specification = write_specification(folder, servers=[{"agent": "patchbay", "url": ready[1]}])
        run_to_end([WSTEST, "-m", "fuzzingclient", "-s", specification], folder / "autobahn.log", folder)
        if server.poll() is not None:
            raise Trouble(f"patchbay ended under way, exit {server.returncode}: "
                          + (folder / "patchbay.log").read_text().strip()[-300:])


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def wait_for(port, process):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.05)
    raise Trouble("Autobahn's server did not start, see its log")


def test_client(folder, tls):
    """`patchbay echo --connect` against Autobahn's server."""
    port = free_port()
    url = f"{'wss' if tls else 'ws'}://127.0.0.1:{port}"
    # Its options of the same names are read and then forgotten.
    specification = write_specification(folder, url=url, **({"cert": str(CERTIFICATE), "key": str(KEY)} if tls else {}))
    command = [WSTEST, "-m", "fuzzingserver", "-u", "0", "-s", specification]
    client = [PROGRAM, "echo", "--connect", url] + (["--tls-ca", CERTIFICATE] if tls else [])
    with started(command, folder / "autobahn.log", cwd=folder) as server:
        wait_for(port, server)
        run_to_end(client, folder / "patchbay.log", folder)


def judge(folder):
    """Reads the report: how many cases passed, and those that did not."""
    report = folder / "index.json"
    if not report.exists():
        raise Trouble(f"there is no report, see {folder}")
    (cases,) = json.loads(report.read_text()).values()
    bad = {name: case for name, case in cases.items()
           if case["behavior"] not in GOOD or case["behaviorClose"] not in GOOD}
    if len(cases) != EXPECTED_CASES:
        raise Trouble(f"{len(cases)} cases were run and not {EXPECTED_CASES}")
    return cases, bad


def words(verdicts):
    return ", ".join(f"{count} {verdict}" for verdict, count in collections.Counter(verdicts).most_common())


def run_side(name):
    folder = HOME / "reports" / name
    subprocess.run(["rm", "-rf", folder], check=True)
    folder.mkdir(parents=True)
    began = time.monotonic()
    kind, _, tls = name.partition("-")
    try:
        (test_server if kind == "server" else test_client)(folder, bool(tls))
        cases, bad = judge(folder)
    except Trouble as trouble:
        print(f"{name}: {trouble}", flush=True)
        return 0, EXPECTED_CASES
    print(f"{name}: {len(cases)} cases in {time.monotonic() - began:.0f} s; "
          f"behaviour {words(case['behavior'] for case in cases.values())}; "
          f"close {words(case['behaviorClose'] for case in cases.values())}", flush=True)
    for case, verdict in sorted(bad.items(), key=lambda each: [int(part) for part in each[0].split(".")]):
        print(f"    {case}: {verdict['behavior']}, close {verdict['behaviorClose']}, "
              f"code {verdict['remoteCloseCode']}; {folder / verdict['reportfile']}")
    return len(cases) - len(bad), len(bad)


def main(sides):
    if unknown := set(sides) - set(SIDES):
        sys.exit(f"no such side: {', '.join(sorted(unknown))}; there are {', '.join(SIDES)}")
    if not PROGRAM.exists():
        sys.exit(f"patchbay: no {PROGRAM}; build it with `swift build -c release`")
    make_certificate()
    with concurrent.futures.ThreadPoolExecutor(len(sides)) as pool:
        results = list(pool.map(run_side, sides))
    passed, failed = (sum(column) for column in zip(*results))
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main(sys.argv[1:] or SIDES)
