"""The relay beside the floor: CPU per frame, latency, allocations per frame."""

import os
import statistics
import tempfile

from .processes import BUILD, FLOOR, Certificate, Driver, Server, free_port
from .verdict import Report

COLUMNS = ["pairs", "round", "server", "CPU ns/frame", "user", "system", "p50 us", "p99 us", "p99.9 us", "max us",
           "bytes/pair", "driver lag p99 us", "driver CPU", "verdict"]
ATTEMPTS = 3


def worst(result, quantile):
    return max(way["latency_us"][quantile] for way in result["ways"].values())


def run_pairs(command, setting, driver, pairs, seconds, environment=None, extra=(), scheme="ws"):
    """One fresh server under `pairs` pairs. An overloaded driver gets two more attempts."""
    for attempt in range(ATTEMPTS):
        upstream = free_port()
        with Server(command, setting.placement, upstream, environment, scheme) as server:
            result = driver.run("--relay", server.url, "--upstream", f"127.0.0.1:{upstream}", "--pairs", pairs,
                                "--seconds", seconds, "--pid", server.process.pid, *extra)
        if result["verdict"] != "refused":
            break
    return result


def _record(report, pairs, number, name, result):
    server, driver = result["server"], result["driver"]
    report.raw.append({"server": name, "round": number, **result})
    report.row(pairs, number, name, server["cpu_ns_per_frame"], server["user_ns_per_frame"],
               server["system_ns_per_frame"], worst(result, "p50"), worst(result, "p99"), worst(result, "p999"),
               worst(result, "max"), server["bytes_per_pair"], driver["lag_us"]["p99"],
               f"{driver['cpu_share']:.0%}", result["verdict"])
    if result["verdict"] == "failed":
        report.fail(f"{name}, {pairs} pairs, round {number}", "; ".join(result["reasons"]))


def compare(setting, report, pairs, rounds, seconds):
    """Interleaved rounds of every server. Returns {server: [result, …]} of the rounds in which the
    driver kept up every time, or None."""
    driver = Driver(setting.placement, setting.thresholds["driver"])
    servers = {"relay": setting.relay, **setting.peers, "floor": FLOOR}
    kept = []
    for number in range(1, rounds + 1):
        results = {}
        for name, command in servers.items():
            results[name] = run_pairs(command, setting, driver, pairs, seconds)
            _record(report, pairs, number, name, results[name])
        if all(result["verdict"] != "refused" for result in results.values()):
            kept.append(results)
    if len(kept) * 2 <= rounds:
        report.refuse(f"{pairs} pairs", f"the driver kept up in only {len(kept)} of {rounds} rounds")
    return {name: [results[name] for results in kept] for name in servers} if kept else None


def _cpu(result):
    return result["server"]["cpu_ns_per_frame"]


def check_ratio(report, results, pairs, limit):
    for name in results or {}:
        if name == "floor":
            continue
        ratio = statistics.median(_cpu(one) / _cpu(floor) for one, floor in zip(results[name], results["floor"]))
        if name == "relay":
            report.at_most(f"CPU per frame over the floor's, {pairs} pairs", ratio, limit, "times")
        else:
            report.show(f"{name}: CPU per frame over the floor's, {pairs} pairs", ratio, "times")


def check_latency(report, results, pairs, limit):
    if not results:
        return
    p99 = {name: statistics.median(worst(result, "p99") for result in each) for name, each in results.items()}
    report.at_most(f"p99 latency over the floor's, {pairs} pairs", p99["relay"] - p99["floor"], limit, "us")


def check_allocations(setting, report, pairs, seconds, limit, is_secure=False):
    """A run of its own: counting costs time, so it stays out of the CPU figures."""
    driver = Driver(setting.placement, setting.thresholds["driver"])
    with tempfile.TemporaryDirectory() as folder:
        counts = os.path.join(folder, "counts")
        environment = {"PATCHBAY_MALLOC_COUNTER": counts, "LD_PRELOAD": os.path.join(BUILD, "malloc-counter.so")}
        extra = ["--malloc-counter", counts]
        command, scheme = setting.relay, "ws"
        if is_secure:
            command, scheme = _secured(command, Certificate(folder), extra), "wss"
        result = run_pairs(command, setting, driver, pairs, seconds, environment, extra, scheme)
    _record(report, pairs, "heap", "TLS" if is_secure else "relay", result)
    if result["verdict"] == "refused":
        report.refuse("allocations per frame", "; ".join(result["reasons"]))
    elif "heap" in result:
        heap = result["heap"]
        over = "over TLS " if is_secure else ""
        report.at_most(f"allocations per frame {over}({heap['allocations']} in {result['relayed_frames']} frames)",
                       heap["allocations_per_frame"], limit)


def _secured(command, certificate, extra):
    """The relay with TLS on both of its sides, and the driver's options for its upstream side."""
    extra += ["--upstream-cert", certificate.file, "--upstream-key", certificate.key]
    return f"{command} --certificate {certificate.file} --key {certificate.key} --authority {certificate.file}"


def tls(setting):
    """What TLS on both sides costs beside none, and that a frame over it costs no heap call."""
    limits = setting.thresholds["tls"]
    report = Report("Relay with TLS on both sides beside the same without", COLUMNS)
    driver = Driver(setting.placement, setting.thresholds["driver"])
    pairs, seconds, ratios = (setting.pairs or [200])[0], setting.seconds or 3, []
    for number in range(1, (setting.rounds or 3) + 1):
        plain = run_pairs(setting.relay, setting, driver, pairs, seconds)
        with tempfile.TemporaryDirectory() as folder:
            extra = []
            command = _secured(setting.relay, Certificate(folder), extra)
            secure = run_pairs(command, setting, driver, pairs, seconds, extra=extra, scheme="wss")
        _record(report, pairs, number, "plain", plain)
        _record(report, pairs, number, "TLS", secure)
        if "refused" not in (plain["verdict"], secure["verdict"]):
            ratios.append(_cpu(secure) / _cpu(plain))
    if ratios:
        report.at_most(f"CPU per frame over the plain relay's, {pairs} pairs", statistics.median(ratios),
                       limits["cpu_ratio_max"], "times")
    else:
        report.refuse(f"{pairs} pairs", "the driver kept up in no round")
    check_allocations(setting, report, pairs, seconds, limits["allocations_per_frame_max"], is_secure=True)
    return report


def relay(setting):
    limits = setting.thresholds["relay"]
    report = Report("Relay beside the C floor: 350-byte text frames each 20 ms both ways", COLUMNS)
    for pairs in setting.pairs or [500, 1000]:
        results = compare(setting, report, pairs, setting.rounds or 5, setting.seconds or 5)
        check_ratio(report, results, pairs, limits["cpu_ratio_max"])
        if pairs == limits["latency_gate_pairs"]:
            check_latency(report, results, pairs, limits["p99_over_floor_us_max"])
    check_allocations(setting, report, 500, setting.seconds or 5, limits["allocations_per_frame_max"])
    return report


def short(setting, report):
    """A gate on allocations and a wide one on the ratio, in half a minute."""
    limits = setting.thresholds["short"]
    pairs = setting.pairs[0] if setting.pairs else 200
    results = compare(setting, report, pairs, setting.rounds or 2, setting.seconds or 2)
    check_ratio(report, results, pairs, limits["cpu_ratio_max"])
    seconds, limit = setting.seconds or 2, limits["allocations_per_frame_max"]
    check_allocations(setting, report, pairs, seconds, limit)
    # Fewer: hundreds of handshakes at once would still hold the driver up when the window begins.
    check_allocations(setting, report, max(1, pairs // 4), seconds, limit, is_secure=True)
