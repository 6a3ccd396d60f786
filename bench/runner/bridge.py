"""Bridges under test with the call driver around them: ours, the floor, and others."""

import os
import tempfile

from .processes import BUILD, Certificate, Driver, Server, free_port

PROGRAM = ".build/release/patchbay"
PATCHBAY = PROGRAM + " serve --listen {listen} --loops 1"
FLOOR = "bench/build/floor-relay --calls --listen {listen} --connect {connect}"
ATTEMPTS = 3


class Profile:
    """What is played, and what the bridge has to be told for it."""

    name = "of its own"

    def __init__(self, *options, upstream_tls=False, phone_tls=False, token=None, elevenlabs=False):
        self.options = options
        self.upstream_tls, self.phone_tls, self.token, self.elevenlabs = upstream_tls, phone_tls, token, elevenlabs

    def environment(self, upstream, certificate):
        """Settings for a bridge whose upstream listens there. Nothing it asks for leaves this machine."""
        scheme = "wss" if self.upstream_tls else "ws"
        here = {"PATCHBAY_LOG_LEVEL": "error", "PATCHBAY_CALLS_PER_SECOND": "0", "PATCHBAY_MAX_CALLS": "0",
                "PATCHBAY_CALLS_PER_CALLER": "0", "PATCHBAY_DATABASE": "sqlite::memory:",
                "OPENAI_BASE_URL": f"http://127.0.0.1:{upstream}/v1",
                "TWILIO_API_BASE": f"http://127.0.0.1:{upstream}"}
        if self.elevenlabs:
            here |= {"ELEVENLABS_URL": f"{scheme}://127.0.0.1:{upstream}", "ELEVENLABS_AGENT_ID": "bench"}
        else:
            here |= {"OPENAI_API_KEY": "sk-bench",
                     "OPENAI_REALTIME_URL": f"{scheme}://127.0.0.1:{upstream}/v1/realtime"}
        if self.token:
            here |= {"TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": self.token}
        if self.upstream_tls:
            here["PATCHBAY_TLS_CA"] = certificate.file
        if self.phone_tls:
            here |= {"PATCHBAY_TLS_CERTIFICATE": certificate.file, "PATCHBAY_TLS_KEY": certificate.key}
        return here

    def arguments(self, certificate):
        words = list(self.options)
        if self.upstream_tls:
            words += ["--upstream-cert", certificate.file, "--upstream-key", certificate.key]
        if self.token:
            words += ["--auth-token", self.token]
        return words


PLAIN = Profile()
PROFILES = {
    "pass-through": PLAIN,
    "turns": Profile("--manner", "turns"),
    "signed upgrades": Profile(token="a token of the bench"),
    "PCM16 24 kHz": Profile("--format", "pcm24k"),
    "PCM16 24 kHz, turns": Profile("--format", "pcm24k", "--manner", "turns"),
    "ElevenLabs 16 kHz": Profile("--vendor", "elevenlabs", "--format", "pcm16k", elevenlabs=True),
    "TLS upstream": Profile(upstream_tls=True),
    "TLS both": Profile(upstream_tls=True, phone_tls=True),
}
for _name, _profile in PROFILES.items():
    _profile.name = _name


class Stage:
    """A bridge that runs, and the driver beside it."""

    def __init__(self, setting, command, profile=PLAIN, environment=None):
        self.setting, self.profile = setting, profile
        self.folder = tempfile.TemporaryDirectory()
        secure = profile.upstream_tls or profile.phone_tls
        self.certificate = Certificate(self.folder.name) if secure else None
        self.upstream = free_port()
        environment = {**profile.environment(self.upstream, self.certificate), **(environment or {})}
        self.server = Server(command, setting.placement, self.upstream, environment,
                             "wss" if profile.upstream_tls else "ws")
        self.driver = Driver(setting.placement, setting.thresholds["driver"], "call-driver")

    def run(self, calls, *arguments, longest=120):
        scheme = "wss" if self.profile.phone_tls else "ws"
        return self.driver.run("--bridge", f"{scheme}://127.0.0.1:{self.server.port}/twilio/media", "--upstream",
                               f"127.0.0.1:{self.upstream}", "--calls", calls, "--pid", self.server.process.pid,
                               *self.profile.arguments(self.certificate), *arguments, longest=longest)

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *exception):
        self.server.__exit__()
        self.folder.cleanup()


def run_calls(setting, command, calls, seconds, profile=PLAIN, extra=(), attempts=ATTEMPTS):
    """One fresh bridge under so many calls. An overloaded driver gets more attempts."""
    for _ in range(attempts):
        with Stage(setting, command, profile) as stage:
            result = stage.run(calls, "--seconds", seconds, *extra, longest=120 + seconds)
        if result["verdict"] != "refused":
            break
    return result


def run_counting_heap(setting, command, calls, seconds, profile=PLAIN):
    """As `run_calls`, with the bridge's heap calls counted. Counting costs time, so its figures are no others'."""
    with tempfile.TemporaryDirectory() as folder:
        counts = os.path.join(folder, "counts")
        environment = {"PATCHBAY_MALLOC_COUNTER": counts, "LD_PRELOAD": os.path.join(BUILD, "malloc-counter.so")}
        with Stage(setting, command, profile, environment) as stage:
            return stage.run(calls, "--seconds", seconds, "--malloc-counter", counts, longest=120 + seconds)


def worst(result, quantile):
    return max(way["latency_us"][quantile] for way in result["ways"].values())


def cpu(result):
    return result["bridge"]["cpu_us_per_call_second"]
