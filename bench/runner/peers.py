"""Other bridges, and how they are brought here."""

import os
import shutil
import subprocess

from .processes import ROOT

PEERS = os.path.join(ROOT, "bench", "peers")
# Where Debian's packages of Node's libraries lie.
NODE_PATH = "/usr/share/nodejs"


def _node():
    """The packages nodejs and node-ws. Not in .ci/packages, since nothing but this needs them."""
    if shutil.which("node") is None or not os.path.isdir(os.path.join(NODE_PATH, "ws")):
        return None, "Debian's packages nodejs and node-ws are not installed"
    return f"env NODE_PATH={NODE_PATH} node bench/peers/node-relay.js {{listen}} {{connect}}", None


def _pipecat():
    """From PyPI, into an environment that can be thrown away."""
    made = subprocess.run([os.path.join(ROOT, ".ci", "venv"), "bench/peers/requirements.txt"], cwd=ROOT,
                          capture_output=True, text=True)
    if made.returncode != 0:
        return None, "Pipecat could not be installed: " + (made.stderr.strip().splitlines() or ["no reason given"])[-1]
    return f"{made.stdout.strip()} bench/peers/pipecat-relay.py {{listen}} {{connect}}", None


# Each with the number of calls to begin with.
ALL = [("node ws", _node, 100), ("Pipecat", _pipecat, 4)]
