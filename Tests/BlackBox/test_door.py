"""Who gets in, and what the carrier is told: webhooks and media sockets as Twilio's own package signs them."""

import http.client
import json
import signal
import time
import xml.etree.ElementTree as xml
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Connect, Stream, VoiceResponse

from program import eventually
from wire import Raw, frame, upgrade

TOKEN = "t0ken"
PUBLIC = "https://voice.example.com"
API = {"Authorization": "Bearer api"}


def sign(url, fields=None, token=TOKEN):
    return RequestValidator(token).compute_signature(url, fields or {})


def call(number=1, **fields):
    return {"CallSid": f"CA{number:032}", "AccountSid": "AC1", "From": "+15550001111", "To": "+15550002222",
            "Direction": "inbound", "CallStatus": "ringing", "CallerCity": "Zürich & +", "ForwardedFrom": ""} | fields


def post(bridge, path, fields, signature=None, host=None, **headers):
    connection = http.client.HTTPConnection(bridge.host, bridge.port, timeout=10)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    if signature:
        headers["X-Twilio-Signature"] = signature
    if host:
        headers["Host"] = host
    try:
        connection.request("POST", path, body=urlencode(fields), headers=headers)
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        return answer
    finally:
        connection.close()


def webhook(bridge, path, fields):
    return post(bridge, path, fields, sign(PUBLIC + path, fields))


def verbs(answer):
    assert answer.status == 200, answer.text
    assert answer.headers["Content-Type"] == "text/xml"
    return xml.fromstring(answer.text)


def media(bridge, url="wss://voice.example.com/twilio/media", **fields):
    """The status that an upgrade is answered with; the connection stays open in `media.open`."""
    if url:
        fields["X_Twilio_Signature"] = sign(url)
    connection = Raw(bridge.address)
    connection.send(upgrade(target="/twilio/media", **{name.replace("_", "-"): value for name, value in fields.items()}))
    return connection, connection.answer()


@pytest.fixture
def signed(serve):
    return serve(TWILIO_AUTH_TOKEN=f"older,{TOKEN}", PATCHBAY_PUBLIC_URL=PUBLIC, PATCHBAY_API_TOKEN="api,read:reader")


def test_a_signed_call_gets_the_document_that_twilios_own_package_would_write(signed):
    answer = webhook(signed, "/twilio/voice", call())
    found = verbs(answer)
    record = json.loads(signed.get(f"/v1/calls/{call()['CallSid']}", **API).text)
    token = found.find("./Connect/Stream/Parameter[@name='token']").get("value")
    retried = "#rc=3&rp=all&rt=4000"
    wanted = VoiceResponse()
    connect = Connect(action=f"{PUBLIC}/twilio/connect-ended{retried}", method="POST")
    stream = Stream(url="wss://voice.example.com/twilio/media", name=record["id"],
                    status_callback=f"{PUBLIC}/twilio/stream-status{retried}", status_callback_method="POST")
    stream.parameter(name="token", value=token)
    stream.parameter(name="agent", value="default")
    connect.append(stream)
    wanted.append(connect)
    wanted.say("Sorry, we have a technical problem. Please call again later.")
    wanted.hangup()
    assert xml.canonicalize(answer.text) == xml.canonicalize(str(wanted))
    assert record["status"] == "ringing" and record["direction"] == "inbound" and record["from"] == "+15550001111"


def test_answers_come_within_200_ms(signed):
    for number in range(20):
        began = time.monotonic()
        webhook(signed, "/twilio/voice", call(number))
        assert time.monotonic() - began < 0.2


@pytest.mark.parametrize("path", ["/twilio/voice", "/twilio/status", "/twilio/stream-status", "/twilio/connect-ended"])
def test_what_the_carrier_did_not_sign_is_refused(path, signed):
    fields = call()
    right = sign(PUBLIC + path, fields)
    wrong = [None, "", "x" * 28, sign(PUBLIC + path, fields, "another"), sign(f"http://voice.example.com{path}", fields),
             sign(PUBLIC + path, fields | {"CallStatus": "completed"}), sign(PUBLIC + "/twilio", fields)]
    for signature in wrong:
        answer = post(signed, path, fields, signature)
        assert answer.status == 403 and answer.headers["Content-Type"] == "application/problem+json"
        assert json.loads(answer.text)["request_id"] == answer.headers["X-Request-Id"]
    assert post(signed, path, fields | {"New": "1"}, right).status == 403
    assert signed.get(f"/v1/calls/{fields['CallSid']}", **API).status == 404
    assert signed.metric(f'patchbay_webhooks_total{{path="{path}",outcome="refused"}}') == len(wrong) + 1


def test_the_token_before_the_last_is_good_while_it_is_listed(signed):
    fields = call()
    assert post(signed, "/twilio/voice", fields, sign(PUBLIC + "/twilio/voice", fields, "older")).status == 200


def test_without_an_auth_token_this_machine_alone_gets_in(serve):
    bridge = serve()
    assert post(bridge, "/twilio/voice", call()).status == 200
    for headers in [{"X_Forwarded_For": "203.0.113.9"}, {"Forwarded": "for=203.0.113.9"}, {"Via": "1.1 tunnel"}]:
        assert post(bridge, "/twilio/voice", call(), **headers).status == 403
    assert post(bridge, "/twilio/voice", call(), host="abc.tunnel.example").status == 403
    assert bridge.get("/v1/calls").status == 200
    assert bridge.get("/v1/calls", **{"X-Forwarded-For": "203.0.113.9"}).status == 401
    assert bridge.get("/v1/calls", Host="abc.tunnel.example").status == 401


@pytest.mark.parametrize(
    "settings", [{"PATCHBAY_PUBLIC_URL": PUBLIC}, {"TWILIO_AUTH_TOKEN": TOKEN}, {"TWILIO_ACCOUNT_SID": "AC1"}])
def test_a_bridge_that_is_known_to_the_world_has_no_open_api(settings, serve):
    answer = serve(**settings).get("/v1/calls")
    assert answer.status == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "PATCHBAY_API_TOKEN" in json.loads(answer.text)["detail"]


def test_the_api_takes_its_tokens(signed):
    path = f"/v1/calls/{call()['CallSid']}"
    webhook(signed, "/twilio/voice", call())
    assert signed.get(path).status == 401
    assert signed.get(path, Authorization="Bearer nope").status == 401
    assert signed.get(path, Authorization="Bearer reader").status == 200
    assert post(signed, f"{path}/hangup", {}, Authorization="Bearer reader").status == 403


def test_reports_in_any_order_end_a_call_once(signed):
    webhook(signed, "/twilio/voice", call())
    for sequence, status in [(2, "in-progress"), (1, "ringing"), (3, "completed"), (3, "completed"), (4, "failed")]:
        fields = call(CallStatus=status, SequenceNumber=str(sequence), CallDuration="12")
        answer = webhook(signed, "/twilio/status", fields)
        assert answer.status == 204 and answer.text == ""
    path = f"/v1/calls/{call()['CallSid']}"
    record = json.loads(signed.get(path, **API).text)
    assert (record["status"], record["end_reason"], record["carrier_duration_s"]) == ("completed", "caller-hangup", 12)
    events = [event["type"] for event in json.loads(signed.get(f"{path}/events", **API).text)["items"]]
    assert events == ["call.created", "call.answered", "webhook.out_of_order", "call.final", "webhook.duplicate",
                      "webhook.out_of_order"]


def test_a_report_of_a_call_that_nobody_announced_makes_its_record(signed):
    webhook(signed, "/twilio/status", call(7, CallStatus="no-answer"))
    record = json.loads(signed.get(f"/v1/calls/{call(7)['CallSid']}", **API).text)
    assert (record["status"], record["end_reason"]) == ("no-answer", "no-answer")


def test_calls_are_listed_page_by_page(signed):
    for number in range(5):
        webhook(signed, "/twilio/voice", call(number))
    seen, cursor = [], ""
    while cursor is not None:
        page = json.loads(signed.get(f"/v1/calls?limit=2&cursor={cursor}", **API).text)
        assert len(page["items"]) <= 2
        seen += page["items"]
        cursor = page["next_cursor"]
    # The newest first; those of one millisecond as they came.
    assert [item["provider_call_id"] for item in seen] == [call(number)["CallSid"] for number in reversed(range(5))]


def test_a_media_socket_comes_in_when_it_is_signed_over_its_own_url(signed):
    for url, status in [(None, 401), ("https://voice.example.com/twilio/media", 403),
                        ("wss://voice.example.com/twilio/media", 101), ("wss://voice.example.com/twilio/media/", 101)]:
        connection, answer = media(signed, url)
        assert answer.status == status, url
        connection.socket.close()
    connection, answer = media(signed, Origin="https://voice.example.com")
    assert answer.status == 403
    assert signed.metric('patchbay_rejected_total{reason="signature"}') == 2
    assert signed.metric('patchbay_rejected_total{reason="origin"}') == 1


def test_only_so_many_media_sockets_come_in_a_second(serve):
    bridge = serve(PATCHBAY_CALLS_PER_SECOND=3)
    answers = [media(bridge, None)[1] for _ in range(6)]
    assert sorted(answer.status for answer in answers) == [101] * 3 + [429] * 3
    assert all(answer.headers["retry-after"] == "1" for answer in answers if answer.status == 429)
    assert bridge.get("/livez").status == 200


def test_an_address_has_so_many_sockets_that_have_not_started(serve):
    bridge = serve(
        PATCHBAY_TWILIO_VALIDATE="false", PATCHBAY_TRUSTED_PROXIES="127.0.0.0/8", PATCHBAY_UNSTARTED_PER_ADDRESS=2)
    def enter(client):
        return media(bridge, None, X_Forwarded_For=client)
    held = [enter("203.0.113.9") for _ in range(2)]
    assert [answer.status for _, answer in held] == [101, 101]
    assert enter("203.0.113.9")[1].status == 429
    assert enter("203.0.113.10")[1].status == 101
    held[0][0].socket.close()
    assert eventually(lambda: enter("203.0.113.9")[1].status == 101)


def test_the_api_is_slow_for_who_asks_too_often_and_for_nobody_else(serve):
    bridge = serve(PATCHBAY_REQUESTS_PER_SECOND=2, PATCHBAY_TRUSTED_PROXIES="127.0.0.0/8", PATCHBAY_API_TOKEN="api")
    def ask(client):
        return bridge.get("/v1/calls", **API, **{"X-Forwarded-For": client}).status
    assert [ask("203.0.113.9") for _ in range(4)].count(429) >= 1
    assert ask("203.0.113.10") == 200
    assert bridge.get("/livez").status == 200 and bridge.get("/metrics").status == 200


def test_a_node_that_is_told_to_end_still_takes_calls_for_a_moment(serve):
    bridge = serve(PATCHBAY_LAME_DUCK=1)
    bridge.process.send_signal(signal.SIGTERM)
    assert eventually(lambda: bridge.get("/readyz").status == 503)
    assert post(bridge, "/twilio/voice", call()).status == 200
    connection, answer = media(bridge, None)
    assert answer.status == 101
    connection.socket.close()
    assert bridge.process.wait(timeout=10) == 0


def start(connection, number=1, **parameters):
    """Says what Twilio says first; gives the code of the close frame that is the answer, or None."""
    identity = call(number)["CallSid"]
    begin = {"streamSid": "MZ1", "callSid": identity, "accountSid": "AC1", "tracks": ["inbound"],
             "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
             "customParameters": parameters}
    for message in ({"event": "connected", "protocol": "Call", "version": "1.0.0"},
                    {"event": "start", "sequenceNumber": "1", "streamSid": "MZ1", "start": begin}):
        connection.send(frame(1, json.dumps(message).encode()))
    connection.socket.settimeout(1)
    try:
        return connection.frame().close_code
    except TimeoutError:
        return None


def test_a_call_that_was_announced_needs_its_token_and_each_token_lets_one_stream_in(signed):
    path = "./Connect/Stream/Parameter[@name='token']"
    tokens = [verbs(webhook(signed, "/twilio/voice", call(number))).find(path).get("value") for number in (1, 2)]
    for parameters in [{}, {"token": tokens[1]}, {"token": tokens[0] + "0"}, {"token": tokens[0], "agent": "other"}]:
        connection, answer = media(signed)
        assert answer.status == 101
        assert start(connection, **({"agent": "default"} | parameters)) == 1008, parameters
    connection, _ = media(signed)
    assert start(connection, token=tokens[0], agent="default") != 1008
    again, _ = media(signed)
    assert start(again, token=tokens[0], agent="default") == 1008
