"""`patchbay practice` as the `elevenlabs` package sees it: its own `Conversation` is the client."""

import array
import contextlib
import queue
import threading
import time
import typing

from elevenlabs.client import ElevenLabs
from elevenlabs.conversational_ai.conversation import (
    AudioInterface, ClientTools, Conversation, ConversationInitiationData)
from elevenlabs.types import AsrInputFormat, ClientEvent, TtsOutputFormat

from practice import pitch, tone

RATE = 16_000


def named(union):
    """The names that the package's type for them lists."""
    return set(typing.get_args(typing.get_args(union)[0]))


EVENTS, HEARD, SPOKEN = named(ClientEvent), named(AsrInputFormat), named(TtsOutputFormat)


class Handset(AudioInterface):
    """A caller who says what he is told, in real time, and silence else: the service counts on never running dry."""

    def __init__(self):
        self.words, self.heard, self.interrupted_at = queue.Queue(), b"", []
        self.first_output = None
        self.over = threading.Event()

    def start(self, input_callback):
        def talk():
            while not self.over.wait(0.02):
                try:
                    piece = self.words.get_nowait()
                except queue.Empty:
                    piece = bytes(RATE // 50 * 2)
                input_callback(piece)

        self.thread = threading.Thread(target=talk, daemon=True)
        self.thread.start()

    def stop(self):
        self.over.set()

    def output(self, audio):
        self.first_output = self.first_output or time.monotonic()
        self.heard += audio

    def has_played(self, seconds):
        """Whether so much of what came was played, if it was played when it came."""
        return len(self.heard) >= seconds * RATE * 2 and time.monotonic() - self.first_output > seconds

    def interrupt(self):
        self.interrupted_at.append(len(self.heard))

    def say(self, pitch, seconds):
        data = tone(pitch, seconds, RATE).tobytes()
        for start in range(0, len(data), RATE // 50 * 2):
            self.words.put(data[start:start + RATE // 50 * 2])

    def tones(self, since=0):
        """The pitches of what was heard, tone by tone of one second, to the nearest Hz."""
        samples = array.array("h", self.heard[since:])
        return [round(pitch(samples[start:start + RATE], RATE)) for start in range(0, len(samples), RATE)]


class Call:
    def __init__(self):
        self.handset = Handset()
        self.said, self.corrections, self.transcripts, self.latencies, self.alignments = [], [], [], [], []
        self.frames, self.ending = [], None

    def until(self, is_so, seconds=15):
        end = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < end, (self.frames[-5:], self.ending)
            time.sleep(0.01)

    def seconds(self):
        return len(self.handset.heard) / RATE / 2


class Recorded(Conversation):
    """The client as it is, with every message kept."""

    def _handle_message(self, message, ws):
        self.frames.append(message)
        super()._handle_message(message, ws)


@contextlib.contextmanager
def conversation(server, agent="agent_practice", key="xi-practice", signed=False, tools=None, **initiation):
    """A conversation that is held by the package, and what came of it."""
    client = ElevenLabs(api_key=key, base_url=server.base.replace("ws://", "http://"))
    registered = ClientTools()
    for name, handler in (tools or {}).items():
        registered.register(name, handler)
    call = Call()
    held = Recorded(
        client, agent, requires_auth=signed, audio_interface=call.handset, client_tools=registered,
        config=ConversationInitiationData(**initiation),
        callback_agent_response=call.said.append,
        callback_agent_response_correction=lambda *texts: call.corrections.append(texts),
        callback_user_transcript=call.transcripts.append,
        callback_latency_measurement=call.latencies.append,
        callback_audio_alignment=call.alignments.append,
        callback_disconnect=lambda details: setattr(call, "ending", details))
    held.frames, call.client = call.frames, held
    held.start_session()
    try:
        yield call
    finally:
        held.end_session()
        held.wait_for_session_end()
