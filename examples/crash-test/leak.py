"""Works well for a while, then forgets nothing any more."""

import os
import time

MB = float(os.environ["LEAK_MB"])  # each second

print("all is well", flush=True)
time.sleep(float(os.environ["LEAK_AFTER"]))  # seconds
kept = []
while True:
    kept.append(bytearray(os.urandom(1024) * int(MB * 1024 / 10)))
    if len(kept) % 100 == 1:
        print(f"holding {len(kept) * MB / 10:.0f} MB", flush=True)
    time.sleep(0.1)
