# SPDX-License-Identifier: Apache-2.0
"""The wall clock jumps, as it does when somebody sets it, or a virtual machine wakes."""
import re
import struct
import subprocess
import time
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from rig import await_true, tool
from target import TIMEOUTS, Behaving

HERE = Path(__file__).resolve().parent
HOUR, DAY = 3600, 24 * 3600
# Longer than what is waited for here, and much shorter than the jumps.
PATIENT = {**TIMEOUTS, "client_header": "20s", "client_body": "20s", "origin_body": "20s", "response": "20s"}
OFF_SECONDS_MAX = 2
# What the proxy answers itself, so that the date is its own.
OWN = b"OPTIONS * HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\nConnection: close\r\n\r\n"


def head(connection):
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        assert part, f"the connection ended after {received[:100]!r}"
        received += part
    return received


class Waiting:
    """What waits while the clock jumps: an idle connection, half a head, half a content, and an answer that takes long.
    If the wall clock had a say in a time-out, a jump would end each of them."""

    def __init__(self, target):
        self.idle, self.half_head, self.half_content, self.late = (target.connect() for _ in range(4))
        self.idle.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        assert b" 200 " in head(self.idle)
        self.half_head.sendall(b"GET / HTTP/1.1\r\nHost: h\r\nX: ")
        self.half_content.sendall(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nfirst")
        self.late.sendall(b"GET /delay/2000 HTTP/1.1\r\nHost: h\r\n\r\n")

    def end(self):
        self.idle.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        self.half_head.sendall(b"x\r\n\r\n")
        self.half_content.sendall(b"other")
        for connection in (self.idle, self.half_head, self.half_content, self.late):
            with connection:
                answer = head(connection)
                assert b" 200 " in answer.split(b"\r\n")[0], f"what waited was answered {answer[:100]!r}"


def follows(target, log, offset):
    """Whether Date and the log are as far from the time as the clock is."""
    wanted = time.time() + offset
    date = re.search(rb"\r\nDate: ([^\r]+)", target.ask(OWN))
    lines = re.findall(r"^\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d{3}\]", log.read_text(), re.M)
    if not date or not lines:
        return False
    seen = (parsedate_to_datetime(date[1].decode()).timestamp(), datetime.fromisoformat(lines[-1]).timestamp())
    return all(abs(when - wanted) <= OFF_SECONDS_MAX for when in seen)


def clock_jumps(target):
    """Under load the wall clock goes an hour forward, a day back, and home: nobody is refused or given up, nothing that
    waits ends, and Date and the log follow."""
    shim, offset, log = (target.rig.folder / name for name in ("clock.so", "offset", "proxy.log"))
    compiler = [tool("cc"), "-O2", "-Wall", "-Werror", "-shared", "-fPIC"]
    subprocess.run([*compiler, "-o", shim, HERE / "clock.c"], check=True)
    offset.write_bytes(struct.pack("=q", 0))
    target.start(log_file=log, timeouts=PATIENT,
                 environment={"LD_PRELOAD": str(shim), "CLOCK_OFFSET_FILE": str(offset)})
    jumps = [HOUR, HOUR - DAY, -DAY, 0]
    with Behaving(target) as behaving:
        for seconds in jumps:
            waiting = Waiting(target)
            with open(offset, "r+b") as file:                   # in place: it is mapped
                file.write(struct.pack("=q", seconds))
            await_true(f"Date and the log to follow the clock, which is {seconds} s off",
                       lambda: follows(target, log, seconds), 10)
            waiting.end()
    told = f"{len(jumps)} jumps of up to a day, {4 * len(jumps)} that waited were answered"
    return f"{told}; {behaving.judge()}; {target.must_settle()}"


CLOCKS = [clock_jumps]
