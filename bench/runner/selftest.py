"""Proves the bench itself: every fault the floor can be told to commit is seen, and nothing else is."""

import os
import subprocess
import sys
import tempfile

from . import bridge
from .processes import BUILD, FLOOR, Driver
from .relay import run_pairs
from .verdict import Report

FAULTS = [
    ("none", "", [], []),
    ("drop", "--drop-every 97", [], ["lost"]),
    ("duplicate", "--duplicate-every 97", [], ["duplicated"]),
    ("corrupt", "--corrupt-every 97", [], ["corrupt", "lost"]),
    ("swap", "--swap-every 97", ["--pairs", 2], ["reordered"]),
    ("cross", "--cross-every 97", [], ["crossed", "lost"]),
    ("stall", "--stall-every 500 --stall-ms 60", [], ["late"]),
    ("slow peer", "--stall-every 2000 --stall-ms 400",
     ["--pairs", 2, "--bytes", 32768, "--every-ms", 1, "--drain", 5], ["withheld"]),
]
# The same of calls, seen in what is heard.
CALL_FAULTS = [
    ("none", "", []),
    ("drop", "--drop-every 97", ["lost"]),
    ("duplicate", "--duplicate-every 97", ["duplicated"]),
    ("change a byte", "--corrupt-every 97", ["corrupt", "lost"]),
    ("swap", "--swap-every 97", ["reordered"]),
    ("cross", "--cross-every 97", ["crossed", "lost"]),
    ("stall", "--stall-every 300 --stall-ms 60", ["late"]),
]
# malloc and calloc stand third and fourth in the counter's file.
ALLOCATE = """
import os, struct
def calls():
    with open(os.environ["PATCHBAY_MALLOC_COUNTER"], "rb") as file:
        return sum(struct.unpack_from("=4Q", file.read())[2:])
before = calls()
kept = [bytes(5000) for _ in range(1000)]
print(calls() - before)
"""
COUNTERS = ["lost", "late", "duplicated", "reordered", "corrupt", "crossed", "withheld"]


def _check_fault(setting, report, driver, name, flags, extra, expected):
    result = run_pairs(f"{FLOOR} {flags}", setting, driver, 20, 1.5, extra=["--warmup", 0.3, *extra])
    counts = {key: sum(way[key] for way in result["ways"].values()) for key in COUNTERS}
    seen = {key for key in COUNTERS if counts[key] > 0}
    # Late frames are no fault of the relay's on a busy machine; the slow peer's frames are late as a matter of course.
    right = set(expected) - {"late"} == seen - {"late"} and ("late" not in expected or "late" in seen)
    report.raw.append({"fault": name, **result})
    report.row(name, *(counts[key] for key in COUNTERS), result["verdict"])
    verdicts = ["fine"] if set(expected) <= {"late"} else ["failed"]
    if not right or (result["verdict"] not in verdicts + ["refused"]):
        report.fail(f"fault: {name}", f"saw {sorted(seen)} and said {result['verdict']}, expected {expected}")
    else:
        report.at_most(f"fault seen: {name}", 0, 0)


def _check_call_fault(setting, report, name, flags, expected):
    # What an exchange or a crossing did may be seen at the very end, so nothing is lost to the window's edges.
    result = bridge.run_calls(setting, f"{bridge.FLOOR} {flags}", 10, 2, extra=["--warmup", 0.5])
    counts = {key: sum(way[key] for way in result["ways"].values()) for key in COUNTERS}
    seen = {key for key in COUNTERS if counts[key] > 0}
    right = set(expected) - {"late"} == seen - {"late"} and ("late" not in expected or "late" in seen)
    report.raw.append({"calls_fault": name, **result})
    report.row(f"calls: {name}", *(counts[key] for key in COUNTERS), result["verdict"])
    verdict = "fine" if set(expected) <= {"late"} else "failed"
    if not right or result["verdict"] not in (verdict, "refused"):
        report.fail(f"fault in calls: {name}", f"saw {sorted(seen)} and said {result['verdict']}, expected {expected}")
    else:
        report.at_most(f"fault seen in calls: {name}", 0, 0)


def _check_parts(report):
    for program, what in (("load-test", "the load driver's"), ("call-test", "the call driver's")):
        run = subprocess.run([os.path.join(BUILD, program)], capture_output=True, text=True)
        if run.returncode == 0:
            report.at_most(f"{what} parts keep their rules", 0, 0)
        else:
            report.fail(f"{what} parts keep their rules", run.stderr.strip())


def _check_refusal(setting, report):
    driver = Driver(setting.placement, {"lag_p99_us_max": 1, "cpu_share_max": 0.9})
    result = run_pairs(FLOOR, setting, driver, 20, 0.5)
    if result["verdict"] == "refused":
        report.at_most("a late driver refuses the verdict", 0, 0)
    else:
        report.fail("a late driver refuses the verdict", result["verdict"])


def _check_counter(report):
    with tempfile.TemporaryDirectory() as folder:
        counts = os.path.join(folder, "counts")
        environment = dict(os.environ, PATCHBAY_MALLOC_COUNTER=counts,
                           LD_PRELOAD=os.path.join(BUILD, "malloc-counter.so"))
        run = subprocess.run([sys.executable, "-c", ALLOCATE], env=environment, capture_output=True, text=True)
        counted = int(run.stdout or 0)
    if 1000 <= counted <= 1300:
        report.at_most("1,000 allocations are counted", 0, 0)
    else:
        report.fail("1,000 allocations are counted", counted)


def selftest(setting):
    report = Report("Self-test: the generator sees every fault", ["fault", *COUNTERS, "verdict"])
    driver = Driver(setting.placement, setting.thresholds["driver"])
    for name, flags, extra, expected in FAULTS:
        _check_fault(setting, report, driver, name, flags, extra, expected)
    for name, flags, expected in CALL_FAULTS:
        _check_call_fault(setting, report, name, flags, expected)
    _check_parts(report)
    _check_refusal(setting, report)
    _check_counter(report)
    return report
