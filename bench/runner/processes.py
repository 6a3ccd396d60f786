"""Servers under test and the load driver: started, watched and ended within bounds."""

import json
import os
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from . import machine

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "bench", "build")
FLOOR = "bench/build/floor-relay --listen {listen} --connect {connect}"
FLOOR_ECHO = "bench/build/load-driver --serve {listen}"

READY = re.compile(rb"^(?:.* )?ready (?:\S+:)?(\d+)(?:/\S*)?\s*\n", re.MULTILINE)


class BenchError(Exception):
    """Something that keeps the bench from running at all; its text is one line for the user."""


def build():
    made = subprocess.run(["make", "-s", "-C", os.path.join(ROOT, "bench")], capture_output=True, text=True)
    if made.returncode != 0:
        raise BenchError("the C parts do not build:\n" + made.stderr)


def free_port():
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Certificate:
    """For 127.0.0.1, and its own authority. Gone with the folder."""

    def __init__(self, folder):
        self.file, self.key = os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem")
        made = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
             "2", "-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.key, "-out",
             self.file], capture_output=True, text=True)
        if made.returncode != 0:
            raise BenchError(f"openssl makes no certificate: {made.stderr.strip()}")


class Server:
    """A server under test. `command` may hold {listen} and {connect}."""

    def __init__(self, command, placement=None, upstream_port=None, environment=None, scheme="ws"):
        words = {"listen": "127.0.0.1:0", "connect": f"{scheme}://127.0.0.1:{upstream_port}/"}
        self.scheme = scheme
        self.arguments = [word.format(**words) for word in shlex.split(command)]
        program = os.path.join(ROOT, self.arguments[0])
        if not os.path.exists(program) and shutil.which(self.arguments[0]) is None:
            raise BenchError(f"{self.arguments[0]} is not there: build it first (swift build -c release), "
                             "or name another command")
        self.prefix = placement.prefix(machine.SERVER_CPU) if placement else []
        self.environment = dict(os.environ, **(environment or {}))
        self.errors = tempfile.TemporaryFile()
        self.process = None

    def start(self):
        """Returns the seconds from exec to the ready line."""
        begin = time.monotonic()
        self.process = subprocess.Popen(self.prefix + self.arguments, cwd=ROOT, env=self.environment,
                                        stdout=subprocess.PIPE, stderr=self.errors)
        self.port = self._read_port(begin + 15)
        return time.monotonic() - begin

    def _read_port(self, deadline):
        text = b""
        descriptor = self.process.stdout.fileno()
        while True:
            found = READY.search(text)
            if found:
                # What else it prints must not fill the pipe and stop it.
                threading.Thread(target=self.process.stdout.read, daemon=True).start()
                return int(found.group(1))
            readable, _, _ = select.select([descriptor], [], [], max(0, deadline - time.monotonic()))
            chunk = os.read(descriptor, 4096) if readable else b""
            if not chunk:
                self.kill()
                raise BenchError(f"{self.arguments[0]} did not become ready: {text!r} {self._last_error()}")
            text += chunk

    def _last_error(self):
        self.errors.seek(0)
        return self.errors.read()[-500:].decode(errors="replace").strip()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}/"

    def stop(self):
        """SIGINT; returns the seconds it took and the exit code (None when it had to be killed)."""
        begin = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()
            code = None
        return time.monotonic() - begin, code

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        if self.process.poll() is None:
            self.stop()


class Driver:
    """Runs the load driver and reads its JSON."""

    def __init__(self, placement, limits, program="load-driver"):
        self.placement = placement
        self.program = program
        self.limits = ["--lag-limit-us", str(limits["lag_p99_us_max"]), "--cpu-limit", str(limits["cpu_share_max"])]

    def run(self, *arguments, longest=120):
        words = [os.path.join(BUILD, self.program), *map(str, arguments), *self.limits, "--json"]
        command = self.placement.prefix(machine.DRIVER_CPU) + words
        try:
            run = subprocess.run(command, capture_output=True, text=True, timeout=longest)
        except subprocess.TimeoutExpired:
            raise BenchError(f"{self.program} did not end within {longest} s") from None
        if run.returncode not in (0, 1, 3):
            raise BenchError(f"{self.program} ended with {run.returncode}: {run.stderr.strip()}")
        return json.loads(run.stdout)
