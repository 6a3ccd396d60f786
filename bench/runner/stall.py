"""Audio while the store stands still: another program holds the database, and calls come, talk and go all the same."""

import json
import os
import sqlite3
import subprocess
import tempfile
import time

from . import machine, metrics, processes
from .verdict import Report

PROGRAM = ".build/release/patchbay"
UPSTREAM = PROGRAM + " practice --listen {listen} --json --greeting 90s --reply 2s --pace 1"
BRIDGE = PROGRAM + " serve --listen {listen} --loops 1"
DIRECTIONS = ["caller_to_agent", "agent_to_caller"]
# Beside the calls that talk all the time, so that there is always something to be kept.
SHORT_CALLS_PER_SECOND = 5


def _phone(setting, port, *options):
    command = [PROGRAM, "call", "--url", f"ws://127.0.0.1:{port}/twilio/media", "--json", *map(str, options)]
    return subprocess.Popen([*setting.placement.prefix(machine.DRIVER_CPU), *command], cwd=processes.ROOT,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _result(phone):
    output, errors = phone.communicate(timeout=120)
    if not output.startswith("{"):
        raise processes.BenchError(f"patchbay call ended with {phone.returncode}: {errors.strip()}")
    return json.loads(output)["total"]


def _window(port, seconds):
    """What the frames of so many seconds took."""
    def histogram(text, direction, since=None):
        return metrics.Histogram(text, "patchbay_bridge_latency_seconds", f'direction="{direction}"', since)

    before = metrics.read(port)
    time.sleep(seconds)
    after = metrics.read(port)
    return {direction: histogram(after, direction, histogram(before, direction)) for direction in DIRECTIONS}


def _run(setting, calls, seconds):
    """Three windows: before, while the database is locked, and after."""
    upstream = processes.Server(UPSTREAM)
    upstream.prefix = setting.placement.prefix(machine.DRIVER_CPU)
    # Beside the results: a folder for temporary files may be in memory.
    with upstream, tempfile.TemporaryDirectory(dir=os.path.join(processes.ROOT, "bench")) as folder:
        database = os.path.join(folder, "calls.db")
        environment = {"OPENAI_API_KEY": "sk-practice", "PATCHBAY_LOG_LEVEL": "error",
                       "PATCHBAY_CALLS_PER_SECOND": "0", "PATCHBAY_DATABASE": f"sqlite:{database}",
                       "PATCHBAY_CALLS_PER_CALLER": "0",
                       "OPENAI_REALTIME_URL": f"ws://127.0.0.1:{upstream.port}/v1/realtime"}
        with processes.Server(BRIDGE, setting.placement, environment=environment) as bridge:
            length = 3 * seconds + 10
            talking = _phone(setting, bridge.port, "--calls", calls, "--rate", calls / 4,
                             "--do", f"wait agent; pause {length}s; hang up")
            time.sleep(5)
            passing = _phone(setting, bridge.port, "--calls", SHORT_CALLS_PER_SECOND * (3 * seconds + 2),
                             "--rate", SHORT_CALLS_PER_SECOND, "--do", "wait agent; pause 1s; hang up")
            windows = [_window(bridge.port, seconds)]
            other = sqlite3.connect(database, isolation_level=None, timeout=10)
            other.execute("BEGIN EXCLUSIVE")
            windows.append(_window(bridge.port, seconds))
            other.execute("ROLLBACK")
            other.close()
            windows.append(_window(bridge.port, seconds))
            return windows, _result(talking), _result(passing)


def stall(setting):
    """p99 is the upper bound of a bucket, so it moves in steps, and near an edge by itself: what the lock does is what
    neither window around it shows. The mean shows the rest."""
    limits = setting.thresholds["stall"]
    seconds = setting.seconds or 10
    report = Report("Audio while the store is locked by another program",
                    ["calls", "round", "way", "window", "frames", "mean us", "p99 within us", "p99.9 within us"])
    for calls in setting.pairs or [100]:
        for number in range(1, (setting.rounds or 1) + 1):
            windows, talking, passing = _run(setting, calls, seconds)
            where = f"{calls} calls, round {number}"
            for direction in DIRECTIONS:
                for name, window in zip(["before", "locked", "after"], windows):
                    inside = window[direction]
                    report.row(calls, number, direction.replace("_", " "), name, inside.count, inside.mean,
                               inside.at_most(0.99), inside.at_most(0.999))
                    report.raw.append({"calls": calls, "round": number, "way": direction, "window": name,
                                       "buckets_us": inside.buckets, "mean_us": inside.mean})
                before, locked, after = (window[direction].at_most(0.99) for window in windows)
                report.at_most(f"{where}, {direction.replace('_', ' ')}: p99 locked, over the worse of before and after",
                               max(0, locked - max(before, after)), limits["p99_growth_us_max"], "us")
            for name, total in [("talking", talking), ("passing", passing)]:
                if total["failed"]:
                    report.fail(where, f"{total['failed']} of the {name} calls failed")
    return report
