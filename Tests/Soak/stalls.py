#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times in which a processor did not get on: whoever sleeps there for 50 ms wakes much later. Nobody can answer in time
then, so a soak whose machine stood still says so beside what failed.

  stalls CORE     prints a line for each, until it is ended"""
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

STEP_SECONDS, STALL_SECONDS_MIN = 0.05, 0.5


def stolen_seconds(core):
    """What the hypervisor has given to others."""
    line = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith(f"cpu{core} "))
    return int(line.split()[8]) / os.sysconf("SC_CLK_TCK")


def watch(core):
    os.sched_setaffinity(0, {core})
    before, stolen = time.monotonic(), stolen_seconds(core)
    while True:
        time.sleep(STEP_SECONDS)
        now = time.monotonic()
        if now - before > STALL_SECONDS_MIN:
            after = stolen_seconds(core)
            print(f"{time.strftime('%H:%M:%S')} processor {core} stood still for {now - before:.1f} s, "
                  f"{after - stolen:.1f} s of it stolen", flush=True)
        before, stolen = now, stolen_seconds(core)


class Stalls:
    """Watches processors, each with a process of its own."""

    def __init__(self, cores):
        self.lines, self.watchers = [], []
        for core in cores:
            watcher = subprocess.Popen([sys.executable, __file__, str(core)], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, text=True)
            threading.Thread(target=lambda out=watcher.stdout: self.lines.extend(iter(out.readline, "")),
                             daemon=True).start()
            self.watchers.append(watcher)

    def stop(self):
        """Returns what was seen."""
        for watcher in self.watchers:
            watcher.terminate()
            watcher.wait()
        return sorted(line.rstrip() for line in self.lines)


if __name__ == "__main__":
    watch(int(sys.argv[1]))
