# SPDX-License-Identifier: Apache-2.0
"""A proxy before three app-servers, whom attackers meet, and a client that behaves."""
import contextlib
import os
import socket
import subprocess
import threading
import time
from pathlib import Path

from rig import PRODUCT_CORE, Rig, free_port

# Short, so that those who are slow are given up while somebody looks.
TIMEOUTS = {"client_header": "2s", "client_body": "2s", "client_idle": "20s", "client_write": "2s"}
ANSWER_SECONDS_MAX, SETTLE_SECONDS_MAX = 15, 40
# What memory may have grown by when an attack is over: buffers that are kept for the next.
GROWTH_KIB_MAX = 6 << 10


class Skipped(Exception):
    """It cannot be tried on this machine; the text says why."""


class Target:
    def __init__(self, binaries, scale):
        self.rig, self.scale = Rig(binaries), scale

    def __enter__(self):
        self.rig.__enter__()
        return self

    def __exit__(self, *_):
        self.rig.__exit__()

    def many(self, number):
        return max(int(number * self.scale), 10)

    def start(self, log_file=None, timeouts=TIMEOUTS, greetings=20, tracer=(), environment=None):
        """Starts the proxy, which logs its requests if there is a file for them; `tracer` is a command that runs it."""
        self.origins = [self.rig.app_server() for _ in range(3)]
        port = free_port()
        self.config = self.rig.folder / "faults.yaml"
        hosts = "".join(f"      - {{address: 127.0.0.1, port: {o.port}}}\n" for o in self.origins)
        limits = "".join(f"    {key}: {value}\n" for key, value in timeouts.items())
        self.config.write_text(f"proxy:\n  listen: {{address: 127.0.0.1, port: {port}}}\n  workers: 1\n"
                               f"  admin: {{enabled: false}}\n"
                               f"  log: {{access: {'true' if log_file else 'false'}, file: \"{log_file or ''}\", "
                               f"console: false}}\n  timeouts:\n{limits}  services:\n"
                               f"  - name: app\n    host:\n{hosts}")
        command = [self.rig.binary("proxy-server"), "--config", self.config]
        self.proxy = self.rig.run("proxy-server", PRODUCT_CORE, command, port, environment, tracer=tracer)
        self.port = port
        for _ in range(greetings):
            self.must_answer()
        self.before = self.usage()
        return self

    # What is seen of the proxy

    def usage(self):
        """Resident KiB, and open descriptors."""
        pid = self.proxy.pid
        return self.proxy.resident_kib()[0], len(os.listdir(f"/proc/{pid}/fd"))

    def connect(self, timeout=ANSWER_SECONDS_MAX):
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def ask(self, request=b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"):
        """All that comes back, until the proxy closes."""
        received = b""
        with self.connect() as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(request)
            with contextlib.suppress(ConnectionError):
                while part := connection.recv(65536):
                    received += part
        return received

    def must_answer(self):
        self.proxy.must_run()
        answer = self.ask()
        assert answer.startswith(b"HTTP/1.1 200"), f"a client that behaves got {answer[:200]!r}"

    def must_settle(self):
        """Everything is as before: it runs, answers, and holds no more memory and descriptors."""
        end = time.monotonic() + SETTLE_SECONDS_MAX
        while True:
            self.must_answer()
            resident, descriptors = self.usage()
            if resident <= self.before[0] + GROWTH_KIB_MAX and descriptors <= self.before[1] + 8:
                return f"memory {resident - self.before[0]:+,} KiB, descriptors {descriptors - self.before[1]:+}"
            assert time.monotonic() < end, (f"memory {resident - self.before[0]:+,} KiB and descriptors "
                                            f"{descriptors - self.before[1]:+} {SETTLE_SECONDS_MAX} s after")
            time.sleep(0.2)


class Behaving:
    """Clients that ask one request after the other while an attack goes on, and must be answered."""

    def __init__(self, target):
        self.target, self.count, self.failed, self.slowest = target, 0, [], 0.0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.over.is_set():
            began = time.monotonic()
            try:
                self.target.must_answer()
                self.count += 1
            except Exception as problem:
                self.failed.append(str(problem))
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.over.wait(0.01)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def judge(self):
        assert not self.failed, f"{len(self.failed)} of {self.count} who behaved were not served: {self.failed[0]}"
        assert self.count, "nobody who behaved was served"
        return f"{self.count} who behaved were served, none slower than {self.slowest:.1f} s"


def as_root(*command):
    """Runs what wants root, or says that it cannot be."""
    if os.geteuid() != 0:
        raise Skipped("wants root")
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise Skipped(f"{' '.join(map(str, command))}: {done.stderr.strip()[-200:]}")


def memory_group(name, mebibytes):
    """A cgroup whose processes may have so much memory, or why there is none."""
    if os.geteuid() != 0:
        raise Skipped("wants root")
    for root, limit in ((Path("/sys/fs/cgroup"), "memory.max"),
                        (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes")):
        folder = root / name
        try:
            folder.mkdir(exist_ok=True)
            if (folder / limit).exists():
                (folder / limit).write_text(str(mebibytes << 20))
                return folder
            folder.rmdir()
        except OSError:
            continue
    raise Skipped("there is no memory controller of cgroups to cap it with")
