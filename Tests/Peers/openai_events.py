"""Checks a client event against the types of the `openai` package: every key known, every value of its type.

The package's models let unknown keys pass, so those are looked for at every depth. What its types do not say, though the
protocol does, is checked here as well.
"""

import base64
import json
import typing

from openai.types.realtime.realtime_client_event import RealtimeClientEvent


def _by_type(alias):
    union = typing.get_args(alias)[0]
    return {name: model for model in typing.get_args(union)
            for name in typing.get_args(model.model_fields["type"].annotation)}


_CLIENT = _by_type(RealtimeClientEvent)


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
    """What is wrong with an event, in words; empty if nothing is."""
    event = json.loads(text)
    kind = event.get("type")
    model = _CLIENT.get(kind) if isinstance(kind, str) else None
    if model is None:
        return [f"no client event is called {kind!r}"]
    try:
        read = model.model_validate_json(text, strict=True)
    except ValueError as error:
        return [str(error)]
    return [f"unknown key {key}" for key in _unknown_keys(read)] + list(_beyond_types(event))


def _beyond_types(event):
    if len(event.get("event_id", "")) > 512:
        yield "event_id is longer than 512 characters"
    if event["type"] == "input_audio_buffer.append":
        try:
            if not base64.b64decode(event["audio"], validate=True):
                yield "an append without audio"
        except ValueError:
            yield "audio is no base64"
    if event["type"] == "conversation.item.truncate" and event["audio_end_ms"] <= 0:
        yield "a truncation to nothing: the item must be deleted"
    if event["type"] == "session.update":
        yield from _session(event["session"])
    metadata = event.get("response", {}).get("metadata", {})
    if len(metadata) > 16 or any(len(key) > 64 or len(value) > 512 for key, value in metadata.items()):
        yield "more metadata than is allowed"


def _session(session):
    if session.get("type") != "realtime":
        yield "the session's type is missing"
    if session.get("output_modalities") not in (None, ["audio"], ["text"]):
        yield "more than one modality"
    tokens = session.get("max_output_tokens")
    if tokens not in (None, "inf") and not 1 <= tokens <= 4096:
        yield "max_output_tokens is out of range"
    audio = session.get("audio", {})
    for side in ("input", "output"):
        form = audio.get(side, {}).get("format")
        if form and form["type"] == "audio/pcm" and form.get("rate") != 24000:
            yield "PCM at another rate than 24,000"
    idle = (audio.get("input", {}).get("turn_detection") or {}).get("idle_timeout_ms")
    if idle is not None and not 5000 <= idle <= 30000:
        yield "idle_timeout_ms is out of range"
    if not 0.25 <= audio.get("output", {}).get("speed", 1) <= 1.5:
        yield "speed is out of range"
    transcription = audio.get("input", {}).get("transcription") or {}
    if "language" in transcription and "languages" in transcription:
        yield "language and languages together"
