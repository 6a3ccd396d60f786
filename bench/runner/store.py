"""What the store does on this disk: final statuses at an even pace, as many calls as it takes, pages of a long list."""

import os
import subprocess
import tempfile

from . import machine
from .processes import ROOT, BenchError
from .verdict import Report

PROGRAM = ".build/release/bench-store"


def store(setting):
    limits = setting.thresholds["store"]
    program = os.path.join(ROOT, PROGRAM)
    if not os.path.exists(program):
        raise BenchError(f"{PROGRAM} is not there: build it first (swift build -c release)")
    report = Report("The store, on the disk of this folder, with 100,000 calls",
                    ["what", "a second", "p50 us", "p99 us", "max us"])
    # Beside the results: a folder for temporary files may be in memory.
    with tempfile.TemporaryDirectory(dir=os.path.join(ROOT, "bench")) as folder:
        command = setting.placement.prefix(machine.SERVER_CPU) + [program, folder]
        run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if run.returncode != 0:
        raise BenchError(f"bench-store ended with {run.returncode}: {run.stderr.strip()[-500:]}")
    for line in run.stdout.splitlines():
        name, rate, *times = line.split("\t")
        row = dict(zip(("p50", "p99", "max"), map(int, times)))
        report.raw.append({"what": name, "per_second": int(rate), **row})
        report.row(name, int(rate), *row.values())
        if name.startswith("final statuses"):
            report.at_most("a final status, 200 a second, p99", row["p99"] / 1000, limits["final_p99_ms_max"], "ms")
        elif name.startswith("a page"):
            report.at_most(f"{name}, p99", row["p99"] / 1000, limits["page_p99_ms_max"], "ms")
    return report
