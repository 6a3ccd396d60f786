"""The carrier's REST API, as far as a bridge that hangs up needs it."""

import http.server
import json
import threading
import time
import urllib.parse

ACCOUNT, TOKEN = f"AC{'0' * 32}", "auth-token"


class Carrier:
    """Takes orders for calls, and remembers when each came."""

    def __init__(self):
        self.orders = []  # (time.monotonic(), call, form)
        carrier = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                call = self.path.rpartition("/")[2].removesuffix(".json")
                carrier.orders.append((time.monotonic(), call, dict(urllib.parse.parse_qsl(body))))
                self.answer(call, "completed")

            def do_GET(self):
                self.answer(self.path.rpartition("/")[2].removesuffix(".json"), "completed")

            def answer(self, call, status):
                text = json.dumps({"sid": call, "account_sid": ACCOUNT, "status": status, "direction": "inbound"})
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def environment(self):
        return {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN,
                "TWILIO_API_BASE": f"http://127.0.0.1:{self.server.server_port}"}

    def close(self):
        self.server.shutdown()
        self.server.server_close()
