"""Numbers at the carrier: what keeps their calls away is found, said with its fix, and mended."""

import json

import pytest

from house import API_TOKEN, House
from practice_carrier import PracticeCarrier
from program import run

PUBLIC = "https://voice.example.com"
OURS, OTHER = "+15550002222", "+15550003333"
RETRIES = "#rc=3&rp=all&rt=4000"


@pytest.fixture
def office(start, tmp_path):
    """Builds bridges whose carrier has numbers: `home, carrier = office(...)`."""
    carriers = []

    def office(numbers=(OURS,), listed=(OURS,), faults=(), **environment):
        carriers.append(PracticeCarrier(numbers=numbers, faults=faults))
        settings = {"PATCHBAY_PUBLIC_URL": PUBLIC, "PATCHBAY_API_TOKEN": API_TOKEN} | carriers[-1].credentials
        home = House(
            start, tmp_path, agents=[{"id": "default"}, {"id": "sales"}],
            numbers=[{"number": number, "agent": "default"} for number in listed], **settings | environment)
        return home, carriers[-1]

    yield office
    for carrier in carriers:
        carrier.destroy()


def at_carrier(carrier, number=OURS):
    numbers = carrier.ask("GET", "IncomingPhoneNumbers.json")[1]["incoming_phone_numbers"]
    return next(one for one in numbers if one["phone_number"] == number)


def set_at_carrier(carrier, number=OURS, **settings):
    status, _ = carrier.ask("POST", f"IncomingPhoneNumbers/{at_carrier(carrier, number)['sid']}.json", list(settings.items()))
    assert status == 200


def check(home, number=OURS, **body):
    status, report = home.api(f"/v1/numbers/{number}/check", "POST", body or None)
    assert status == 200, report
    return report


def codes(report, **members):
    return [one["code"] for one in report["findings"] if members.items() <= one.items()]


def numbers(home, *arguments, **options):
    return run("numbers", *arguments, "--url", home.bridge.url, "--token", API_TOKEN, cwd=home.folder, **options)


def test_a_number_that_nobody_has_set_up_is_found_and_mended(office):
    home, carrier = office()
    report = check(home)
    assert not report["ok"] and report["number"] == OURS and report["agent"] == "default"
    assert codes(report) == ["number.voice_url", "number.status_callback", "number.fallback_url"]
    voice = report["findings"][0]
    assert voice["severity"] == "critical" and voice["expected"] == f"{PUBLIC}/twilio/voice" and voice["found"] is None
    assert f"POST {PUBLIC}/twilio/voice" in voice["fix"] and not voice["fixed"]
    report = check(home, fix=True)
    assert report["ok"] and codes(report, fixed=True) == codes(report) != []
    there = at_carrier(carrier)
    assert (there["voice_url"], there["voice_method"]) == (f"{PUBLIC}/twilio/voice", "POST")
    assert there["voice_fallback_url"] == f"{PUBLIC}/twilio/voice"
    assert (there["status_callback"], there["status_callback_method"]) == (f"{PUBLIC}/twilio/status{RETRIES}", "POST")
    assert check(home) == {
        "number": OURS, "agent": "default", "ok": True, "findings": [],
        "carrier": {
            "id": there["sid"], "voice_url": there["voice_url"], "voice_method": "POST",
            "voice_fallback_url": there["voice_fallback_url"], "status_callback": there["status_callback"],
            "status_callback_method": "POST", "application": None, "trunk": None}}


RIGHT = {
    "VoiceUrl": f"{PUBLIC}/twilio/voice", "VoiceMethod": "POST", "VoiceFallbackUrl": "https://elsewhere.example/sorry",
    "StatusCallback": f"{PUBLIC}/twilio/status#rc=5", "StatusCallbackMethod": "POST"}
WRONG = [
    ({"VoiceUrl": "https://old.example/voice"}, ["number.voice_url"], False),
    ({"VoiceUrl": f"{PUBLIC}/twilio/voice/"}, ["number.voice_url"], False),
    ({"VoiceMethod": "GET"}, ["number.voice_method"], False),
    ({"VoiceApplicationSid": "AP" + "1" * 32}, ["number.application"], False),
    ({"TrunkSid": "TK" + "1" * 32}, ["number.trunk"], False),
    ({"StatusCallback": ""}, ["number.status_callback"], True),
    ({"StatusCallback": "https://old.example/status"}, ["number.status_callback"], True),
    ({"StatusCallbackMethod": "GET"}, ["number.status_callback_method"], True),
    ({"StatusCallback": f"{PUBLIC}/twilio/status"}, ["number.status_callback_retries"], True),
    ({"VoiceFallbackUrl": ""}, ["number.fallback_url"], True), ({}, [], True),
]


def test_each_wrong_setting_is_told_apart_and_mended(office):
    home, carrier = office()
    clean = {"VoiceApplicationSid": "", "TrunkSid": ""}
    for wrong, expected, is_ok in WRONG:
        set_at_carrier(carrier, **RIGHT | clean | wrong)
        report = check(home)
        assert (codes(report), report["ok"]) == (expected, is_ok), wrong
        assert all(one["message"] and one["fix"] for one in report["findings"])
        report = check(home, fix=True)
        assert report["ok"] and codes(report, fixed=False) == [], wrong
        assert check(home)["findings"] == []
        if "VoiceFallbackUrl" not in wrong:
            assert at_carrier(carrier)["voice_fallback_url"] == RIGHT["VoiceFallbackUrl"], "it is the operator's"
    set_at_carrier(carrier, **RIGHT)
    changes = sum("VoiceUrl" in line["body"] for line in carrier.events("rest.asked"))
    check(home, fix=True)
    assert sum("VoiceUrl" in line["body"] for line in carrier.events("rest.asked")) == changes > 0, "it is right"


def test_what_cannot_be_mended_from_here_says_what_to_do(office):
    home, carrier = office(listed=(OURS, OTHER))
    report = check(home, OTHER, fix=True)
    assert not report["ok"] and codes(report) == ["number.not_in_account"] and report["carrier"] is None
    assert home.api("/v1/numbers/+15559999999/check", "POST")[0] == 404
    assert home.api(f"/v1/numbers/{OURS}/check", "POST", {"fix": "yes"})[1]["field"] == "fix"


def test_an_address_that_only_this_machine_knows_is_not_given_to_the_carrier(office):
    home, carrier = office(PATCHBAY_PUBLIC_URL="")
    report = check(home, fix=True)
    assert not report["ok"] and codes(report) == ["number.public_url"]
    assert at_carrier(carrier)["voice_url"] == ""


def test_a_plain_address_is_a_warning(office):
    home, carrier = office(PATCHBAY_PUBLIC_URL="http://voice.example.com")
    report = check(home, fix=True)
    assert report["ok"] and codes(report, fixed=False) == ["number.plain_url"]


def test_a_stream_without_tls_is_a_warning(office):
    home, _ = office(PATCHBAY_STREAM_URL="ws://node1.example.com")
    report = check(home, fix=True)
    assert report["ok"] and codes(report, fixed=False) == ["number.stream_url"]
    assert "PATCHBAY_STREAM_URL" in report["findings"][0]["fix"]


def test_a_carrier_that_cannot_be_asked_is_said(office):
    home, carrier = office(TWILIO_AUTH_TOKEN="wrong")
    status, problem = home.api(f"/v1/numbers/{OURS}/check", "POST")
    assert (status, problem["code"]) == (502, "carrier.credentials")
    alone, _ = office(TWILIO_ACCOUNT_SID="", TWILIO_AUTH_TOKEN="")
    assert alone.api(f"/v1/numbers/{OURS}/check", "POST")[0] == 409


def test_only_who_may_write_checks(office):
    home, _ = office(PATCHBAY_API_TOKEN="read:reader")
    assert home.api(f"/v1/numbers/{OURS}/check", "POST", token="reader")[0] == 403


# The command.

def test_connect_lists_the_number_and_has_its_calls_come(office):
    home, carrier = office(listed=())
    done = numbers(home, "connect", OURS, "--agent", "sales", "--label", "Shop")
    assert done.returncode == 0, done.stderr
    assert f"{OURS}: ok, answered by sales" in done.stdout and "fixed: The number has no voice URL" in done.stdout
    assert home.api(f"/v1/numbers/{OURS}")[1] == {"number": OURS, "agent": "sales", "label": "Shop"}
    assert at_carrier(carrier)["voice_url"] == f"{PUBLIC}/twilio/voice"
    again = numbers(home, "connect", OURS)
    assert again.returncode == 0 and "sales" in again.stdout, "it keeps its agent"
    listed = numbers(home, "list")
    assert listed.stdout == f"{OURS}\tsales\t-\tShop\n"


def test_connect_leaves_nothing_behind_where_the_carrier_has_no_such_number(office):
    home, _ = office(listed=())
    done = numbers(home, "connect", OTHER)
    assert done.returncode == 1 and "has no such number" in done.stdout and "do: Check the number" in done.stdout
    assert home.api("/v1/numbers")[1]["items"] == []
    done = numbers(home, "connect", "5550002222")
    assert done.returncode == 1 and "must be a phone number in E.164" in done.stderr
    done = numbers(home, "check", OTHER)
    assert done.returncode == 1 and f"patchbay numbers connect {OTHER}" in done.stderr
    assert numbers(home, "connect", OURS, "--agent", "nobody").returncode == 1


def test_check_tells_of_all_and_exits_as_they_are(office):
    home, carrier = office(numbers=(OURS, OTHER), listed=(OURS, OTHER))
    set_at_carrier(carrier, **RIGHT)
    done = numbers(home, "check")
    assert done.returncode == 1 and f"{OURS}: ok" in done.stdout and f"{OTHER}: no calls come in" in done.stdout
    assert numbers(home, "check", OURS).returncode == 0
    report = json.loads(numbers(home, "check", "--fix", "--json").stdout)
    assert [one["ok"] for one in report["items"]] == [True, True]
    assert numbers(home, "check").stdout.count(": ok,") == 2
    set_at_carrier(carrier, VoiceUrl="https://old.example/voice")
    done = numbers(home, "fix")
    assert done.returncode == 0 and "fixed: The number's calls go to another address" in done.stdout
    assert at_carrier(carrier)["voice_url"] == f"{PUBLIC}/twilio/voice"


def test_whoever_asks_a_bridge_that_is_not_up_is_told_so(tmp_path):
    done = run("numbers", "list", "--url", "http://127.0.0.1:9", cwd=tmp_path)
    assert done.returncode == 1 and "Is `patchbay serve` up? --url says where it is." in done.stderr
