"""What many calls, and a long time, leave behind."""

import json
import os
import tempfile
import threading
import time
import urllib.request

from . import metrics, plot, processes
from .bridge import Stage
from .verdict import Report

FINAL = {"completed", "busy", "no-answer", "canceled", "failed"}
# What is alive for a call's sake; of all of them there is none once no call is up.
ALIVE = ["patchbay_call_objects", "patchbay_call_tasks", "patchbay_sweep_tasks"]


class Watch:
    """Resident memory and descriptors of a process, a few hundred times over the run."""

    def __init__(self, process, seconds):
        self.process, self.every = process, max(0.5, seconds / 300)
        self.begin, self.points, self.ended = time.monotonic(), [], threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self.ended.wait(self.every):
            try:
                with open(f"/proc/{self.process}/statm") as file:
                    pages = int(file.read().split()[1])
                self.points.append((time.monotonic() - self.begin, pages * os.sysconf("SC_PAGE_SIZE") / 2**20))
            except OSError:
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.ended.set()
        self.thread.join()


def _gauges(port):
    text = metrics.read(port)
    return {name: sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                      if line.startswith((name + " ", name + "{"))) for name in ALIVE}


def _count_records(port):
    """All records the API tells of, and those of them that are not final."""
    total, others, cursor = 0, {}, ""
    while cursor is not None:
        url = f"http://127.0.0.1:{port}/v1/calls?limit=100{cursor}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            page = json.load(answer)
        for record in page["items"]:
            total += 1
            if record["status"] not in FINAL:
                others[record["status"]] = others.get(record["status"], 0) + 1
        cursor = f"&cursor={page['next_cursor']}" if page.get("next_cursor") else None
    return total, others


def _wait_for_records(port, wanted):
    """They are final within 5 s of the call's end."""
    for _ in range(20):
        total, others = _count_records(port)
        if total >= wanted and not others:
            break
        time.sleep(0.5)
    return total, others


def churn_calls(setting):
    """Short calls, one after the other on each seat. A tenth of them goes first and fills what is kept for reuse."""
    limits = setting.thresholds["churn-calls"]
    report = Report("Short calls come and go: what stays behind",
                    ["calls", "of seconds", "at once", "a second", "lost frames", "set-up p99 ms", "MiB before",
                     "MiB after", "descriptors before", "after", "threads before", "after", "driver lag p99 us"])
    total, seats, talk = setting.total or 100000, (setting.calls or [250])[0], setting.talk or 1.0
    settling = max(total // 10, 2 * seats)
    # Beside the results: a folder for temporary files may be in memory.
    with tempfile.TemporaryDirectory(dir=os.path.join(processes.ROOT, "bench")) as folder:
        environment = {"PATCHBAY_DATABASE": f"sqlite:{folder}/calls.db"}
        with Stage(setting, setting.bridge, environment=environment) as stage:
            def run(count):
                return stage.run(seats, "--manner", "churn", "--total", count, "--talk", talk, longest=3600)

            first = run(settling)["bridge"]["after"]
            with Watch(stage.server.process.pid, total / seats * (talk + 0.1)) as watch:
                result = run(total)
            alive = _gauges(stage.server.port)
            records, others = _wait_for_records(stage.server.port, settling + total)
    after = result["bridge"]["after"]
    report.raw.append({**result, "records": records, "not_final": others, "alive": alive, "settled": first})
    report.row(result["done"], talk, seats, result["done"] / result["seconds"],
               sum(way["lost"] for way in result["ways"].values()), result["setup"]["us"]["p99"] / 1000,
               first["resident"] / 2**20, after["resident"] / 2**20, first["descriptors"], after["descriptors"],
               first["threads"], after["threads"], result["driver"]["lag_us"]["p99"])
    # A driver that was late now and then changes nothing of what is judged here.
    if result["verdict"] == "failed":
        report.fail("the calls", "; ".join(result["reasons"]))
    report.at_most("memory grown", after["resident"] - first["resident"], limits["resident_growth_bytes_max"], "bytes")
    report.at_most("descriptors grown", after["descriptors"] - first["descriptors"], limits["descriptor_growth_max"])
    report.at_most("threads grown", after["threads"] - first["threads"], 0)
    for name, value in alive.items():
        report.at_most(f"{name} afterwards", value, 0)
    report.at_least("records of the API", records, settling + total)
    report.at_most("records that are not final", sum(others.values()), 0)
    report.drawings["memory"] = plot.lines("Resident memory", "seconds", "MiB", [("patchbay", watch.points)])
    return report


def _half_capacity():
    """Of the last search on this machine; else of what every machine should hold."""
    try:
        with open(os.path.join(processes.ROOT, "bench", "results", "capacity.json")) as file:
            return max(run["calls"] for run in json.load(file)["runs"] if run["verdict"] == "fine") // 2
    except (OSError, ValueError, KeyError):
        return 500


def soak(setting):
    limits = setting.thresholds["soak"]
    calls, seconds = (setting.calls or [_half_capacity()])[0], setting.seconds or 3600
    report = Report("Half of what it holds, for long",
                    ["calls", "seconds", "frames", "lost", "late", "p50 us", "p99 us", "max us", "MiB up",
                     "MiB at the end", "descriptors up", "at the end", "driver lag p99 us", "verdict"])
    with Stage(setting, setting.bridge) as stage, Watch(stage.server.process.pid, seconds) as watch:
        result = stage.run(calls, "--seconds", seconds, "--warmup", min(30, seconds / 4), longest=seconds + 300)
    report.raw.append(result)
    ways, up, end = result["ways"].values(), result["bridge"]["up"], result["bridge"]["at_end"]

    def worst(quantile):
        return max(way["latency_us"][quantile] for way in ways)

    report.row(calls, seconds, sum(way["sent"] for way in ways), sum(way["lost"] for way in ways),
               sum(way["late"] for way in ways), worst("p50"), worst("p99"), worst("max"), up["resident"] / 2**20,
               end["resident"] / 2**20, up["descriptors"], end["descriptors"], result["driver"]["lag_us"]["p99"],
               result["verdict"])
    if result["verdict"] == "failed":
        report.fail("the calls", "; ".join(result["reasons"]))
    elif result["verdict"] == "refused":
        report.refuse("the calls", "; ".join(result["reasons"]))
    report.at_most("frames lost", sum(way["lost"] for way in ways), 0)
    report.at_most("memory grown", end["resident"] - up["resident"], limits["resident_growth_bytes_max"], "bytes")
    report.at_most("descriptors grown", end["descriptors"] - up["descriptors"], 0)
    report.drawings["memory"] = plot.lines("Resident memory", "seconds", "MiB", [("patchbay", watch.points)])
    return report
