"""What the carrier tells of a call, in every order and with every gap: each call has one record and one end."""

import concurrent.futures
import itertools

from carrier import ACCOUNT
from history import ended
from program import eventually

CALLER_HANGUP = ("completed", "caller-hangup")


def orders(words, first=()):
    """Every order of every part of `words` that holds `first`, which come in this order where they are."""
    for count in range(len(words) + 1):
        for order in itertools.permutations(words, count):
            kept = [word for word in order if word in first]
            if kept == [word for word in first if word in kept] and first[-1] in kept:
                yield order


def at_once(body, cases, threads):
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        for case, result in [(case, pool.submit(body, *case)) for case in enumerate(cases)]:
            try:
                result.result()
            except AssertionError as error:
                raise AssertionError(f"{case[1]}: {error}") from error


def test_however_the_ends_of_a_call_follow_each_other_it_ends_once(house):
    """`stop`, the socket's end, the status callback and what follows the bridge are four signals, of which none comes
    surely; the socket ends without a word here, which alone says nothing good."""
    home = house(carrier=True, PATCHBAY_CALLS_PER_CALLER=0, PATCHBAY_MAX_CALLS=0)
    signals = {"stop": lambda phone: phone.stop(), "cut": lambda phone: phone.end_sending(),
               "status": lambda phone: home.status(phone.call, "completed"),
               "after": lambda phone: home.connect_ended(phone.call)}
    cases = list(orders(list(signals), first=("stop", "cut")))
    assert len(cases) == 30

    def call(number, order):
        phone = home.phone()
        home.carrier.statuses[phone.call] = "in-progress"
        phone.begin(**home.voice(phone.call)[0]).hear_agent()
        for signal in order:
            signals[signal](phone)
        expected = CALLER_HANGUP if {"stop", "status"} & set(order) else ("failed", "carrier-failed")
        assert ended(home.final(phone.call, within=6)) == expected
        # All of it once more, and what was missing: it is too late for anything to change.
        home.status(phone.call, "completed")
        home.status(phone.call, "failed")
        home.connect_ended(phone.call)
        assert ended(home.record(phone.call)) == expected
        kinds = [event["type"] for event in home.events(phone.call)]
        assert kinds.count("call.final") == kinds.count("stream.ended") == kinds.count("call.created") == 1, kinds

    at_once(call, cases, threads=30)
    assert len(home.api("/v1/calls?limit=200")[1]["items"]) == len(cases)
    assert eventually(lambda: home.calls_active() == 0)
    assert eventually(lambda: len(home.practice.events("connection.closed")) == len(cases))


def test_however_the_reports_of_a_call_come_it_has_one_record(house):
    """Those of a call that somebody else dialled: some before its webhook and some behind it, each twice."""
    home = house(carrier=True, practice=False, PATCHBAY_CALLS_PER_CALLER=0)
    words = ["initiated", "ringing", "in-progress", "completed"]
    cases = [order for order in itertools.permutations([*words, "voice"])]
    assert len(cases) == 120

    def call(number, order):
        sid = f"CA{number:032x}"
        form = {"CallSid": sid, "AccountSid": ACCOUNT, "From": "+15550001111", "To": "+15550002222",
                "Direction": "outbound-api", "ApiVersion": "2010-04-01"}
        for word in order:
            if word == "voice":
                status, twiml = home.post("/twilio/voice", **form, CallStatus="in-progress")
                assert status == 200
                over = "completed" in order[:order.index("voice")]
                assert ("<Connect" in twiml) != over and ("<Hangup" in twiml), twiml
                continue
            place = words.index(word)
            more = {"CallDuration": "12", "Duration": "1", "SipResponseCode": "200"} if word == "completed" else {}
            for _ in range(2):
                assert home.post(
                    "/twilio/status", **form, **more, CallStatus=word, SequenceNumber=str(place),
                    Timestamp=f"Thu, 15 Jan 2026 10:30:{10 * place:02} +0000",
                    CallbackSource="call-progress-events")[0] == 204
        record = home.record(sid)
        assert ended(record) == CALLER_HANGUP
        assert (record["carrier_duration_s"], record["sip_code"], record["direction"]) == (12, 200, "outbound")
        kinds = [event["type"] for event in home.events(sid)]
        assert kinds.count("call.final") == kinds.count("call.created") == 1, kinds
        assert kinds.count("call.answered") <= 1 and kinds.count("webhook.duplicate") >= 4, kinds

    at_once(call, cases, threads=4)
    records = home.api("/v1/calls?limit=200")[1]["items"]
    assert len(records) == len({record["provider_call_id"] for record in records}) == len(cases)
