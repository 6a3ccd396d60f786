"""`patchbay practice --carrier`: a carrier whose calls really ring, and the bridge's webhooks as it sees them."""

import base64
import contextlib
import http.client
import http.server
import json
import threading
import urllib.parse

from carrier import ACCOUNT, TOKEN
from practice import Practice
from program import eventually

HOUSE = "+15550002222"
EVENTS = ["initiated", "ringing", "answered", "completed"]


class PracticeCarrier(Practice):
    """The practice upstream and a carrier at one address. Each of `callees` is 'NUMBER WORD …'."""

    def __init__(self, *arguments, callees=(), faults=(), cps=0, numbers=(HOUSE,), folder=None):
        options = ["--carrier", "--account", ACCOUNT, "--auth-token", TOKEN, "--cps", cps]
        for name, values in (("--callee", callees), ("--carrier-fault", faults), ("--number", numbers)):
            for value in values:
                options += [name, value]
        super().__init__(*options, *arguments, folder=folder)
        self.api_base = self.urls.pop()
        self.address = urllib.parse.urlsplit(self.api_base)

    @property
    def credentials(self):
        return {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_API_BASE": self.api_base}

    # What a client of the REST API does.

    def ask(self, method, path, form=None, user=(ACCOUNT, TOKEN), timeout=10, headers=None):
        """Returns the status and the answer, read if it is JSON. `form` is a list of pairs."""
        connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=timeout)
        pair = base64.b64encode(":".join(user).encode()).decode()
        with contextlib.closing(connection):
            connection.request(
                method, f"/2010-04-01/Accounts/{ACCOUNT}/{path}", urllib.parse.urlencode(form or []),
                {"Authorization": f"Basic {pair}", "Content-Type": "application/x-www-form-urlencoded"})
            answer = connection.getresponse()
            body = answer.read()
            self.headers = answer.headers
            return answer.status, json.loads(body) if answer.headers["Content-Type"] == "application/json" else body

    def dial(self, to, url, status=None, events=EVENTS, **more):
        form = [("To", to), ("From", HOUSE), ("Url", url), *more.items()]
        if status:
            form += [("StatusCallback", status)] + [("StatusCallbackEvent", event) for event in events]
        code, call = self.ask("POST", "Calls.json", form)
        assert code == 201, call
        return call["sid"]

    def call(self, sid):
        return self.ask("GET", f"Calls/{sid}.json")[1]

    def ended(self, sid, within=10.0):
        """Its final status."""
        final = ("completed", "busy", "no-answer", "canceled", "failed")
        return eventually(lambda: (word := self.call(sid)["status"]) in final and word, within)

    # What it was asked and what became of it.

    def asked(self, operation):
        """The forms of the requests of this kind."""
        return [dict(urllib.parse.parse_qsl(line["body"])) for line in self.events("rest.asked")
                if line["operation"] == operation]

    @property
    def created(self):
        return [line["sid"] for line in self.events("call.created")]


class Webhooks:
    """Whoever the carrier asks and tells: keeps what came, answers what a test decides."""

    def __init__(self, document="<Response><Pause length='60'/></Response>"):
        self.document, self.requests, self.refuse = document, [], []
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
                owner.requests.append((self.path, form, self.headers.get("X-Twilio-Signature")))
                code = owner.refuse.pop(0) if owner.refuse and self.path != "/voice" else 200
                data = owner.document.encode() if self.path == "/voice" else b""
                self.send_response(code)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def told(self, path="/status"):
        return [form for where, form, _ in self.requests if where == path]

    def destroy(self):
        self.server.shutdown()
        self.server.server_close()
