# SPDX-License-Identifier: Apache-2.0
"""What others do to the proxy. Each returns what there was, and raises when a promise is broken."""
import contextlib
import os
import random
import resource
import signal
import socket
import struct
import time

from rig import await_true
from target import SETTLE_SECONDS_MAX, Behaving, as_root, memory_group

RESET = struct.pack("ii", 1, 0)


def opened(target, number, first=b""):
    """So many connections that have sent so much; those that are refused or closed are not among them."""
    connections = []
    for _ in range(number):
        try:
            connection = target.connect()
            if first:
                connection.sendall(first)
            connections.append(connection)
        except OSError:
            pass
    return connections


def close(connections):
    for connection in connections:
        connection.close()


def closed_by_peer(connection):
    connection.setblocking(False)
    try:
        while data := connection.recv(65536):
            del data
        return True
    except BlockingIOError:
        return False
    except OSError:
        return True


def slow(target, number, first, more, what):
    """Attackers who send a little again and again, until the proxy has had enough."""
    target.start()
    number = target.many(number)
    with Behaving(target) as behaving:
        attackers = opened(target, number, first)
        begun = time.monotonic()
        while attackers and time.monotonic() - begun < 60:
            attackers = [a for a in attackers if not closed_by_peer(a)]
            for attacker in attackers:
                with contextlib.suppress(OSError):
                    attacker.send(more)
            time.sleep(0.3)
        lasted = time.monotonic() - begun
    assert not attackers, f"{len(attackers)} of {number} who {what} are still connected after {lasted:.0f} s"
    return f"{number} who {what}, all gone after {lasted:.0f} s; {behaving.judge()}; {target.must_settle()}"


def slowloris_in_the_head(target):
    return slow(target, 500, b"GET / HTTP/1.1\r\nHost: h\r\n", b"X", "send a head byte by byte")


def slowloris_in_the_content(target):
    return slow(target, 500, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n", b"x",
                "send content byte by byte")


def slowloris_in_a_chunk_line(target):
    return slow(target, 500, b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;a=", b"b",
                "send a chunk extension byte by byte")


def slow_readers(target):
    """They ask for much and take nothing."""
    target.start()
    number = target.many(300)
    with Behaving(target) as behaving:
        attackers = []
        for _ in range(number):
            attacker = socket.socket()
            attacker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            attacker.connect(("127.0.0.1", target.port))
            attacker.sendall(b"GET /bytes/10000000 HTTP/1.1\r\nHost: h\r\n\r\n")
            attackers.append(attacker)
        await_true("the attack to begin", lambda: target.usage()[1] >= target.before[1] + number)
        await_true("slow readers to be given up", lambda: target.usage()[1] <= target.before[1] + 20,
                   SETTLE_SECONDS_MAX)
        peak = target.proxy.resident_kib()[1]
        close(attackers)
    return f"{number}, {peak >> 10} MiB at most; {behaving.judge()}; {target.must_settle()}"


def idle_flood_within_64_MiB(target):
    """10,000 clients who send half a head and wait, while the proxy may have 64 MiB."""
    number = target.many(10_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    number = min(number, hard // 2 - 500)
    group = memory_group("faults-64", 64)
    target.start(timeouts={"client_header": "30s", "client_body": "2s", "client_idle": "30s"})
    (group / "cgroup.procs").write_text(str(target.proxy.pid))
    with Behaving(target) as behaving:
        attackers = opened(target, number, b"GET / HTTP/1.1\r\nHost: h\r\nX-Half: ")
        peak = target.proxy.resident_kib()[1]
        target.must_answer()
    close(attackers)
    told = f"{len(attackers)} at once, {peak >> 10} MiB at most; {behaving.judge()}; {target.must_settle()}"
    target.proxy.stop()
    with contextlib.suppress(OSError):
        group.rmdir()
    return told


def connection_flood(target):
    """Connections that come and go without a word, half of them with a reset."""
    target.start()
    number = target.many(20_000)
    with Behaving(target) as behaving:
        for count in range(number):
            connection = target.connect()
            if count % 2:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            connection.close()
    return f"{number} connections; {behaving.judge()}; {target.must_settle()}"


def reset_storm(target):
    """Clients that leave with a reset in the middle of everything: of a head, a body, an answer."""
    target.start()
    number = target.many(6_000)
    chance = random.Random(1)
    kinds = [b"GET / HTTP/1.1\r\nHo", b"GET /bytes/200000 HTTP/1.1\r\nHost: h\r\n\r\n",
             b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" + b"x" * 5000,
             b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * 20, b"GET /delay/50 HTTP/1.1\r\nHost: h\r\n\r\n"]
    with Behaving(target) as behaving:
        for _ in range(number):
            connection = target.connect()
            with contextlib.suppress(OSError):
                connection.sendall(chance.choice(kinds))
                if chance.random() < 0.3:
                    connection.settimeout(0.02)
                    connection.recv(100)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            connection.close()
    return f"{number} resets; {behaving.judge()}; {target.must_settle()}"


def header_bombs(target):
    """Heads that are too long in every way; each is refused, and costs no memory."""
    target.start()
    bombs = {"a line": b"GET /" + b"a" * 1_000_000, "one field": b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 1_000_000,
             "fields": b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: y\r\n" * 100_000,
             "a method": b"A" * 100_000, "a name": b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X" * 500_000,
             "trailers": (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
                          + b"X: y\r\n" * 100_000)}
    with Behaving(target) as behaving:
        for name, bomb in bombs.items():
            for _ in range(target.many(20)):
                answer = target.ask(bomb)
                assert not answer or answer[9:12] in (b"400", b"414", b"431", b"405", b"501", b"502"), \
                    f"{name}: {answer[:100]!r}"
    peak = target.proxy.resident_kib()[1]
    return f"{len(bombs)} kinds, {peak >> 10} MiB at most; {behaving.judge()}; {target.must_settle()}"


def chunk_extension_amplification(target):
    """A byte of content for each kilobyte of extensions (CVE-2023-39326)."""
    target.start()
    body = b"".join(b"1;" + b"a" * 1000 + b"\r\nx\r\n" for _ in range(1000)) + b"0\r\n\r\n"
    request = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + body
    with Behaving(target) as behaving:
        for _ in range(target.many(50)):
            answer = target.ask(request)
            assert answer[9:12] == b"400" or not answer, f"it was taken: {answer[:100]!r}"
    return f"refused; {behaving.judge()}; {target.must_settle()}"


def garbage(target):
    """Bytes that are nothing, also a TLS hello and HTTP/2's preface."""
    target.start()
    chance = random.Random(2)
    number = target.many(3_000)
    known = [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\0" * 100,
             b"\r\n" * 50]
    with Behaving(target) as behaving:
        for _ in range(number):
            data = chance.choice(known) if chance.random() < 0.2 else chance.randbytes(chance.randrange(1, 2000))
            with target.connect() as connection, contextlib.suppress(OSError):
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
    return f"{number} clients; {behaving.judge()}; {target.must_settle()}"


def descriptors_run_out(target):
    """More clients than the limit of open files allows."""
    target.start(tracer=["prlimit", "--nofile=96:96"])
    attackers = opened(target, target.many(400))
    time.sleep(1)
    target.proxy.must_run()
    spent = target.usage()[1]
    assert spent <= 96, f"{spent} descriptors"
    close(attackers)
    return f"{len(attackers)} wanted in, {spent} descriptors of 96 were open; {target.must_settle()}"


def the_disk_is_full(target):
    """The log's file system takes no more; requests do not mind."""
    folder = target.rig.folder / "small"
    folder.mkdir()
    as_root("mount", "-t", "tmpfs", "-o", "size=64k", "none", folder)
    try:
        target.start(log_file=folder / "proxy.log")
        number = 3_000                                          # what fills it, whatever the scale
        for _ in range(number):
            target.must_answer()
        size = os.path.getsize(folder / "proxy.log")
        assert size >= 50_000, f"the disk has room: {size}"
        told = target.must_settle()
        target.proxy.stop()
    finally:
        as_root("umount", "-l", folder)
    return f"{number} requests were answered, {size >> 10} KiB of their log were kept; {told}"


def signals_at_the_worst_moment(target):
    """Reloads, log rotation and stray signals under load; at last SIGTERM twice."""
    target.start(log_file=target.rig.folder / "signals.log")
    chance = random.Random(3)
    number = target.many(2_000)
    with Behaving(target) as behaving:
        for _ in range(number):
            os.kill(target.proxy.pid, chance.choice([signal.SIGHUP, signal.SIGUSR1, signal.SIGPIPE, signal.SIGCONT]))
            time.sleep(0.002)
    told = behaving.judge()
    settled = target.must_settle()
    os.kill(target.proxy.pid, signal.SIGTERM)
    os.kill(target.proxy.pid, signal.SIGTERM)
    await_true("the end after a second SIGTERM", lambda: target.proxy.process.poll() is not None, 10)
    status = target.proxy.process.returncode
    assert status in (0, -signal.SIGTERM, 143, 130), f"it ended with status {status}"
    return f"{number} signals; {told}; {settled}"


ATTACKS = [slowloris_in_the_head, slowloris_in_the_content, slowloris_in_a_chunk_line, slow_readers,
           idle_flood_within_64_MiB, connection_flood, reset_storm, header_bombs, chunk_extension_amplification,
           garbage, descriptors_run_out, the_disk_is_full, signals_at_the_worst_moment]
