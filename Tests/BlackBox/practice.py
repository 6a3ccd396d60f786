"""`patchbay practice` behind a bridge: what it reported, and what each of its connections heard and said."""

import json
import re
import subprocess
import tempfile

from program import PATH, bare, eventually, written
from sound import read

KEY = "practice-key"


class Practice:
    """`patchbay practice --json` on a port of its own. With a folder it writes its recordings there."""

    def __init__(self, *arguments, folder=None):
        self.folder = folder
        self.output, self.stderr = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        if folder:
            arguments = ("--record", folder, *arguments)
        self.process = subprocess.Popen(
            [PATH, "practice", "--listen", "127.0.0.1:0", "--json", *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.stderr, env=bare({}))
        first = eventually(lambda: self._text().partition("\n")[0] if "\n" in self._text() else None)
        assert first, "practice is not ready"
        # What a bridge is told: of OpenAI a whole URL, of ElevenLabs a base; of both, in this order.
        self.urls = re.fullmatch(r"patchbay practice ready((?: (?:ws|http)://\S+)+)", first)[1].split()
        self.url = self.urls[0]

    def environment(self, query=""):
        """What a bridge is told to reach it; a query makes wishes, where it has a place."""
        if self.url.endswith("/v1/realtime"):
            return {"OPENAI_API_KEY": KEY, "OPENAI_REALTIME_URL": self.url + (f"?{query}" if query else "")}
        return {"ELEVENLABS_URL": self.url, "ELEVENLABS_API_KEY": KEY, "ELEVENLABS_AGENT_ID": "agent_1"}

    def _text(self):
        return written(self.output)

    def events(self, name=None):
        """What it told so far."""
        text = self._text()
        lines = [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()[1:]]
        return [line for line in lines if name in (None, line["event"])]

    @property
    def attempts(self):
        """Connections that came, taken in or not; when, in seconds from the first."""
        times = [line for line in self.events() if line["event"] in ("connection.opened", "connection.refused")]
        return [stamp(line["at"]) - stamp(times[0]["at"]) for line in times]

    def recording(self, kind, connection=1):
        """What was `heard` or `said`, once the connection is over."""
        path = self.folder / f"connection-{connection}-{kind}.wav"
        assert eventually(lambda: path.exists() and path.stat().st_size > 44), self.events()
        return read(path)

    def destroy(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def stamp(text):
    hours, minutes, seconds = text.rstrip("Z").partition("T")[2].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
