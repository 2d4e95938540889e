# SPDX-License-Identifier: Apache-2.0
"""Bounded load: an exact number of requests over kept connections, wrk for some seconds, and a slow reader."""
import re
import selectors
import socket
import subprocess
import time

from rig import LOAD_CORE, Trouble, pinned, tool

ANSWER_SECONDS_MAX = 20


class Connections:
    """Keep-alive connections, each with at most one request under way. The server must never close one."""

    def __init__(self, port, number):
        self.request = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        self.selector = selectors.DefaultSelector()
        self.buffers = {}
        for _ in range(number):
            connection = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS_MAX)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.buffers[connection] = b""
            self.selector.register(connection, selectors.EVENT_READ)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.selector.close()
        for connection in self.buffers:
            connection.close()

    def perform(self, requests):
        """So many requests in all; returns when each has its answer, a 200."""
        unsent, unanswered = requests, requests
        for connection in self.buffers:
            if unsent:
                connection.sendall(self.request)
                unsent -= 1
        while unanswered:
            ready = self.selector.select(ANSWER_SECONDS_MAX)
            if not ready:
                raise Trouble(f"no answer within {ANSWER_SECONDS_MAX} s, {unanswered} of {requests} requests left")
            for key, _ in ready:
                if self.take(key.fileobj):
                    unanswered -= 1
                    if unsent:
                        key.fileobj.sendall(self.request)
                        unsent -= 1

    def take(self, connection):
        """Reads once; whether the answer is now whole."""
        received = connection.recv(65536)
        if not received:
            raise Trouble("the server closed a kept connection")
        raw = self.buffers[connection] + received
        head, found, body = raw.partition(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE) if found else None
        if found and (not length or not head.startswith(b"HTTP/1.1 200")):
            raise Trouble(f"not the expected answer: {head[:200]!r}")
        done = bool(found) and len(body) >= int(length[1])
        self.buffers[connection] = b"" if done else raw
        return done


def wrk(port, connections, seconds):
    """Requests answered in so many seconds."""
    command = pinned(LOAD_CORE, [tool("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", f"http://127.0.0.1:{port}/"])
    output = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            timeout=seconds + 30, check=True).stdout
    found = re.search(r"(\d+) requests in", output)
    if not found or int(found[1]) == 0 or "Non-2xx" in output or "Socket errors" in output:
        raise Trouble(f"wrk was not served as it should be:\n{output}")
    return int(found[1])


def wrk_counts(output):
    """Of what wrk printed: the requests that were answered, and those that failed or were answered with an error."""
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    failed = (sum(map(int, errors.groups())) if errors else 0) + (int(refused[1]) if refused else 0)
    return int(re.search(r"(\d+) requests in", output)[1]), failed


def traced_calls(make_rig, start, load, seconds):
    """System calls by name and the requests of one run under strace."""
    with make_rig() as rig:
        counts = rig.folder / "strace"
        product = start(rig, [tool("strace"), "-f", "-c", "-U", "name,calls", "-o", counts])
        requests = load(product.port, seconds)
        product.must_run()
        product.stop()
        rows = (line.split() for line in counts.read_text().splitlines())
        calls = {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit() and row[0] != "total"}
        return calls, requests


def calls_per_request(make_rig, start, load, short_seconds=1, long_seconds=3):
    """System calls per request by name, and over how many requests. `start` gets the rig and the tracer, `load` the
    port and the seconds. From the difference of a long and a short run, so that starting, connecting and stopping do
    not count."""
    short, short_requests = traced_calls(make_rig, start, load, short_seconds)
    long, long_requests = traced_calls(make_rig, start, load, long_seconds)
    requests = long_requests - short_requests
    if requests <= 0:
        raise Trouble(f"{long_requests} requests in the long run under strace, {short_requests} in the short one")
    return {call: (number - short.get(call, 0)) / requests for call, number in long.items()}, requests


def read_slowly(port, body_bytes, bytes_per_second, seconds, every_slice):
    """Reads /bytes/{n} no faster than told, for so long. `every_slice` hears of the body's bytes so far."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)       # or the kernel reads ahead for us
        connection.settimeout(ANSWER_SECONDS_MAX)
        connection.connect(("127.0.0.1", port))
        connection.sendall(b"GET /bytes/%d HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % body_bytes)
        head = b""
        while b"\r\n\r\n" not in head:
            head += (received := connection.recv(4096))
            if not received:
                raise Trouble(f"no answer to /bytes/{body_bytes}: {head!r}")
        if not head.startswith(b"HTTP/1.1 200") or b"content-length: %d\r\n" % body_bytes not in head.lower():
            raise Trouble(f"not the expected answer to /bytes/{body_bytes}: {head[:300]!r}")
        total, start = len(head.partition(b"\r\n\r\n")[2]), time.monotonic()
        while total < body_bytes and (elapsed := time.monotonic() - start) < seconds:
            if total > elapsed * bytes_per_second:
                time.sleep(0.01)
                continue
            if not (received := connection.recv(65536)):
                raise Trouble(f"the body ended after {total} of {body_bytes} bytes")
            total += len(received)
            every_slice(total)
        return total
