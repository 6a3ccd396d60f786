"""The built program as a user has it: started, watched from outside, stopped by signals."""

import http.client
import json
import os
import pathlib
import re
import resource
import selectors
import signal
import subprocess
import tempfile
import time

PATH = pathlib.Path(os.environ.get("PATCHBAY", ".build/release/patchbay")).resolve()


def eventually(fact, within=5.0, every=0.01):
    """Polls until `fact()` is truthy and returns it; at the deadline it returns what it was last."""
    deadline = time.monotonic() + within
    while True:
        value = fact()
        if value or time.monotonic() >= deadline:
            return value
        time.sleep(every)


def run(*arguments, within=20.0, **options):
    """Runs the program to its end."""
    return subprocess.run(
        [PATH, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=within, **options)


def written(file):
    """What a program wrote into a file so far. Without a seek, which would move the place where it writes on."""
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode()


class Server:
    """Something that prints one ready line, and runs until a signal ends it."""

    def __init__(self, command, scheme, tls=False, descriptors=None, **options):
        def limit():
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        self.tls = tls
        self.stderr = tempfile.TemporaryFile()
        self.expected_errors = ""
        began = time.monotonic()
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.stderr, preexec_fn=limit, **options)
        line = self._first_line(within=10.0)
        self.seconds_to_ready = time.monotonic() - began
        match = re.fullmatch(r"\w+ ready (\w+)://(127\.0\.0\.1|\[::1\]):(\d+)\n", line)
        assert match, f"no ready line but {line!r}; {self.errors()}"
        assert match[1] == (f"{scheme}s" if self.tls else scheme)
        self.host, self.port = match[2].strip("[]"), int(match[3])
        self.url = line.split()[-1]

    def _first_line(self, within):
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            return self.process.stdout.readline().decode() if selector.select(within) else ""

    @property
    def address(self):
        return self.host, self.port

    def errors(self):
        """What it said on standard error so far."""
        return written(self.stderr)

    def stop(self, number=signal.SIGINT):
        """Sends the signal and checks the promise: exit 0 in under a second, nothing more to say."""
        assert self.process.poll() is None, f"it ended by itself: {self.process.returncode}; {self.errors()}"
        began = time.monotonic()
        self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=10)
        took = time.monotonic() - began
        assert self.process.returncode == 0, self.errors()
        assert took < 1.0, f"the end took {took:.2f} s"
        assert output == b"", "standard output is for the ready line alone"
        assert re.fullmatch(self.expected_errors, self.errors()), self.errors()

    def log(self):
        """What it logged so far, line by line; each must be a JSON object."""
        text = self.errors()
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def logged(self, event):
        return [line for line in self.log() if line["event"] == event]

    def get(self, path, **headers):
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.text = answer.read().decode()
            return answer
        finally:
            connection.close()

    def metric(self, sample):
        """The value of one sample, named as the exposition names it; None when there is none."""
        for line in self.get("/metrics").text.splitlines():
            if line.startswith(f"{sample} "):
                return float(line.split()[-1])
        return None

    def destroy(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self.stderr.close()

    # What the system knows about it.

    def _proc(self, name):
        return pathlib.Path(f"/proc/{self.process.pid}/{name}")

    def resident_bytes(self):
        return int(re.search(r"VmRSS:\s+(\d+) kB", self._proc("status").read_text())[1]) * 1024

    def descriptors(self):
        return len(list(self._proc("fd").iterdir()))

    def cpu_seconds(self):
        fields = self._proc("stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class EchoServer(Server):
    """`patchbay echo --listen`, from the ready line to exit 0 on SIGINT."""

    def __init__(self, listen="127.0.0.1:0", identity=None, descriptors=None):
        command = [PATH, "echo", "--listen", listen]
        if identity:
            command += ["--tls-certificate", identity.certificate, "--tls-key", identity.key]
        super().__init__(command, "ws", tls=identity is not None, descriptors=descriptors)


class Bridge(Server):
    """`patchbay serve`, with nothing set but what the test sets."""

    def __init__(self, *arguments, folder, listen="127.0.0.1:0", identity=None, descriptors=None, **environment):
        command = [PATH, "serve", "--listen", listen, *arguments]
        if identity:
            command += ["--tls-certificate", identity.certificate, "--tls-key", identity.key]
        super().__init__(
            command, "http", tls=identity is not None, descriptors=descriptors, cwd=folder, env=bare(environment))
        self.folder = folder
        self.expected_errors = r"(\{.*\}\n)*"


class Toy(Server):
    """The product's server with routes for tests."""

    def __init__(self):
        super().__init__([PATH.with_name("toy")], "http")


def bare(environment):
    """An environment without any setting but these."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return kept | {name: str(value) for name, value in environment.items()}
