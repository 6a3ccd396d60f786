"""ElevenLabs' own client holds whole conversations with `patchbay practice --protocol elevenlabs`."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request

import pytest
from elevenlabs.types import (
    ConversationInitiationClientDataRequestInput, ConversationSignedUrlResponseModel)
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from agents import EVENTS, HEARD, SPOKEN, conversation
from practice import upstream


def agents(*arguments, protocol="elevenlabs"):
    return upstream("--protocol", protocol, *arguments)


def rest(server, query, **headers):
    request = urllib.request.Request(
        f"{server.base.replace('ws://', 'http://')}/v1/convai/conversation/get-signed-url?{query}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)


@pytest.mark.parametrize("signed", [False, True])
def test_a_whole_conversation(signed):
    """Greeting, a turn found by the energy of speech, an interruption, a written turn, the goodbye and the end."""
    with agents("--greeting", "1s", "--reply", "1s", "--end-call-after", "3", "--pitch", "440,520,620,740") as server:
        with conversation(server, signed=signed) as call:
            call.until(lambda: call.handset.has_played(1))
            assert call.said[0].startswith("Hello")
            assert "".join("".join(part.chars) for part in call.alignments) == call.said[0]
            call.handset.say(300, 0.8)
            call.until(lambda: call.seconds() >= 2)
            assert call.transcripts == ["I would like to make an appointment."]
            call.client.send_contextual_update("It rains.")
            call.client.register_user_activity()
            call.client.send_user_message("Is the afternoon free?")
            call.until(lambda: call.seconds() >= 3)
            # The reply was sent ahead, and was still being heard.
            assert len(call.handset.interrupted_at) == len(call.corrections) == 1
            original, corrected = call.corrections[0]
            assert original == call.said[1] and original.startswith(corrected) and original != corrected
            call.client.send_user_message("That is all.")
            call.until(lambda: call.ending)
        assert call.handset.tones() == pytest.approx([440, 520, 620, 740], abs=1)
        assert "Goodbye" in call.said[-1]
        assert (call.ending.reason, call.ending.close_code) == ("agent", 1000)
        kinds = {frame["type"] for frame in call.frames}
        assert kinds <= EVENTS, kinds - EVENTS
        metadata = call.frames[0]["conversation_initiation_metadata_event"]
        assert metadata["user_input_audio_format"] in HEARD and metadata["agent_output_audio_format"] in SPOKEN
        reports = server.stop()
    assert [report["event"] for report in reports][:3] == [
        "connection.opened", "session.configured", "response.started"]
    assert not [report for report in reports if report["event"] == "error"]
    assert reports[-1]["pings"] >= reports[-1]["pongs"] > 0


def test_the_tools_of_the_client_are_called_and_answered():
    asked = []

    def slots(parameters):
        asked.append(parameters["day"])
        return "ten o'clock"

    with agents("--tool", 'get_slots:{"day":"monday"}', "--tool", "unknown_tool@3", "--greeting", "100ms") as server:
        with conversation(server, tools={"get_slots": slots}) as call:
            call.until(lambda: call.said)
            for turn in [2, 3]:
                call.client.send_user_message("And now?")
                call.until(lambda: len(call.said) == turn)
        answers = [report for report in server.stop() if report["event"] == "tool.answered"]
    assert asked == ["monday"]
    assert [(answer["output"], answer["is_error"]) for answer in answers][0] == ("ten o'clock", False)
    assert answers[1]["is_error"] and "not registered" in answers[1]["output"]


def test_a_signed_url_needs_the_key_and_leads_to_its_agent_alone():
    with agents("--key", "right", "--agent", "one access=private", "--agent", "two") as server:
        assert rest(server, "agent_id=one")[0] == 401
        assert rest(server, "agent_id=one", **{"xi-api-key": "wrong"})[1]["detail"]["status"] == "invalid_api_key"
        status, problem = rest(server, "", **{"xi-api-key": "right"})
        assert status == 422 and problem["detail"][0]["loc"] == ["query", "agent_id"]
        assert rest(server, "agent_id=none", **{"xi-api-key": "right"})[0] == 404
        status, answer = rest(server, "agent_id=one&include_conversation_id=true", **{"xi-api-key": "right"})
        signed = ConversationSignedUrlResponseModel.model_validate(answer, strict=True).signed_url
        assert status == 200 and answer["conversation_id"]

        def opening(url):
            """The first event, or the code of the close."""
            with connect(url) as socket:
                try:
                    socket.send('{"type":"conversation_initiation_client_data"}')
                    return json.loads(socket.recv(timeout=5))["type"]
                except ConnectionClosed as closed:
                    return closed.rcvd.code

        assert opening(signed) == "conversation_initiation_metadata"
        assert opening(signed) == 1008, "a URL with a conversation id is good for one"
        public = f"{server.base}/v1/convai/conversation?agent_id="
        assert opening(f"{public}one") == 1008
        assert opening(f"{public}two") == "conversation_initiation_metadata"
        assert opening(f"{public}none") == 1008
        assert opening(re.sub("agent_id=one", "agent_id=two", signed)) == 1008
        stale = rest(server, "agent_id=one&fault=stale-url", **{"xi-api-key": "right"})[1]["signed_url"]
        assert opening(stale) == 1008


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_a_refusal_has_the_status_and_the_body_of_the_service(status):
    with agents("--fault", f"refuse={status}") as server:
        found, body = rest(server, "agent_id=a", **{"xi-api-key": "k"})
    assert found == status and set(body["detail"]) == {"status", "message"}


def test_the_faults_of_the_command_count_an_attempt_once():
    with agents("--fault", "refuse=503", "--fault-first", "1") as server:
        assert rest(server, "agent_id=a", **{"xi-api-key": "k"})[0] == 503
        with conversation(server, signed=True) as call:
            call.until(lambda: call.said)
        opened = [report for report in server.stop() if report["event"] == "connection.opened"]
    assert [report["connection"] for report in opened] == [2]


def filled(model):
    """One value for every field that a model of the package has, objects in objects."""
    properties = model.get("properties")
    if properties is None:
        kinds = {"string": "x", "integer": 600, "number": 1.0, "boolean": False, "array": [], "object": {}}
        return kinds.get(model.get("type", "string"), "x")
    return {name: filled(field) for name, field in properties.items()}


def resolved(schema, part):
    """A part of a JSON schema without references and choices: the first that is not null."""
    if "$ref" in part:
        return resolved(schema, schema["$defs"][part["$ref"].rsplit("/", 1)[1]])
    for choice in part.get("anyOf", []):
        if choice.get("type") != "null":
            return resolved(schema, choice)
    if "properties" in part:
        return part | {"properties": {name: resolved(schema, field) for name, field in part["properties"].items()}}
    return part


def test_every_field_of_the_package_s_initiation_is_known():
    schema = ConversationInitiationClientDataRequestInput.model_json_schema()
    initiation = filled(resolved(schema, schema))
    initiation["dynamic_variables"] = {"name": "Ada", "attempt": 2, "vip": True}
    assert initiation["conversation_config_override"]["agent"]["prompt"]["prompt"]
    with agents("--overrides", "all") as server:
        with connect(f"{server.base}/v1/convai/conversation?agent_id=a") as socket:
            socket.send(json.dumps({"type": "conversation_initiation_client_data"} | initiation))
            assert json.loads(socket.recv(timeout=5))["type"] == "conversation_initiation_metadata"
        assert not [report for report in server.stop() if report["event"] == "error"]


def test_an_override_that_is_not_allowed_closes_with_its_name():
    override = {"tts": {"voice_id": "v"}}
    with agents() as server:
        with conversation(server, conversation_config_override=override) as call:
            call.until(lambda: call.ending)
        assert call.ending.close_code == 1008 and "'voice_id'" in call.ending.close_reason


@pytest.mark.parametrize(("fault", "code"), [
    ("close=1011@after-greeting", 1011), ("session-expired@greeting", 1000), ("quota@greeting", 1002),
    ("error=llm_timeout@greeting", 1002), ("reset@greeting", None)])
def test_a_fault_ends_the_conversation_with_its_code(fault, code):
    with agents("--fault", fault, "--greeting", "1s") as server:
        with conversation(server) as call:
            call.until(lambda: call.ending)
        assert call.ending.close_code in ([code] if code else [None, 1006])


def test_a_reply_of_a_minute_comes_in_one_message_that_the_client_can_take():
    with agents("--fault", "burst=60s") as server:
        with conversation(server) as call:
            call.until(lambda: call.seconds() == 60)
        assert max(len(json.dumps(frame)) for frame in call.frames) > 2_500_000


def test_both_protocols_are_served_by_path_on_one_port():
    with agents("--greeting", "100ms", protocol="both") as server:
        assert urllib.parse.urlsplit(server.url).path == "/v1/realtime"
        assert urllib.parse.urlsplit(server.url).netloc == urllib.parse.urlsplit(server.base).netloc
        with connect(f"{server.url}?model=m", additional_headers={"Authorization": "Bearer sk"}) as socket:
            assert json.loads(socket.recv(timeout=5))["type"] == "session.created"
        with conversation(server) as call:
            call.until(lambda: call.said)


def test_one_protocol_alone_has_its_paths_alone():
    with agents() as server:
        with pytest.raises(InvalidStatus, match="404"):
            connect(f"{server.base}/v1/realtime?model=m", additional_headers={"Authorization": "Bearer sk"})
    with upstream() as server:
        with pytest.raises(InvalidStatus, match="404"):
            connect(server.url.replace("/v1/realtime", "/v1/convai/conversation?agent_id=a"))
