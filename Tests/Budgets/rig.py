# SPDX-License-Identifier: Apache-2.0
"""Starts and stops what the budgets measure, on free ports of 127.0.0.1, and reads what the kernel knows of it."""
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

CORES = sorted(os.sched_getaffinity(0))
PRODUCT_CORE, LOAD_CORE = CORES[0], CORES[-1]            # the measured process has one for itself if there are two
START_SECONDS_MAX, STOP_SECONDS_MAX = 20, 10
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
REPOSITORY = Path(__file__).resolve().parents[2]


class Trouble(Exception):
    """The measurement could not be made; the text says what to do."""


def tool(name):
    """The path of an installed program."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if not path:
        raise Trouble(f"{name} is missing; `make deps-bench` installs it")
    return path


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


def await_true(what, look, seconds=30):
    """Looks again and again until it is so; `what` is what is waited for, in words."""
    end = time.monotonic() + seconds
    while not look():
        if time.monotonic() > end:
            raise Trouble(f"waited {seconds} s for {what}")
        time.sleep(0.05)


def pinned(core, command):
    return ["taskset", "-c", str(core), *map(str, command)]


class Running:
    """A started process that listens on a port."""

    def __init__(self, rig, name, command, port, environment=None, traced=False, wait=True):
        self.name, self.port, self.traced = name, port, traced
        self.log = rig.folder / f"{name}-{port}.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=rig.folder, env={**os.environ, **(environment or {})})
        rig.started.append(self)
        if wait:
            self.await_listening()

    @property
    def pid(self):
        """The server's process, also where a tracer runs it."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split() if self.traced else []
        return int(children[0]) if children else pid

    def await_listening(self):
        stop = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < stop:
            if self.process.poll() is not None:
                raise Trouble(f"{self.name} ended with status {self.process.returncode} as it started:\n{self.words()}")
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
        raise Trouble(f"{self.name} does not listen on port {self.port} after {START_SECONDS_MAX} s:\n{self.words()}")

    def words(self):
        return self.log.read_text(errors="replace")[-2000:]

    def must_run(self):
        if self.process.poll() is not None:
            raise Trouble(f"{self.name} ended with status {self.process.returncode} under load:\n{self.words()}")

    def stop(self):
        """Asks it to end, then makes it; a tracer ends after what it traces, with its report. SIGINT, because the proxy
        takes SIGTERM as a reason to wait for those who send it requests."""
        for number in (signal.SIGINT, signal.SIGKILL):
            if self.process.poll() is not None:
                return
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                os.kill(self.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS_MAX)

    def user_and_system_seconds(self):
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) / TICKS_PER_SECOND, int(fields[12]) / TICKS_PER_SECOND

    def resident_kib(self):
        """Resident memory now, and the most it ever was."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return tuple(int(re.search(rf"{key}:\s+(\d+)", status)[1]) for key in ("VmRSS", "VmHWM"))


class Rig:
    """One folder, below `parent`, and the processes of one measurement; leaving it stops them all."""

    def __init__(self, binaries, parent=None):
        self.binaries, self.parent, self.started = Path(binaries).resolve(), parent, []

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="budgets-", dir=self.parent))
        return self

    def __exit__(self, *_):
        for running in reversed(self.started):
            running.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def app_server(self, core=LOAD_CORE, **how):
        port = free_port()
        command = [self.binary("app-server"), "--address", "127.0.0.1", "--port", port, "--workers", 1,
                   "--log-level", "error", "--log-file", ""]
        return self.run("app-server", core, command, port, **how)

    def proxy_server(self, services, core=PRODUCT_CORE, **how):
        """`services`: for each service its origins, as app_server() returned them."""
        port = free_port()
        config = self.folder / f"config-{port}.yaml"
        lines = ["proxy:", "  listen:", "    address: 127.0.0.1", f"    port: {port}", "  workers: 1",
                 "  log:", "    access: false", '    file: ""', "    console: false", "  services:"]
        for number, origins in enumerate(services, 1):
            lines += [f"    - name: service-{number}", "      host:"]
            for origin in origins:
                lines += ["        - address: 127.0.0.1", f"          port: {origin.port}"]
        config.write_text("\n".join(lines) + "\n")
        return self.run("proxy-server", core, [self.binary("proxy-server"), "--config", config], port, **how)

    def run(self, name, core, command, port, environment=None, tracer=(), wait=True):
        return Running(self, name, pinned(core, [*tracer, *command]), port, environment, bool(tracer), wait)

    def binary(self, name):
        path = self.binaries / name
        if not path.exists():
            raise Trouble(f"{path} is missing; run `make release`")
        return path
