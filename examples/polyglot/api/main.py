"""The API: GET /visits reads the count of visits, POST /visits adds one."""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import URLError
from urllib.request import Request, urlopen

COUNT = os.environ["DB_URL"] + "/visits"
WORDS = os.environ["WORDS_URL"]
GREEN, PLAIN = ("\033[32m", "\033[0m") if sys.stdout.isatty() else ("", "")


def ask(url, method="GET"):
    with urlopen(Request(url, method=method), timeout=5) as reply:
        return reply.read().decode().strip()


class Visits(BaseHTTPRequestHandler):
    def answer(self, method):
        if self.path != "/visits":
            self.send_error(404)
            return
        try:
            visits = int(ask(COUNT, method))
            body = {"visits": visits, "words": ask(f"{WORDS}/{visits}")}
        except URLError as err:
            self.send_error(502, f"{err.reason}")
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def do_GET(self):
        self.answer("GET")

    def do_POST(self):
        self.answer("POST")

    def log_message(self, text, *args):
        print(f"{GREEN}{self.command}{PLAIN} {text % args}")


def leave(*_):
    print("bye from Python")
    sys.exit(0)


signal.signal(signal.SIGTERM, leave)
server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Visits)
print(f"api on port {server.server_port}, log level {os.environ['LOG_LEVEL']}")
server.serve_forever()
