"""Messages as Patchbay sends them, printed by `wire-samples`."""

import json
import os
import subprocess


def samples(vendor):
    """Pairs of a name and the message's text."""
    run = subprocess.run([os.environ["WIRE_SAMPLES"], vendor], capture_output=True, text=True, timeout=20, check=True)
    found = []
    for line in run.stdout.splitlines():
        record = json.loads(line)
        found.append((record["sample"], json.dumps(record["event"])))
    return found
