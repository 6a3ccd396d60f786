"""What Patchbay sends to OpenAI is what OpenAI's own package knows, at every depth."""

import copy
import json

import pytest

from openai_events import problems
from samples import samples

SAMPLES = samples("openai")

# Objects whose keys are the user's own.
FREE = {"parameters", "metadata", "variables"}


def objects(value, path=()):
    """The paths of all objects in a message that have fixed keys."""
    if isinstance(value, dict):
        yield path
        for key, inner in value.items():
            if key not in FREE:
                yield from objects(inner, path + (key,))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from objects(inner, path + (index,))


def leaves(value, path=()):
    """The paths of all plain values among fixed keys."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in FREE:
                yield from leaves(inner, path + (key,))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, path + (index,))
    elif value is not None:
        yield path


def changed(event, path, change):
    event = copy.deepcopy(event)
    place = event
    for step in path[:-1]:
        place = place[step]
    if path:
        place[path[-1]] = change(place[path[-1]])
        return event
    return change(event)


def test_every_kind_of_message_is_there():
    kinds = {json.loads(text)["type"] for _, text in SAMPLES}
    assert kinds == {
        "session.update", "response.create", "response.cancel", "conversation.item.create",
        "conversation.item.truncate", "conversation.item.delete", "conversation.item.retrieve",
        "input_audio_buffer.append", "input_audio_buffer.commit", "input_audio_buffer.clear",
    }


@pytest.mark.parametrize("text", [text for _, text in SAMPLES], ids=[name for name, _ in SAMPLES])
def test_a_message_is_as_the_package_has_it(text):
    assert problems(text) == []


def test_a_key_too_many_is_found_wherever_it_is_planted():
    missed, planted = [], 0
    for name, text in SAMPLES:
        event = json.loads(text)
        for path in objects(event):
            planted += 1
            if not problems(json.dumps(changed(event, path, lambda inside: {**inside, "planted": 1}))):
                missed.append((name, path))
    assert planted > 200
    assert missed == []


def test_a_wrong_type_is_found_wherever_it_is_planted():
    missed, planted = [], 0
    for name, text in SAMPLES:
        event = json.loads(text)
        for path in leaves(event):
            planted += 1
            if not problems(json.dumps(changed(event, path, lambda value: [value]))):
                missed.append((name, path))
    assert planted > 300
    assert missed == []
