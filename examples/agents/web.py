"""The page: what the API has, as HTML."""

import html
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import URLError
from urllib.request import urlopen

TITLE = "Notes"


def page(notes):
    items = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
    return f"<!doctype html><title>{TITLE}</title><h1>{TITLE}</h1><ul>{items}</ul>\n"


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            self.answer(200, "ok\n")
            return
        try:
            with urlopen(os.environ["API_URL"] + "/notes", timeout=5) as reply:
                status, text = 200, page(json.load(reply))
        except URLError as err:
            print(f"level=error msg=\"no notes\" error=\"{err}\"")
            status, text = 502, "the API does not answer\n"
        self.answer(status, text)

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, text, *args):
        pass  # each health check would be a line


print(f"level=info msg=\"listening\" port={os.environ['PORT']}")
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
