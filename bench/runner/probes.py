"""Liveness while every loop is busy echoing: seconds from connecting to the whole answer."""

import json
import os
import socket
import statistics
import subprocess
import sys
import time

from . import machine
from .processes import BUILD, ROOT, BenchError, Server
from .verdict import Report


def _once(port):
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b""
        while chunk := connection.recv(4096):
            answer += chunk
    if not answer.startswith(b"HTTP/1.1 200 OK\r\n"):
        raise SystemExit(f"not alive: {answer[:80]!r}")
    return (time.perf_counter() - began) * 1000


def probes(setting):
    """The prober is a process of its own beside the driver, in the same real-time class."""
    limits = setting.thresholds["probes"]
    report = Report("Liveness beside busy echoing WebSockets, 50 frames a second each way",
                    ["pairs", "round", "probes", "p50 ms", "p99 ms", "max ms", "frames", "lost"])
    pairs, seconds, worst = (setting.pairs or [500])[0], setting.seconds or 6, []
    beside = setting.placement.prefix(machine.DRIVER_CPU)
    for number in range(1, (setting.rounds or 3) + 1):
        with Server(setting.toy, setting.placement) as server:
            driver = subprocess.Popen(
                beside + [os.path.join(BUILD, "load-driver"), "--echo", f"{server.url}odd/echo", "--pairs", str(pairs),
                          "--seconds", str(seconds), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            time.sleep(2)  # Until all pairs are up.
            probed = subprocess.run(
                beside + [sys.executable, "-m", "runner.probes", str(server.port), "500"], capture_output=True,
                text=True, cwd=os.path.join(ROOT, "bench"), timeout=60)
            output, errors = driver.communicate(timeout=120)
        if probed.returncode != 0 or driver.returncode not in (0, 1, 3):
            raise BenchError(f"no figures: {probed.stderr.strip()} {errors.strip()}")
        load, times = json.loads(output), json.loads(probed.stdout)
        lost = load["ways"]["round"]["lost"]
        report.raw.append({"round": number, "probes_ms": times, "load": load})
        worst.append(statistics.quantiles(times, n=100)[98])
        report.row(pairs, number, len(times), statistics.median(times), worst[-1], max(times), load["relayed_frames"],
                   lost)
        if load["pairs_up"] != pairs or lost:
            report.fail(f"round {number}", f"{load['pairs_up']} pairs up, {lost} frames lost")
    report.at_most(f"p99 of a probe beside {pairs} pairs", statistics.median(worst), limits["p99_ms_max"], "ms")
    return report


if __name__ == "__main__":
    port, count = int(sys.argv[1]), int(sys.argv[2])
    measured = []
    for _ in range(count):
        measured.append(_once(port))
        time.sleep(0.004)
    print(json.dumps([round(value, 4) for value in measured]))
