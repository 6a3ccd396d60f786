"""A loop that does not turn: nobody mends it, but everybody who could is told."""

import contextlib
import ctypes
import errno
import json
import os
import socket
import time

import pytest

from program import eventually

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
ALL_CHILDREN = 0x40000000


def ptrace(request, thread):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(request, thread, None, None) < 0:
        number = ctypes.get_errno()
        if number == errno.EPERM:
            pytest.skip("this machine lets nobody stop another's thread")
        raise OSError(number, os.strerror(number))


@contextlib.contextmanager
def stopped(process, name):
    """One thread of a process stands still, and all others run on."""
    for thread in os.listdir(f"/proc/{process}/task"):
        with open(f"/proc/{process}/task/{thread}/comm") as file:
            if file.read().strip() == name:
                break
    else:
        raise AssertionError(f"no thread {name}")
    thread = int(thread)
    ptrace(SEIZE, thread)
    ptrace(INTERRUPT, thread)
    os.waitpid(thread, ALL_CHILDREN)
    try:
        yield
    finally:
        ptrace(DETACH, thread)


def loops(bridge):
    return next(row for row in json.loads(bridge.get("/healthz").text)["components"] if row["name"] == "loops")


def pings(listening):
    """What has come by now."""
    count = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            count += b"WATCHDOG=1" in listening.recv(4096)
    return count


def test_while_a_loop_is_stuck_the_service_manager_hears_nothing_and_the_probes_say_which(serve, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        bridge = serve(NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC=900_000, PATCHBAY_LOOPS=2)
        assert eventually(lambda: pings(listening) > 0)
        assert bridge.get("/livez").status == 200 and loops(bridge)["status"] == "ok"
        with stopped(bridge.process.pid, "loop-1"):
            began = time.monotonic()
            time.sleep(1.5)  # From then on it gets no new connections.
            assert pings(listening) > 0 and bridge.get("/livez").status == 200
            assert eventually(lambda: bridge.get("/livez").status == 503, within=14, every=0.2)
            assert time.monotonic() - began > 9, "a pause of some seconds is no reason to end a process"
            answer = bridge.get("/livez")
            assert "loop 1 has not turned for 1" in answer.text
            row = loops(bridge)
            assert (row["status"], row["critical"]) == ("failing", True) and "loop 1" in row["last_error"]
            assert json.loads(bridge.get("/healthz").text)["status"] == "failing"
            pings(listening)
            time.sleep(1.2)
            assert pings(listening) == 0, "more than three of its periods are over"
        assert eventually(lambda: bridge.get("/livez").status == 200)
        assert eventually(lambda: pings(listening) > 0)
        assert loops(bridge)["status"] == "ok"
