"""Other bridges, and how they are brought here."""

import os
import shutil
import subprocess

from .bridge import PLAIN, Profile
from .processes import ROOT

PEERS = os.path.join(ROOT, "bench", "peers")
# Where Debian's packages of Node's libraries lie.
NODE_PATH = "/usr/share/nodejs"


def _has_node():
    return shutil.which("node") is not None and os.path.isdir(os.path.join(NODE_PATH, "ws"))


def _node():
    """The packages nodejs and node-ws. Not in .ci/packages, since nothing but this needs them."""
    if not _has_node():
        become = [] if os.geteuid() == 0 else ["sudo", "-n"]
        install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "nodejs", "node-ws"]
        if shutil.which((become + install)[0]):
            subprocess.run(become + install, capture_output=True, stdin=subprocess.DEVNULL)
    if not _has_node():
        return None, "Debian's packages nodejs and node-ws are not there and could not be installed"
    return f"env NODE_PATH={NODE_PATH} node bench/peers/node-relay.js {{listen}} {{connect}}", None


def _pipecat():
    """From PyPI, into an environment that can be thrown away."""
    made = subprocess.run([os.path.join(ROOT, ".ci", "venv"), "bench/peers/requirements.txt"], cwd=ROOT,
                          capture_output=True, text=True)
    if made.returncode != 0:
        return None, "Pipecat could not be installed: " + (made.stderr.strip().splitlines() or ["no reason given"])[-1]
    return f"{made.stdout.strip()} bench/peers/pipecat-relay.py {{listen}} {{connect}}", None


class Peer:
    """`limit_us` is its own p99, where it is made so that it never keeps the bridge's: Pipecat holds audio back."""

    def __init__(self, name, prepare, first, profile=PLAIN, limit_us=None):
        self.name, self.prepare, self.first, self.profile, self.limit_us = name, prepare, first, profile, limit_us


PCM = Profile("--format", "pcm24k", "--setup", 60, "--warmup", 3, "--drain", 3)
PCM.name = "PCM16 24 kHz"

ALL = [Peer("node ws", _node, 100),
       Peer("Pipecat", _pipecat, 4, PCM, 500000)]
