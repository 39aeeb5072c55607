"""Answers requests and forgets nothing."""

import os
import time

MB = float(os.environ["LEAK_MB"])
kept = []
while True:
    kept.append(bytearray(os.urandom(1024) * int(MB * 1024 / 10)))
    if len(kept) % 100 == 1:
        print(f"holding {len(kept) * MB / 10:.0f} MB", flush=True)
    time.sleep(0.1)
