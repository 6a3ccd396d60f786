"""`patchbay practice --carrier` as Twilio's own package sees it."""

import contextlib
import os
import subprocess
import time

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

ACCOUNT, TOKEN = "AC" + "1" * 32, "auth-token-of-tests"
KEY, SECRET = "SK" + "2" * 32, "secret-of-tests"
HANGUP = "<Response><Hangup/></Response>"
HOUSE, SOMEBODY = "+15550002222", "+15550003333"


@contextlib.contextmanager
def carrier(*arguments):
    command = [os.environ["PATCHBAY"], "practice", "--listen", "127.0.0.1:0", "--carrier", "--cps", "0",
               "--account", ACCOUNT, "--auth-token", TOKEN, "--api-key", f"{KEY}:{SECRET}", "--number", HOUSE,
               "--number", "+15550002223", *arguments]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.kill()
        process.communicate()


class Local(TwilioHttpClient):
    """Asks the practice carrier instead of the real one."""

    def __init__(self, base, **options):
        super().__init__(timeout=5, **options)
        self.base = base

    def request(self, method, url, *arguments, **options):
        return super().request(method, url.replace("https://api.twilio.com", self.base), *arguments, **options)


def client(base, user=ACCOUNT, password=TOKEN):
    return Client(user, password, ACCOUNT, http_client=Local(base))


def final(twilio, sid):
    for _ in range(500):
        call = twilio.calls(sid).fetch()
        if call.status in ("completed", "busy", "no-answer", "canceled", "failed"):
            return call
        time.sleep(0.01)
    return call


def test_calls_are_created_fetched_changed_and_listed():
    with carrier("--callee", "+15550004444 busy", "--callee", "+15550005555 ring=60s") as base:
        twilio = client(base)
        made = twilio.calls.create(to=SOMEBODY, from_=HOUSE, twiml=HANGUP, status_callback_event=["initiated"])
        assert (made.status, made.direction, made.to, made.account_sid) == ("queued", "outbound-api", SOMEBODY, ACCOUNT)
        over = final(twilio, made.sid)
        assert over.status == "completed" and over.duration == "0"
        assert over.date_created.tzinfo and over.end_time >= over.start_time
        busy = twilio.calls.create(to="+15550004444", from_=HOUSE, twiml=HANGUP)
        assert final(twilio, busy.sid).status == "busy"
        rings = twilio.calls.create(to="+15550005555", from_=HOUSE, twiml=HANGUP)
        twilio.calls(rings.sid).update(status="canceled")
        assert final(twilio, rings.sid).status == "canceled"
        assert [call.sid for call in twilio.calls.list(page_size=1)] == [rings.sid, busy.sid, made.sid]
        assert [call.sid for call in twilio.calls.list(status="busy")] == [busy.sid]
        assert [call.sid for call in twilio.calls.list(to=SOMEBODY, limit=1)] == [made.sid]


def test_numbers_are_listed_and_routed():
    with carrier() as base:
        twilio = client(base, KEY, SECRET)
        assert [number.phone_number for number in twilio.incoming_phone_numbers.list(page_size=1)] == [
            HOUSE, "+15550002223"]
        (number,) = twilio.incoming_phone_numbers.list(phone_number=HOUSE)
        assert number.capabilities["voice"] is True
        changed = number.update(voice_url="https://pb.example.com/twilio/voice", status_callback_method="POST")
        assert changed.voice_url == twilio.incoming_phone_numbers(number.sid).fetch().voice_url
        assert changed.voice_url == "https://pb.example.com/twilio/voice"


@pytest.mark.parametrize("what, code, status", [
    (lambda twilio: twilio.calls.create(to="123", from_=HOUSE, twiml=HANGUP), 21211, 400),
    (lambda twilio: twilio.calls.create(to=SOMEBODY, from_="+15559990000", twiml=HANGUP), 21210, 400),
    (lambda twilio: twilio.calls("CA" + "0" * 32).fetch(), 20404, 404),
    (lambda twilio: twilio.incoming_phone_numbers("PN" + "f" * 32).fetch(), 20404, 404)])
def test_refusals_are_the_carriers(what, code, status):
    with carrier() as base, pytest.raises(TwilioRestException) as refused:
        what(client(base))
    assert (refused.value.code, refused.value.status) == (code, status)


def test_wrong_credentials_and_too_many_requests():
    with carrier("--carrier-fault", "status=429@list*1") as base:
        # Of lists the package only says what came.
        with pytest.raises(TwilioException, match="HTTP 401.*20003"):
            client(base, password="wrong").calls.list()
        with pytest.raises(TwilioException, match="HTTP 429.*20429"):
            client(base).calls.list()
        assert client(base).calls.list() == []

