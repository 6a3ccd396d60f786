"""Twilio's own package would have written the same TwiML and made the same requests."""

import random
import xml.etree.ElementTree as ElementTree
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from twilio.http.response import Response
from twilio.rest import Client
from twilio.twiml.voice_response import Connect, Dial, Stream, VoiceResponse

from twilio_peer import ask

BASE = "https://pb.example.com"
URL = "https://pb.example.com/x?a=1&b=2"
EVENTS = ["initiated", "ringing", "answered", "completed"]


def canonical(document):
    return ElementTree.canonicalize(document)


def their_twiml(text):
    response = VoiceResponse()
    connect = Connect(action=URL, method="POST")
    stream = Stream(url="wss://pb.example.com/media", name=text, status_callback=URL, status_callback_method="POST")
    stream.parameter(name="first", value=text)
    stream.parameter(name=text, value="second")
    connect.append(stream)
    response.append(connect)
    response.say(text, voice="alice", language="en-US")
    response.play(digits="1w#")
    response.pause(length=2)
    dial = Dial(answer_on_bridge=True, caller_id="+14155550199", timeout=20, time_limit=1800, action=URL, method="POST")
    dial.number("+14155550123", status_callback=URL, status_callback_event=" ".join(EVENTS), status_callback_method="POST")
    response.append(dial)
    response.reject(reason="busy")
    response.redirect(URL, method="POST")
    response.hangup()
    return str(response)


def order(text):
    return {"do": "twiml", "verbs": [
        ["connect", "wss://pb.example.com/media", URL, text, text], ["say", text], ["play", "1w#"], ["pause", "xx"],
        ["dial", "+14155550123", URL], ["reject"], ["redirect", URL], ["hangup"]]}


def test_the_same_twiml():
    choose = random.Random(1)
    alphabet = [chr(code) for code in range(32, 127)] + list("&<>\"'") * 5 + list("äß中👋\t\n\r\u2028\u0085\ud7ff\ufffd")
    texts = ["".join(choose.choices(alphabet, k=choose.randint(1, 60))) for _ in range(300)]
    for text, answer in zip(texts, ask([order(text) for text in texts])):
        # Their writer leaves line ends in text as they are, and XML turns a bare CR into LF; ours survives.
        said = ElementTree.fromstring(answer["xml"]).find("Say").text
        assert said == text
        if "\r" not in text:
            assert canonical(answer["xml"]) == canonical(their_twiml(text)), text


def test_what_xml_cannot_say_becomes_a_blank():
    forbidden = "".join(map(chr, [*range(9), 11, 12, *range(14, 32)])) + "\ufffe\uffff"
    (answer,) = ask([{"do": "twiml", "verbs": [["say", f"a{forbidden}b"], ["play", f"a{forbidden}b"]]}])
    document = ElementTree.fromstring(answer["xml"])
    assert document.find("Say").text == document.find("Play").get("digits") == "a" + " " * len(forbidden) + "b"


class Recorder:
    """Keeps the request that Twilio's client would have sent."""

    def request(self, method, uri, params=None, data=None, **_):
        self.made = method, urlsplit(uri).path, pairs(params), pairs(data)
        return Response(500, "{}")


def pairs(data):
    flat = []
    for name, value in (data or {}).items():
        flat += [(name, str(each)) for each in (value if isinstance(value, list) else [value])]
    return sorted(flat)


CALL = "CA00000000000000000000000000000001"
NUMBER = "PN00000000000000000000000000000001"
STATUS = f"{BASE}/status"
HANGUP = '<?xml version="1.0" encoding="UTF-8"?><Response><Hangup></Hangup></Response>'
REQUESTS = {
    "create": lambda client: client.calls.create(
        to="+14155550100", from_="+14155550199", url=f"{BASE}/voice?a=1&b=2", method="POST",
        fallback_url=f"{BASE}/sorry", status_callback=STATUS, status_callback_method="POST",
        status_callback_event=EVENTS, timeout=25, time_limit=3600, machine_detection="Enable", async_amd="true",
        async_amd_status_callback=STATUS, async_amd_status_callback_method="POST", send_digits="ww12#"),
    "create-inline": lambda client: client.calls.create(
        to="client:bob", from_="+14155550199", twiml=HANGUP, time_limit=60),
    "hang-up": lambda client: client.calls(CALL).update(status="completed"),
    "cancel": lambda client: client.calls(CALL).update(status="canceled"),
    "instruct": lambda client: client.calls(CALL).update(url=f"{BASE}/voice", method="POST"),
    "fetch": lambda client: client.calls(CALL).fetch(),
    "list": lambda client: client.calls.page(
        from_="+14155550199", to="+14155550100", status="in-progress", page_size=20),
    "numbers": lambda client: client.incoming_phone_numbers.page(phone_number="+14155550199", page_size=50),
    "route": lambda client: client.incoming_phone_numbers(NUMBER).update(
        voice_url=f"{BASE}/voice", voice_method="POST", voice_fallback_url=f"{BASE}/sorry",
        voice_fallback_method="POST", status_callback=STATUS, status_callback_method="POST"),
}


@pytest.mark.parametrize("what", REQUESTS)
def test_the_same_request(what):
    recorder = Recorder()
    client = Client("AC00000000000000000000000000000001", "token", http_client=recorder)
    with pytest.raises(Exception, match="500"):
        REQUESTS[what](client)
    (ours,) = ask([{"do": "request", "what": what}])
    target = urlsplit(ours["target"])
    made = ours["method"], target.path, sorted(parse_qsl(target.query)), sorted(parse_qsl(ours["body"]))
    assert made == recorder.made
