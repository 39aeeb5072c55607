"""A test against what runs: prox exec web python3 check.py. It has the ports of
its own worktree, since prox exec gives it the environment of web."""

import os
import sys
from urllib.request import Request, urlopen

API, WEB = os.environ["API_URL"], f"http://127.0.0.1:{os.environ['PORT']}/"

note = f"checked by process {os.getpid()}"
with urlopen(Request(API + "/notes", data=note.encode()), timeout=5) as reply:
    assert reply.status == 201, reply.status
with urlopen(WEB, timeout=5) as reply:
    page = reply.read().decode()
if f"<li>{note}</li>" not in page:
    sys.exit(f"the note is not on the page:\n{page}")
print(f"ok: a note goes through the API at {API} onto the page at {WEB}")
