"""The API: GET /notes lists the notes, POST /notes adds the text in its body.
They lie in notes.txt, in this folder: each worktree has its own."""

import json
import os
import pathlib
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NOTES = pathlib.Path(__file__).resolve().parent / "notes.txt"


def read():
    return NOTES.read_text().splitlines() if NOTES.exists() else []


def add(text):
    if not text.strip():
        raise ValueError("a note needs a text")
    with NOTES.open("a") as file:
        file.write(" ".join(text.split()) + "\n")


class Notes(BaseHTTPRequestHandler):
    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/health":
            self.answer(200, {"ok": True})
        elif self.path == "/notes":
            self.answer(200, read())
        else:
            self.answer(404, {"error": "ask for /notes"})

    def do_POST(self):
        text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        try:
            add(text)
        except ValueError as err:
            print(f"level=warn msg=\"refused\" reason=\"{err}\"", file=sys.stderr)
            self.answer(422, {"error": str(err)})
            return
        print(f"level=info msg=\"noted\" text=\"{text}\"")
        self.answer(201, read())

    def log_message(self, text, *args):
        pass  # each health check would be a line


print(f"level=info msg=\"listening\" port={os.environ['PORT']}")
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Notes).serve_forever()
