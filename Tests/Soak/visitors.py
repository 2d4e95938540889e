# SPDX-License-Identifier: Apache-2.0
"""Clients of every kind, each with a thread: what they get is compared with what they must get."""
import http.client
import json
import random
import socket
import string
import struct
import threading
import time

from tunnels import SWITCHED, read_head
from world import PORT

ADDRESS, ANSWER_SECONDS_MAX, PAUSE_SECONDS = ("127.0.0.1", PORT), 20, 0.2
GREETING = b'{"message": "you got this!"}'
TUNNEL_MESSAGES = 60
DELAY_MS_MAX = 3000                    # an origin is given 5 s to answer
UNFINISHED = (b"GET / HTT", b"PUT /echo HTTP/1.1\r\nHost: soak.test\r\nContent-Length: 90000\r\n\r\n12",
              b"GET /bytes/100000000 HTTP/1.1\r\nHost: soak.test\r\n\r\n")


def must(fact, what):
    if not fact:
        raise AssertionError(what)


def connect():
    return socket.create_connection(ADDRESS, timeout=ANSWER_SECONDS_MAX)


def asked(method, path, body=None, chunked=False):
    """One request by Python's client, on a connection of its own."""
    connection = http.client.HTTPConnection(*ADDRESS, timeout=ANSWER_SECONDS_MAX)
    try:
        pieces = (body[i:i + 5000] for i in range(0, len(body), 5000)) if chunked else body
        connection.request(method, path, pieces, encode_chunked=chunked,
                           headers={"Transfer-Encoding": "chunked"} if chunked else {})
        answer = connection.getresponse()
        content = answer.read()
        must(answer.status == 200, f"{method} {path} was answered {answer.status}: {content[:200]!r}")
        return content
    finally:
        connection.close()


def download():
    size = random.randint(1, 3_000_000)
    got = len(asked("GET", f"/bytes/{size}"))
    must(got == size, f"{got} of {size} bytes came")


def upload():
    body = "".join(random.choices(string.ascii_letters, k=1000)) * random.randint(1, 300)
    content = json.loads(asked("PUT", "/echo", body.encode(), chunked=random.random() < 0.5))
    must(content["body"] == body, f"an upload of {len(body)} bytes is another at its origin")


def long_poll():
    answer = asked("GET", f"/delay/{random.randint(100, DELAY_MS_MAX)}")
    must(answer == GREETING, f"instead of the greeting came {answer!r}")


def pipeline():
    with connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: soak.test\r\n\r\n" * 7
                           + b"GET / HTTP/1.1\r\nHost: soak.test\r\nConnection: close\r\n\r\n")
        answers = b"".join(iter(lambda: connection.recv(65536), b""))
        must(answers.count(b"HTTP/1.1 200 ") == answers.count(GREETING) == 8, f"of 8 answers came {answers!r}")


def dribble():
    with connect() as connection:
        for byte in b"GET / HTTP/1.1\r\nHost: soak.test\r\nConnection: close\r\n\r\n":
            connection.sendall(bytes((byte,)))
            time.sleep(0.02)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
        must(answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(GREETING), f"a slow head got {answer!r}")


def leave():
    """Goes with a reset: in a head, in its content, or in the answer."""
    with connect() as connection:
        connection.sendall(random.choice(UNFINISHED))
        time.sleep(0.05)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def tunnel():
    with connect() as connection:
        connection.sendall(b"GET /tunnel HTTP/1.1\r\nHost: soak.test\r\nConnection: upgrade\r\n"
                           b"Upgrade: websocket\r\n\r\n")
        head = read_head(connection)
        must(head.startswith(SWITCHED.partition(b"\r\n")[0]), f"the tunnel's request got {head!r}")
        for _ in range(TUNNEL_MESSAGES):
            message = random.randbytes(random.randint(1, 2000))
            connection.sendall(message)
            got = b""
            while len(got) < len(message):
                must(received := connection.recv(65536), "the tunnel was cut")
                got += received
            must(got == message, "the tunnel changed what went through it")
            time.sleep(PAUSE_SECONDS)


KINDS = (download, upload, long_poll, pipeline, dribble, leave, tunnel)


class Visitors:
    def __init__(self):
        self.stopping, self.lock = threading.Event(), threading.Lock()
        self.counts, self.failures = dict.fromkeys((kind.__name__ for kind in KINDS), 0), []
        self.threads = [threading.Thread(target=self.visit, args=(kind,)) for kind in KINDS]
        for thread in self.threads:
            thread.start()

    def visit(self, kind):
        while not self.stopping.wait(PAUSE_SECONDS):
            try:
                kind()
            except (OSError, AssertionError, http.client.HTTPException, ValueError) as error:
                with self.lock:
                    self.failures.append(f"{time.strftime('%T')} {kind.__name__}: {type(error).__name__}: {error}")
            self.counts[kind.__name__] += 1

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
