# SPDX-License-Identifier: Apache-2.0
"""What the Autobahn testsuite sends over WebSockets, section by section (its numbers stand in the names), valid or not,
played both ways at once. A proxy looks into no message: at the other end there must be the same bytes."""
import base64
import hashlib
import os
import random
import socket
import struct
import threading

TEXT, BINARY, CLOSE, PING, PONG, CONTINUED = 1, 2, 8, 9, 10, 0
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
KEY = base64.b64encode(bytes(range(16)))
SECONDS_MAX = 20
SIZES = [0, 1, 125, 126, 127, 128, 65_535, 65_536]
STARS = "*" * 65_536
GREEK = "κόσμε".encode()                                       # two and three bytes each
NO_UTF8 = [b"\xcebaabc\x80", b"\xf0\x80\x80\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xff", b"\xc0\xaf",
           b"\xf8\x88\x80\x80\x80", b"\xed\xaf\xbf\xed\xbf\xbf", b"\xe2\x82", b"\x80"]
LIMITS = [b"\x00", b"\x7f", b"\xc2\x80", b"\xdf\xbf", b"\xe0\xa0\x80", b"\xef\xbf\xbf", b"\xf0\x90\x80\x80",
          b"\xf4\x8f\xbf\xbf", b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xef\xbf\xbe"]
CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
NO_CODES = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65_535]


def frame(opcode, payload=b"", final=True, reserved=0, mask=None):
    """RFC 6455 §5.2."""
    count = len(payload)
    first = bytes([final << 7 | reserved << 4 | opcode])
    size = count if count < 126 else 126 if count < 65_536 else 127
    length = b"" if size < 126 else struct.pack("!H" if size == 126 else "!Q", count)
    if mask is None:
        return first + bytes([size]) + length + payload
    key = mask * (count // 4 + 1)
    masked = (int.from_bytes(payload) ^ int.from_bytes(key[:count])).to_bytes(count) if count else b""
    return first + bytes([size | 0x80]) + length + mask + masked


def fragments(opcode, parts, between=()):
    """A message in parts; after each part comes what stands between."""
    rows = []
    for number, part in enumerate(parts):
        rows.append((CONTINUED if number else opcode, part, number == len(parts) - 1))
        rows += between if number < len(parts) - 1 else ()
    return rows


def chopped(payload, size):
    return [payload[at:at + size] for at in range(0, len(payload), size)] or [b""]


def close(code=None, reason=b""):
    return (CLOSE, (b"" if code is None else struct.pack("!H", code)) + reason)


def sections():
    """Each section, and its cases: the frames, and the size of the writes they are sent in (0: all at once)."""
    some = b"hello, world"
    yield "1 framing", [([(opcode, STARS[:size].encode())], writes)
                        for opcode in (TEXT, BINARY) for size in SIZES for writes in (0, 997)]
    yield "2 pings and pongs", [
        *(([(PING, payload)], writes) for payload in (b"", some, bytes(125), bytes(126)) for writes in (0, 1)),
        ([(PONG, b"")], 0), ([(PONG, some), (PING, some)], 0), ([(PING, b"%d" % n) for n in range(10)], 0),
        ([(PING, b"%d" % n) for n in range(10)], 1)]
    yield "3 reserved bits", [([(TEXT, some), (opcode, some, True, reserved), (PING,)], 0)
                              for reserved in range(1, 8) for opcode in (TEXT, BINARY, PING, CLOSE)]
    yield "4 opcodes that are not known", [([(TEXT, some), (opcode, payload), (PING,)], writes)
                                           for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
                                           for payload, writes in ((b"", 0), (some, 1))]
    ping = [(PING, b"between")]
    yield "5 fragmentation", [
        *((fragments(TEXT, parts, between), writes) for parts in ([some, some], [b"", b"", b""], [b"", some, b""])
          for between in ((), ping, ping * 3) for writes in (0, 1)),
        (fragments(PING, [some, some]), 0), (fragments(PONG, [some, some]), 0), ([(CONTINUED, some), (TEXT, some)], 0),
        ([(CONTINUED, some, False), (TEXT, some)], 1), ([(TEXT, some, False), (TEXT, some)], 0)]
    yield "6 UTF-8", [
        *(([(TEXT, text)], 0) for text in [GREEK, *LIMITS, *NO_UTF8]),
        *((fragments(TEXT, chopped(GREEK + text, 1)), writes)
          for text in [b"", *LIMITS, *NO_UTF8] for writes in (0, 1))]
    yield "7 closing", [
        ([(TEXT, some), close(1000)], 0), ([close(1000), close(1000)], 0), ([close(1000), (PING, some)], 0),
        ([close(1000), (TEXT, some)], 0), ([(TEXT, some, False), close(1000), (CONTINUED, some)], 0),
        ([(TEXT, bytes(256 << 10)), close(1000), (PING, some)], 0), ([close()], 0), ([(CLOSE, b"a")], 0),
        *(([close(1000, reason)], 1) for reason in (b"", some, b"*" * 123, b"*" * 124, GREEK, *NO_UTF8)),
        *(([close(code)], 0) for code in CODES + NO_CODES), *(([close(code, some)], 0) for code in CODES + NO_CODES)]
    large = random.Random(9).randbytes(1 << 20)
    yield "9 messages of up to 1 MiB", [
        *(([(BINARY, large[:size])], 0) for size in (64 << 10, 256 << 10, 1 << 20)),
        *((fragments(BINARY, chopped(large, size)), 0) for size in (256, 4 << 10, 64 << 10, 256 << 10)),
        *(([(BINARY, large)], writes) for writes in (1021, 65_537))]
    yield "12 what compression would send", [([(TEXT, large[:size], True, 4)], 0) for size in (1, 125, 126, 65_536)]


def encoded(rows, masks):
    """The frames of a case as bytes; a client masks them (RFC 6455 §5.3)."""
    return b"".join(frame(*row, mask=masks.randbytes(4) if masks else None) for row in rows)


class Origin:
    """A server that switches to WebSockets, and then sends and takes bytes."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(SECONDS_MAX)
        self.port = self.listener.getsockname()[1]

    def accept(self):
        connection = self.listener.accept()[0]
        connection.settimeout(SECONDS_MAX)
        asked = read_head(connection)
        assert b"websocket" in asked.lower(), f"the proxy did not pass the wish on: {asked!r}"
        answer = base64.b64encode(hashlib.sha1(KEY + GUID).digest())
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           b"Sec-WebSocket-Accept: " + answer + b"\r\n\r\n")
        return connection


def read_head(connection):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        assert byte, f"the connection ended after {head!r}"
        head += byte
    return head


def exchange(connection, sent, writes, received):
    """Sends all of it and ends its side, while it takes all that comes."""
    def send():
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in chopped(sent, writes) if writes else [sent]:
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    sender.start()
    while part := connection.recv(1 << 16):
        received += part
    sender.join()


def play(port, origin, rows, writes):
    """One case, from the client and from the origin at once."""
    up, down = encoded(rows, random.Random(os.urandom(8))), encoded(rows, None)
    at_origin, at_client = bytearray(), bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS_MAX) as client:
        client.sendall(b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                       b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY + b"\r\n\r\n")
        with origin.accept() as server:
            answer = read_head(client)
            assert answer.startswith(b"HTTP/1.1 101 "), answer
            other = threading.Thread(target=exchange, args=(server, down, writes, at_origin))
            other.start()
            exchange(client, up, writes, at_client)
            other.join()
    assert at_origin == up, f"the origin got {len(at_origin)} bytes and not the {len(up)} that were sent"
    assert at_client == down, f"the client got {len(at_client)} bytes and not the {len(down)} that were sent"


def play_all(port, origin, cases):
    for number, (rows, writes) in enumerate(cases, 1):
        try:
            play(port, origin, rows, writes)
        except (AssertionError, OSError) as problem:
            raise AssertionError(f"case {number}: {problem}") from problem
