"""Telephone calls through the bridge beside the C floor: CPU per call-second, latency, memory, heap calls."""

import statistics

from .bridge import FLOOR, PATCHBAY, PLAIN, PROFILES, cpu, run_calls, run_counting_heap, worst
from .verdict import Report

COLUMNS = ["profile", "calls", "round", "bridge", "CPU us/call-s", "user", "system", "p50 us", "p99 us", "p99.9 us",
           "max us", "set-up p99 ms", "clear p99 us", "KiB/call", "driver lag p99 us", "driver CPU", "verdict"]
FEW_CALLS = 10


def record(report, profile, number, name, result):
    bridge, driver = result["bridge"], result["driver"]
    report.raw.append({"profile": profile, "bridge_name": name, "round": number, **result})
    clear = result["clear"]
    report.row(profile, result["calls"], number, name, bridge["cpu_us_per_call_second"], bridge["user_us"],
               bridge["system_us"], worst(result, "p50"), worst(result, "p99"), worst(result, "p999"),
               worst(result, "max"), result["setup"]["us"]["p99"] / 1000,
               clear["us"]["p99"] if clear["count"] else "", bridge["bytes_per_call"] / 1024,
               driver["lag_us"]["p99"], f"{driver['cpu_share']:.0%}", result["verdict"])


def judge(report, what, result):
    if result["verdict"] == "failed":
        report.fail(what, "; ".join(result["reasons"]))


def compare(setting, report, servers, calls, rounds, seconds, judged="patchbay"):
    """Interleaved rounds of every bridge. Returns {name: [result, …]} of the rounds in which the driver kept up."""
    kept = []
    for number in range(1, rounds + 1):
        results = {}
        for name, command in servers.items():
            results[name] = run_calls(setting, command, calls, seconds)
            record(report, "pass-through", number, name, results[name])
            # A peer that loses frames is shown with its reasons; it is not ours to fail.
            if name in (judged, "floor"):
                judge(report, f"{name}, {calls} calls, round {number}", results[name])
        if all(results[name]["verdict"] != "refused" for name in results if name in (judged, "floor")):
            kept.append(results)
    if len(kept) * 2 <= rounds:
        report.refuse(f"{calls} calls", f"the driver kept up in only {len(kept)} of {rounds} rounds")
    return {name: [results[name] for results in kept] for name in servers} if kept else None


def _median(results, value):
    return statistics.median(value(result) for result in results)


def check_ratio(report, results, calls, limit):
    for name in results or {}:
        if name == "floor":
            continue
        ratio = statistics.median(cpu(one) / cpu(floor) for one, floor in zip(results[name], results["floor"]))
        what = f"{name}: CPU per call-second over the C relay's, {calls} calls"
        if name == "patchbay":
            report.at_most(what, ratio, limit, "times")
        else:
            report.show(what, ratio, "times")


def check_heap(setting, report, calls, seconds, limit, profile=PLAIN, name=""):
    """Of few calls and of many: what a bridge does for itself, some fifty a second, is in both and no frame's."""
    few, many = (run_counting_heap(setting, setting.bridge, count, seconds, profile)
                 for count in (FEW_CALLS, calls))
    record(report, profile.name, "heap", "patchbay", many)
    what = f"allocations per frame{', ' + name if name else ''}"
    if "refused" in (few["verdict"], many["verdict"]):
        report.refuse(what, "; ".join(few["reasons"] + many["reasons"]))
    elif "heap" in many:
        made = many["heap"]["allocations"] - few["heap"]["allocations"]
        frames = many["messages"] - few["messages"]
        report.at_most(f"{what} ({made} more in {frames} frames more)", made / frames, limit)


def _servers(setting):
    return {"patchbay": setting.bridge, "floor": FLOOR, **setting.peers}


def calls(setting):
    """DESIGN's first rows: so many calls beside the bare C relay in the same run."""
    limits = setting.thresholds["calls"]
    report = Report("Calls through the bridge beside a bare C relay: 50 frames up, 10 pieces of 100 ms down a second",
                    COLUMNS)
    for count in setting.calls or [500]:
        results = compare(setting, report, _servers(setting), count, setting.rounds or 5, setting.seconds or 5)
        check_ratio(report, results, count, limits["cpu_ratio_max"])
        if results:
            ours, floor = results["patchbay"], results["floor"]
            report.at_most(f"p50 latency, {count} calls", _median(ours, lambda one: worst(one, "p50")),
                           limits["p50_us_max"], "us")
            over = (_median(ours, lambda one: worst(one, "p99")) - _median(floor, lambda one: worst(one, "p99")))
            report.at_most(f"p99 latency over the C relay's, {count} calls", over, limits["p99_over_floor_us_max"],
                           "us")
            memory = _median(ours, lambda one: one["bridge"]["bytes_per_call"])
            report.at_most(f"memory per call, {count} calls", memory, limits["bytes_per_call_max"], "bytes")
    check_heap(setting, report, (setting.calls or [500])[0], setting.seconds or 5, limits["allocations_per_frame_max"])
    return report


def _check_profile(report, limits, name, results, plain):
    """What a profile costs beside the pass-through of the same rounds."""
    pairs = [(one, other) for one, other in zip(results, plain) if "refused" not in (one["verdict"], other["verdict"])]
    if len(pairs) * 2 <= len(results):
        return report.refuse(name, f"the driver kept up in only {len(pairs)} of {len(results)} rounds")
    ratio = statistics.median(cpu(one) / cpu(other) for one, other in pairs)
    limit = limits["cpu_ratio_max"].get(name)
    what = f"{name}: CPU per call-second over pass-through's"
    report.at_most(what, ratio, limit, "times") if limit else report.show(what, ratio, "times")
    held_back = max(way["held_back_us"] for one, _ in pairs for way in one["ways"].values())
    if held_back > 0:
        added = statistics.median(worst(one, "p50") - worst(other, "p50") for one, other in pairs)
        report.at_most(f"{name}: added by resampling, filter and time", held_back + max(0, added),
                       limits["resampling_us_max"], "us")
    memory = statistics.median(one["bridge"]["bytes_per_call"] for one, _ in pairs)
    limit = limits["bytes_per_call_max"].get(name)
    if limit:
        report.at_most(f"{name}: memory per call", memory, limit, "bytes")
    if any(one["clear"]["count"] for one, _ in pairs):
        report.show(f"{name}: event sent to `clear` received, p99",
                    statistics.median(one["clear"]["us"]["p99"] for one, _ in pairs), "us")


def profiles(setting):
    limits = setting.thresholds["profiles"]
    report = Report("What each kind of call costs beside pass-through", COLUMNS)
    count, rounds = (setting.calls or [300])[0], setting.rounds or 3
    results = {name: [] for name in PROFILES}
    for number in range(1, rounds + 1):
        for name, profile in PROFILES.items():
            # A turn is nine seconds long.
            seconds = max(setting.seconds or 5, 18 if "turns" in name else 0)
            results[name].append(run_calls(setting, setting.bridge, count, seconds, profile))
            record(report, name, number, "patchbay", results[name][-1])
            judge(report, f"{name}, round {number}", results[name][-1])
    for name in PROFILES:
        if name != "pass-through":
            _check_profile(report, limits, name, results[name], results["pass-through"])
    for name in ("TLS upstream", "PCM16 24 kHz"):
        check_heap(setting, report, 100, 3, limits["allocations_per_frame_max"], PROFILES[name], name)
    return report


def short(setting, report):
    """A gate on heap calls of the real bridge, and a wide one on what it costs over the C relay."""
    limits = setting.thresholds["short"]
    results = compare(setting, report, {"patchbay": setting.bridge, "floor": FLOOR}, 100, setting.rounds or 3, 1.5)
    check_ratio(report, results, 100, limits["calls_cpu_ratio_max"])
    check_heap(setting, report, 100, 2, limits["calls_allocations_per_frame_max"])
