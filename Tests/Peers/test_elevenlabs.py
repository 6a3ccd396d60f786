"""What Patchbay sends to ElevenLabs is what ElevenLabs' own package knows."""

import copy
import json

import pytest

from elevenlabs_events import problems
from samples import samples

SAMPLES = samples("elevenlabs")


def objects(value, path=()):
    """The paths of all objects in a message that have fixed keys."""
    if isinstance(value, dict):
        yield path
        for key, inner in value.items():
            if key != "dynamic_variables":
                yield from objects(inner, path + (key,))


def leaves(value, path=()):
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in ("dynamic_variables", "type"):
                yield from leaves(inner, path + (key,))
    else:
        yield path


def changed(event, path, change):
    event = copy.deepcopy(event)
    place = event
    for step in path[:-1]:
        place = place[step]
    if not path:
        return change(event)
    place[path[-1]] = change(place[path[-1]])
    return event


def test_every_kind_of_message_is_there():
    kinds = {json.loads(text).get("type") for _, text in SAMPLES}
    assert kinds == {
        None, "conversation_initiation_client_data", "pong", "client_tool_result", "user_message", "contextual_update",
        "user_activity", "mcp_tool_approval_result"}


@pytest.mark.parametrize("text", [text for _, text in SAMPLES], ids=[name for name, _ in SAMPLES])
def test_a_message_is_as_the_package_has_it(text):
    assert problems(text) == []


def test_a_key_too_many_or_a_wrong_type_is_found_wherever_it_is_planted():
    missed, planted = [], 0
    for name, text in SAMPLES:
        event = json.loads(text)
        cases = [(path, lambda inside: {**inside, "planted": 1}) for path in objects(event)]
        cases += [(path, lambda _: [["planted"]]) for path in leaves(event)]
        for path, change in cases:
            planted += 1
            if not problems(json.dumps(changed(event, path, change))):
                missed.append((name, path))
    assert planted > 80
    assert missed == []
