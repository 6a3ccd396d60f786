"""The server by itself: idle connections, churn, start and stop."""

import statistics

from .processes import Driver, Server
from .verdict import Report
from .relay import ATTEMPTS, worst


def _run_echo(setting, driver, idle, seconds):
    for attempt in range(ATTEMPTS):
        with Server(setting.server, setting.placement) as server:
            result = driver.run("--echo", server.url, "--pairs", 100, "--idle", idle, "--seconds", seconds, "--pid",
                                server.process.pid)
        if result["verdict"] != "refused":
            break
    return result


def idle(setting):
    limits = setting.thresholds["idle"]
    report = Report("10,000 idle connections beside 100 busy ones",
                    ["idle", "round", "p50 us", "p99 us", "p99.9 us", "max us", "CPU ns/frame", "bytes/idle",
                     "idle lost", "driver lag p99 us", "verdict"])
    driver = Driver(setting.placement, setting.thresholds["driver"])
    results = {0: [], setting.idle: []}
    for number in range(1, (setting.rounds or 3) + 1):
        for count, each in results.items():
            result = _run_echo(setting, driver, count, setting.seconds or 5)
            each.append(result)
            report.raw.append({"round": number, **result})
            report.row(count, number, *(worst(result, key) for key in ("p50", "p99", "p999", "max")),
                       result["server"]["cpu_ns_per_frame"], result["server"]["bytes_per_idle_connection"],
                       result["idle"]["dropped"], result["driver"]["lag_us"]["p99"], result["verdict"])
            if result["verdict"] == "failed":
                report.fail(f"{count} idle, round {number}", "; ".join(result["reasons"]))
            elif result["verdict"] == "refused":
                report.refuse(f"{count} idle, round {number}", "; ".join(result["reasons"]))
    alone, beside = (statistics.median(worst(result, "p99") for result in each) for each in results.values())
    report.at_most("p99 over the p99 without idle ones", beside - alone, limits["p99_over_alone_us_max"], "us")
    memory = statistics.median(result["server"]["bytes_per_idle_connection"] for result in results[setting.idle])
    report.at_most("memory per idle connection", memory, limits["bytes_per_connection_max"], "bytes")
    return report


def churn(setting):
    limits = setting.thresholds["churn"]
    report = Report("Connect, handshake, close: what stays behind",
                    ["ended by", "cycles", "failed", "a second", "KiB before", "KiB at the end", "descriptors before",
                     "at the end"])
    driver = Driver(setting.placement, setting.thresholds["driver"])
    with Server(setting.server, setting.placement) as server:
        for ending, extra in (("a close frame", []), ("a reset", ["--abrupt"])):
            result = driver.run("--echo", server.url, "--churn", setting.churn, "--pid", server.process.pid, *extra,
                                longest=300)
            report.raw.append(result)
            counts, process = result["churn"], result["server"]
            report.row(ending, counts["done"], counts["failed"], counts["per_second"],
                       process["resident_before"] // 1024, process["resident_at_end"] // 1024,
                       process["descriptors_before"], process["descriptors_at_end"])
            if result["verdict"] != "fine":
                report.fail(f"ended by {ending}", "; ".join(result["reasons"]))
            report.at_most(f"memory grown, ended by {ending}",
                           process["resident_at_end"] - process["resident_before"],
                           limits["resident_growth_bytes_max"], "bytes")
            report.at_most(f"descriptors grown, ended by {ending}",
                           process["descriptors_at_end"] - process["descriptors_before"],
                           limits["descriptor_growth_max"])
    return report


def start(setting):
    limits = setting.thresholds["start"]
    report = Report("From exec to listening, from SIGINT to exit", ["", "median ms", "worst ms"])
    listening, ending, codes = [], [], set()
    for _ in range(setting.rounds or 20):
        server = Server(setting.server)
        listening.append(server.start() * 1000)
        seconds, code = server.stop()
        ending.append(seconds * 1000)
        codes.add(code)
    report.raw.append({"listening_ms": listening, "exit_ms": ending, "exit_codes": sorted(map(str, codes))})
    report.row("exec to listening", statistics.median(listening), max(listening))
    report.row("SIGINT to exit", statistics.median(ending), max(ending))
    report.at_most("exec to listening, median", statistics.median(listening), limits["listening_ms_max"], "ms")
    report.at_most("SIGINT to exit, worst", max(ending), limits["exit_ms_max"], "ms")
    if codes != {0}:
        report.fail("exit code after SIGINT", f"{sorted(map(str, codes))}, expected 0")
    return report
