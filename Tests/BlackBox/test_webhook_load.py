"""Webhooks in number while calls talk: none is lost, and all are answered soon.

SOAK=1 runs the long form: 500 a second for 10 s while 200 calls talk."""

import asyncio
import json
import os
import statistics
import subprocess
import time
import urllib.parse

import pytest

from carrier import ACCOUNT, TOKEN, signature
from program import PATH, eventually

IS_LONG = bool(os.environ.get("SOAK"))
RATE, SECONDS, CALLS = (500, 10, 200) if IS_LONG else (50, 3, 10)
CONNECTIONS = 20


def request(home, path, form):
    text = f"http://127.0.0.1:{home.bridge.port}{path}" + "".join(k + form[k] for k in sorted(form))
    body = urllib.parse.urlencode(form)
    return (f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{home.bridge.port}\r\nX-Twilio-Signature: {signature(text)}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()


async def send(home, turns, answers):
    """One of the carrier's connections: each request at its time, or as soon as the one before was answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", home.bridge.port)
    for due, data in turns:
        await asyncio.sleep(max(0, due - time.perf_counter()))
        began = time.perf_counter()
        writer.write(data)
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        await reader.readexactly(int(fields.get(b"content-length", 0)))
        answers.append((int(head.split()[1]), time.perf_counter() - began))
    writer.close()


@pytest.mark.timeout(180 if IS_LONG else 60)
def test_many_webhooks_while_calls_talk(house):
    home = house(carrier=True, PATCHBAY_CALLS_PER_CALLER=0, PATCHBAY_CALLS_PER_SECOND=0, PATCHBAY_LOG_LEVEL="warning")
    talking = subprocess.Popen(
        [PATH, "call", "--url", home.media_url, "--json", "--calls", str(CALLS), "--rate", str(max(10, CALLS / 3)),
         "--auth-token", TOKEN, "--account", ACCOUNT, "--do", f"speak {SECONDS + 6}s; hang up"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert eventually(home.calls_active, within=30)
    count = RATE * SECONDS
    forms = []
    for number in range(count):
        # Half of them are calls that come in, the other half tell how these ended.
        call = f"CA{number // 2:032x}"
        form = {"CallSid": call, "AccountSid": ACCOUNT, "From": "+15550001111", "To": "+15550002222",
                "Direction": "inbound", "CallStatus": "completed" if number % 2 else "ringing"}
        forms.append(("/twilio/status" if number % 2 else "/twilio/voice", form))
    start = time.perf_counter() + 0.5
    turns = [(start + number / RATE, request(home, *form)) for number, form in enumerate(forms)]
    answers = []

    async def all_of_them():
        await asyncio.gather(*(send(home, turns[place::CONNECTIONS], answers) for place in range(CONNECTIONS)))

    asyncio.run(all_of_them())
    assert sorted({status for status, _ in answers}) == [200, 204] and len(answers) == count
    times = [took for _, took in answers]
    p99 = statistics.quantiles(times, n=100)[98]
    print(f"{RATE} a second, {CALLS} calls: p50 {statistics.median(times) * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms")

    calls = {form["CallSid"] for _, form in forms}

    def completed():
        """Of these calls those that are on record, and over."""
        found, cursor = set(), ""
        while cursor is not None:
            page = home.api(f"/v1/calls?limit=200&cursor={cursor}")[1]
            found |= {one["provider_call_id"] for one in page["items"] if one["status"] == "completed"}
            cursor = page["next_cursor"]
        return found & calls

    assert eventually(lambda: completed() == calls, within=20, every=0.5), "none is lost"
    output, errors = talking.communicate(timeout=60)
    report = json.loads(output)
    assert report["ok"], [call["failures"] for call in report["calls"] if not call["ok"]][:3]
    assert p99 < (0.2 if IS_LONG else 0.5), p99
