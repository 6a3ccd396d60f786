"""A few who behave, beside many who do not."""

import asyncio
import os
import pathlib
import statistics
import subprocess
import time

from program import eventually

ROOT = pathlib.Path(__file__).parents[2]
PAIRS = int(os.environ.get("ECHO_PAIRS", 100))
SECONDS = float(os.environ.get("ECHO_SECONDS", 3))


def p99(times):
    return statistics.quantiles(times, n=100)[98]


async def probe(address, path="/livez"):
    """Seconds from connecting to the whole answer."""
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection(*address)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer
    return time.perf_counter() - began


async def drip_head(address, ended):
    reader, writer = await asyncio.open_connection(*address)
    try:
        for byte in b"GET /livez HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 100:
            writer.write(bytes([byte]))
            await asyncio.sleep(1)
            if reader.at_eof():
                break
    except OSError:
        pass
    ended.append(await reader.read())
    writer.close()


async def never_read(address, ended):
    reader, writer = await asyncio.open_connection(*address, limit=1)
    try:
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2000)
        await asyncio.sleep(11)
        writer.write(b"x")
        await writer.drain()
    except OSError:
        pass
    ended.append(b"")
    writer.transport.abort()


def test_a_thousand_slow_clients_do_not_slow_down_a_fast_one(serve):
    bridge = serve()
    memory = bridge.resident_bytes()
    times, dripped, clogged = [], [], []

    async def everybody():
        slow = [asyncio.ensure_future(drip_head(bridge.address, dripped)) for _ in range(900)]
        slow += [asyncio.ensure_future(never_read(bridge.address, clogged)) for _ in range(100)]
        await asyncio.sleep(1)
        peak = bridge.resident_bytes()
        for _ in range(200):
            times.append(await probe(bridge.address))
            await asyncio.sleep(0.02)
        peak = max(peak, bridge.resident_bytes())
        await asyncio.gather(*slow)
        return peak

    peak = asyncio.run(everybody())
    assert p99(times) < 0.1, sorted(times)[-5:]
    assert len(dripped) == 900 and all(answer.startswith(b"HTTP/1.1 408 ") for answer in dripped)
    assert peak - memory < 64 << 20, f"{(peak - memory) >> 20} MiB for a thousand slow clients"
    assert eventually(lambda: bridge.metric('patchbay_http_connections{server="public"}') == 1)


def test_probes_answer_in_time_while_every_loop_is_busy(toy):
    """Pairs of echoing WebSockets, 50 frames a second each way, on all loops."""
    subprocess.run(["make", "-s", "-C", ROOT / "bench"], check=True, capture_output=True, timeout=60)
    driver = subprocess.Popen(
        [ROOT / "bench/build/load-driver", "--echo", f"ws://127.0.0.1:{toy.port}/odd/echo", "--pairs", str(PAIRS),
         "--seconds", str(SECONDS), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert eventually(lambda: toy.metric('patchbay_http_answers_total{status="2xx"}') is not None)
        time.sleep(1.5)  # Until all pairs are up.

        async def probes():
            return [await probe(toy.address) for _ in range(300)]

        times = asyncio.run(probes())
        output, errors = driver.communicate(timeout=30)
    finally:
        driver.kill()
        driver.communicate()
    assert '"delivered"' in output or '"frames"' in output, output + errors
    print(f"{PAIRS} pairs: p50 {statistics.median(times) * 1e3:.2f} ms, p99 {p99(times) * 1e3:.2f} ms")
    assert p99(times) < 0.010, f"p99 {p99(times) * 1e3:.1f} ms, the slowest {max(times) * 1e3:.1f} ms"
