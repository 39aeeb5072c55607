"""Becomes a daemon, as it has been done since there is Unix."""

import os
import time

up, tell = os.pipe()
if os.fork():
    os.close(tell)
    os.read(up, 1)  # whoever started it is told when it serves, and not before
    os._exit(0)
os.setsid()  # no terminal, no process group of whoever started it
if os.fork():
    os._exit(0)
os.chdir("/")
print(f"daemon {os.getpid()} serves", flush=True)
os.write(tell, b"!")
os.close(tell)
while True:
    time.sleep(1)
