"""The carrier around a call: who we are to it, how it signs, what it says when a stream begins, and its REST API."""

import base64
import hmac
import http.server
import json
import threading
import time
import urllib.parse

ACCOUNT = "AC" + "1" * 32
TOKEN = "auth-token-of-tests"

CONNECTED = json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})


def signature(text, token=TOKEN):
    """Of a URL, with the names and values of a form behind it in their order."""
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode()


def start(call, stream, parameters):
    """What a stream's `start` holds."""
    return {
        "accountSid": ACCOUNT, "streamSid": stream, "callSid": call, "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": parameters}


class Carrier:
    """The REST side, with answers that a test decides, also of calls that nobody holds. It shares nothing with
    `patchbay practice --carrier`, whose calls really ring, so that a mistake that both ends make does not hide."""

    def __init__(self, unknown=None):
        self.unknown = unknown  # The status of calls that no test has spoken of; None is 404.
        self.statuses = {}  # By the call.
        self.requests = []  # (time.monotonic(), method, call, form)
        self.hooks = {}  # By the call: what an update does.
        self.broken = False
        self.account = "active"  # Its status; None refuses the credentials.
        self.looks = 0  # At the account.
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                self.reply({})

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.reply(dict(urllib.parse.parse_qsl(body)))

            def reply(self, form):
                call = self.path.rpartition("/")[2].removesuffix(".json")
                if call == ACCOUNT:
                    return self.tell_account()
                owner.requests.append((time.monotonic(), self.command, call, form))
                status = owner.statuses.get(call, owner.unknown)
                if owner.broken:
                    code, body = 500, {"code": 20500, "message": "broken", "status": 500}
                elif status is None:
                    code, body = 404, {"code": 20404, "message": "not found", "status": 404}
                else:
                    if form.get("Status") == "completed":
                        owner.statuses[call] = status = "completed"
                    code, body = 200, {
                        "sid": call, "account_sid": ACCOUNT, "status": status, "direction": "inbound",
                        "from": "+15550001111", "to": "+15550002222", "duration": None, "price": None,
                        "answered_by": None, "start_time": None, "end_time": None, "parent_call_sid": None}
                self.answer(code, body)
                if form and call in owner.hooks:
                    owner.hooks.pop(call)(form)

            def tell_account(self):
                owner.looks += 1
                if owner.broken:
                    self.answer(500, {"code": 20500, "message": "broken", "status": 500})
                elif owner.account is None:
                    self.answer(401, {"code": 20003, "message": "Authenticate", "status": 401})
                else:
                    self.answer(200, {"sid": ACCOUNT, "status": owner.account, "friendly_name": "tests"})

            def answer(self, code, body):
                data = json.dumps(body).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # A bridge that was killed left in the middle of its question.

        self.server = Quiet(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    @property
    def environment(self):
        return {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_API_BASE": self.url}

    def asked(self, call, method="GET"):
        return [form for _, asked, name, form in self.requests if (asked, name) == (method, call)]

    @property
    def orders(self):
        """What calls were told to do: (when, call, form)."""
        return [(at, call, form) for at, method, call, form in self.requests if method == "POST"]

    def destroy(self):
        self.server.shutdown()
        self.server.server_close()
