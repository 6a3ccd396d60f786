"""Interruptions: from the upstream's event to the order to clear, with many calls up."""

import json
import subprocess

from . import machine, metrics, processes
from .verdict import Report

PROGRAM = ".build/release/patchbay"
UPSTREAM = PROGRAM + " practice --listen {listen} --json --greeting 300ms --reply 6s --thinking 100ms"
BRIDGE = PROGRAM + " serve --listen {listen} --loops 1"
TURNS = 4
# Each answer is interrupted a second into it, which begins the next one.
SCRIPT = ["wait agent", "wait silence 200ms", "speak 500ms", *["interrupt after 1s 500ms"] * TURNS, "wait clear",
          "hang up"]


def _run(setting, calls):
    upstream = processes.Server(UPSTREAM)
    upstream.prefix = setting.placement.prefix(machine.DRIVER_CPU)
    with upstream:
        environment = {"OPENAI_API_KEY": "sk-practice", "PATCHBAY_LOG_LEVEL": "error",
                       "PATCHBAY_CALLS_PER_SECOND": "0", "PATCHBAY_DATABASE": "sqlite::memory:",
                       "OPENAI_REALTIME_URL": f"ws://127.0.0.1:{upstream.port}/v1/realtime"}
        with processes.Server(BRIDGE, setting.placement, environment=environment) as bridge:
            command = [PROGRAM, "call", "--url", f"ws://127.0.0.1:{bridge.port}/twilio/media", "--calls", calls,
                       "--rate", calls / 4, "--do", "; ".join(SCRIPT), "--json"]
            run = subprocess.run([*setting.placement.prefix(machine.DRIVER_CPU), *map(str, command)],
                                 cwd=processes.ROOT, capture_output=True, text=True, timeout=120)
            if not run.stdout.startswith("{"):
                raise processes.BenchError(f"patchbay call ended with {run.returncode}: {run.stderr.strip()}")
            return json.loads(run.stdout), metrics.Histogram(
                metrics.read(bridge.port), "patchbay_clear_latency_seconds")


def clear(setting):
    """The wire figure is the caller's: from the first loud frame of an interruption sent to `clear` received. 20 ms of
    it pass until the second frame, since the practice upstream wants 40 ms of speech."""
    limits = setting.thresholds["clear"]
    report = Report("From the upstream's event to the order to clear",
                    ["calls", "round", "interruptions", "mean us", "p50 within us", "p99 within us", "all within us",
                     "caller speaks to clear: median ms", "p95 ms", "max ms", "old audio after it ms"])
    for calls in setting.pairs or [200]:
        for number in range(1, (setting.rounds or 3) + 1):
            result, inside = _run(setting, calls)
            total, wire = result["total"], result["total"]["clear_ms"] or {}
            report.raw.append({"calls": calls, "round": number, "total": total, "buckets_us": inside.buckets})
            report.row(calls, number, inside.count, inside.mean, inside.at_most(0.5),
                       inside.at_most(0.99), inside.at_most(1), wire.get("median", 0.0), wire.get("p95", 0.0),
                       wire.get("max", 0.0), float(total["audio_after_clear_ms"] or 0))
            where = f"{calls} calls, round {number}"
            if total["failed"] or inside.count < calls * TURNS:
                report.fail(where, f"{total['failed']} calls failed, {inside.count} interruptions")
            report.at_most(f"{where}: p99 in the process", inside.at_most(0.99), limits["p99_us_max"], "us")
            report.at_most(f"{where}: old audio after it", float(total["audio_after_clear_ms"] or 0), 0.0, "ms")
    return report
