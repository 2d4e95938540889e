# SPDX-License-Identifier: Apache-2.0
"""System calls that fail: strace makes the kernel refuse them, at one call after the other."""
import itertools

from rig import tool

# What each may fail with under load that is not our own mistake.
FAILURES = {"accept4": ["ECONNABORTED", "EMFILE", "ENFILE", "ENOBUFS", "EPROTO", "EINTR", "EAGAIN"],
            "recvfrom": ["EINTR", "EAGAIN", "ECONNRESET", "ETIMEDOUT"],
            "sendto": ["EINTR", "EAGAIN", "ECONNRESET", "EPIPE", "ENOBUFS"],
            "sendmsg": ["EINTR", "EAGAIN", "ECONNRESET", "EPIPE"],
            "socket": ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"],
            "connect": ["ECONNREFUSED", "ENETUNREACH", "EADDRNOTAVAIL", "EINTR"],
            "setsockopt": ["ENOBUFS", "ENOMEM"],
            "epoll_wait": ["EINTR"],
            "shutdown": ["ENOTCONN"]}
REQUESTS = 60


def injected(target, call, error):
    """Every third call fails, while clients ask; then it must be as before."""
    target.start(tracer=[tool("strace"), "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                         f"inject={call}:error={error}:when=40+3"], greetings=0)
    failed = 0
    for _ in range(REQUESTS):
        target.proxy.must_run()
        try:
            failed += not target.ask().startswith(b"HTTP/1.1 200")
        except OSError:
            failed += 1
    target.proxy.must_run()
    return failed


def failing_system_calls(target):
    """Which call fails, with what, and at which: nothing crashes, and who is not hit is served."""
    tried, hit = 0, 0
    for call, error in itertools.chain.from_iterable(((c, e) for e in errors) for c, errors in FAILURES.items()):
        with type(target)(target.rig.binaries, target.scale) as one:
            hit += injected(one, call, error)
        tried += 1
    return f"{tried} kinds of failure, {tried * REQUESTS} requests, {hit} of them were hit; it never crashed"


SYSTEM_CALLS = [failing_system_calls]
