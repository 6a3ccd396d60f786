"""Checks a client message against the `elevenlabs` package: its types where it has some, else what its own client sends.

The package's models let unknown keys pass, so those are looked for at every depth."""

import base64
import json
import time

from elevenlabs.client import ElevenLabs
from elevenlabs.conversational_ai.conversation import (
    Conversation, ContextualUpdateClientToOrchestratorEvent, UserActivityClientToOrchestratorEvent,
    UserMessageClientToOrchestratorEvent)
from elevenlabs.types.conversation_initiation_client_data_request_input import (
    ConversationInitiationClientDataRequestInput)


def _what_its_client_sends():
    """One message of each type, as the package's client makes it."""
    sent = []

    class Socket:
        def send(self, text):
            sent.append(json.loads(text))

    conversation = Conversation(ElevenLabs(api_key="k"), "agent", requires_auth=False, audio_interface=None)
    conversation._handle_message({"type": "ping", "ping_event": {"event_id": 1}}, Socket())
    conversation._handle_message({
        "type": "client_tool_call",
        "client_tool_call": {"tool_name": "nope", "tool_call_id": "t", "parameters": {}}}, Socket())
    deadline = time.monotonic() + 4
    while len(sent) < 2 and time.monotonic() < deadline:  # The tool's answer comes from a thread of the client's.
        time.sleep(0.02)
    conversation.client_tools.stop()
    for event in (
            UserMessageClientToOrchestratorEvent("t"), ContextualUpdateClientToOrchestratorEvent("t"),
            UserActivityClientToOrchestratorEvent()):
        sent.append(json.loads(json.dumps(event.to_dict())))
    # In its documentation alone.
    sent.append({"type": "mcp_tool_approval_result", "tool_call_id": "t", "is_approved": True})
    return {message["type"]: message for message in sent}


MODELS = _what_its_client_sends()


def _unknown_keys(value, path=""):
    if isinstance(value, list):
        return [key for index, element in enumerate(value) for key in _unknown_keys(element, f"{path}[{index}]")]
    if not hasattr(value, "model_extra"):
        return []
    keys = [f"{path}.{name}" for name in value.model_extra or {}]
    for name in type(value).model_fields:
        keys += _unknown_keys(getattr(value, name), f"{path}.{name}")
    return keys


def problems(text):
    """What is wrong with a message, in words; empty if nothing is."""
    message = json.loads(text)
    if "user_audio_chunk" in message:
        return list(_audio(message))
    kind = message.pop("type", None)
    if kind == "conversation_initiation_client_data":
        return list(_initiation(message))
    if kind not in MODELS:
        return [f"no client message is called {kind!r}"]
    model = {name: value for name, value in MODELS[kind].items() if name != "type"}
    found = [f"unknown key {name}" for name in message if name not in model]
    found += [f"missing key {name}" for name in model if name not in message]
    return found + [
        f"{name} is a {type(value).__name__}" for name, value in message.items()
        if name in model and type(value) is not type(model[name])]


def _audio(message):
    if set(message) != {"user_audio_chunk"}:
        yield "audio has nothing beside it"
    try:
        if not base64.b64decode(message["user_audio_chunk"], validate=True):
            yield "a chunk without audio"
    except (ValueError, TypeError):
        yield "audio is no base64"


def _initiation(message):
    try:
        read = ConversationInitiationClientDataRequestInput.model_validate_json(json.dumps(message), strict=True)
    except ValueError as error:
        yield str(error)
        return
    yield from (f"unknown key {key}" for key in _unknown_keys(read))
    model = message.get("conversation_config_override", {}).get("agent", {}).get("prompt", {}).get("llm", "")
    if not isinstance(model, str):
        yield "llm is no name"  # Its type takes anything, for models to come.
    for name, value in (message.get("dynamic_variables") or {}).items():
        if not isinstance(value, (str, int, float, bool)) or name.startswith("system__"):
            yield f"the variable {name} is not one of ours to set"
