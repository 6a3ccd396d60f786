"""What the bench runs on, and how processes are kept apart on it."""

import datetime
import os
import platform
import shutil
import subprocess

SERVER_CPU = 0
DRIVER_CPU = 1


def _cpu_model():
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def _congestion_control():
    with open("/proc/sys/net/ipv4/tcp_congestion_control") as file:
        return file.read().strip()


def description():
    return {
        "cores": os.cpu_count(),
        "model": _cpu_model(),
        "kernel": platform.release(),
        "tcp": _congestion_control(),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    }


def _works(command):
    return shutil.which(command[0]) is not None and subprocess.run(command, capture_output=True).returncode == 0


class Placement:
    """Puts the server on one CPU and the driver on another. In real time, where that is allowed, so that whatever else
    runs on the machine does not stand between a frame and its reader; both sides get it, so ratios stay fair."""

    def __init__(self, realtime):
        self.pinned = len(os.sched_getaffinity(0)) > 1 and shutil.which("taskset") is not None
        self.realtime = realtime and _works(["chrt", "-f", "1", "true"])

    def prefix(self, cpu):
        prefix = ["chrt", "-f", "1"] if self.realtime else []
        return prefix + (["taskset", "-c", str(cpu)] if self.pinned else [])

    def __str__(self):
        where = f"server on CPU {SERVER_CPU}, driver on CPU {DRIVER_CPU}" if self.pinned else "not pinned"
        return where + (", both in real time (SCHED_FIFO)" if self.realtime else "")
