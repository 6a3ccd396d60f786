"""What the pieces of the frame path cost by themselves: nanoseconds and heap calls, each beside its limit."""

import os
import subprocess
import tempfile

from . import machine
from .processes import BUILD, ROOT, BenchError
from .verdict import Report

PROGRAM = ".build/release/bench-micro"


def _lines(setting):
    program = os.path.join(ROOT, PROGRAM)
    if not os.path.exists(program):
        raise BenchError(f"{PROGRAM} is not there: build it first (swift build -c release)")
    with tempfile.TemporaryDirectory() as place:
        environment = dict(os.environ, PATCHBAY_MALLOC_COUNTER=os.path.join(place, "counts"),
                           LD_PRELOAD=os.path.join(BUILD, "malloc-counter.so"))
        command = setting.placement.prefix(machine.SERVER_CPU) + [program, "--lines"]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    if run.returncode not in (0, 1):
        raise BenchError(f"bench-micro ended with {run.returncode}: {run.stderr.strip()}")
    return [line.split("\t") for line in run.stdout.splitlines()]


def micro(setting):
    report = Report("The pieces of the frame path, per 20 ms frame", ["piece", "ns", "limit", "heap calls"])
    for name, time, limit, calls in _lines(setting):
        if calls == "-":
            raise BenchError("malloc-counter.so does not count: heap calls are unknown")
        report.raw.append({"piece": name, "ns": float(time), "limit_ns": float(limit), "heap_calls": float(calls)})
        report.row(name, float(time), float(limit), float(calls))
        report.at_most(f"{name}: heap calls", float(calls), 0)
        if setting.gates_times:
            report.at_most(name, float(time), float(limit), "ns")
    return report
