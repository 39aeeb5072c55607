"""The API: GET /visits reads the count of visits, POST /visits adds one."""

import json
import os
import signal
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DB = os.environ["DB_URL"] + "/visits"
GREEN, PLAIN = ("\033[32m", "\033[0m") if sys.stdout.isatty() else ("", "")


class Visits(BaseHTTPRequestHandler):
    def answer(self, method):
        if self.path != "/visits":
            self.send_error(404)
            return
        request = urllib.request.Request(DB, method=method)
        with urllib.request.urlopen(request, timeout=5) as reply:
            body = json.dumps({"visits": int(reply.read())}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

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
