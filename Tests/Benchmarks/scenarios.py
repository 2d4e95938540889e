# SPDX-License-Identifier: Apache-2.0
"""What is measured, and how one run of it goes. Every run gives a dictionary of figures."""
import json
import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from load import Connections, calls_per_request
from rig import Trouble, pinned, tool
from stage import FLOORS, Stage, Watch, ask_each, cores_for, descriptors, memory_kib

HERE = Path(__file__).resolve().parent
PROXIES = ("floor, libev", "nginx", "haproxy", "h2o", "proxy-server")
SERVERS = ("floor", "nginx", "haproxy", "h2o", "app-server")
START_SECONDS_MAX, SETTLE_SECONDS = 20, 0.3
IDLE_CONNECTIONS = 5000
# Of the access log: how many requests in a thousand may go without a line before that is an error.
LINES_LOST_MAX = 0.001


def wrk(port, scenario, seconds, workers=1):
    """Figures of one run of wrk; a request that failed, or was not answered with 2xx, is an error."""
    command = [tool("wrk"), f"-t{workers}", f"-c{scenario.connections}", f"-d{seconds}s", "--timeout", "10s",
               "-s", HERE / "load.lua", f"http://127.0.0.1:{port}{scenario.path}", "--", scenario.load]
    output = subprocess.run(pinned(cores_for(workers)[1], command), stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, timeout=seconds + 60, check=True).stdout
    counts = json.loads(output.splitlines()[-1])
    if counts["failed"] or not counts["requests"]:
        errors = [line.strip() for line in output.splitlines() if "errors:" in line or "Non-2xx" in line]
        raise Trouble(f"{counts['requests']} requests succeeded in {seconds} s, {counts['failed']} failed. "
                      + " ".join(errors))
    counts["per_second"] = counts["requests"] / counts["seconds"]
    return counts


def run_load(stage, running, options, workers=1):
    scenario = stage.scenario
    if scenario.log:
        os.truncate(running.access_log, 0)
    with Watch(stage, running) as watch:
        counts = wrk(running.port, scenario, options.seconds, workers)
    sample = watch.sample(counts)
    if scenario.log:
        sample["lines"] = lines(running, counts["requests"])
    return sample


def lines(running, requests):
    """Lines of the access log per request. The last ones may be under way yet."""
    time.sleep(SETTLE_SECONDS)
    with open(running.access_log, "rb") as log:
        count = sum(block.count(b"\n") for block in iter(lambda: log.read(1 << 20), b""))
    if count < requests * (1 - LINES_LOST_MAX):
        raise Trouble(f"{running.name} logged {count} lines for {requests} requests")
    return count / requests


def run_paced(stage, running, options):
    scenario = stage.scenario
    with Watch(stage, running) as watch:
        command = [FLOORS / "pace", running.port, scenario.path, scenario.connections, options.rate, options.seconds]
        done = subprocess.run(pinned(cores_for(1)[1], command), stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=options.seconds + 60)
    if done.returncode != 0:
        raise Trouble(f"{running.name} at {options.rate} requests/s: {done.stderr}")
    counts = json.loads(done.stdout)
    return watch.sample({**counts, "requests": counts["requests"] * (options.seconds + 1) // options.seconds})


def run_idle(stage, product, options):
    """A new process each time, so that nothing is left of a run before."""
    running = stage.start(product)
    pid = running.process.pid
    time.sleep(SETTLE_SECONDS)
    empty, open_before = memory_kib(pid), descriptors(pid)
    with Connections(running.port, IDLE_CONNECTIONS) as connections:
        stop = time.monotonic() + START_SECONDS_MAX
        while descriptors(pid) < open_before + IDLE_CONNECTIONS:
            if time.monotonic() > stop:
                raise Trouble(f"{product} has accepted only {descriptors(pid) - open_before} connections")
            time.sleep(0.05)
        time.sleep(SETTLE_SECONDS)
        new = memory_kib(pid)
        ask_each(connections)
        time.sleep(SETTLE_SECONDS)
        used = memory_kib(pid)
    running.must_run()
    running.stop()
    stage.started.remove(running)
    return {"new_kib": (new - empty) / IDLE_CONNECTIONS, "used_kib": (used - empty) / IDLE_CONNECTIONS,
            "memory_mib": used / 1024}


def run_start(stage, product, options):
    """From its execution to the end of its first answer."""
    plan = stage.plan(product)
    request = f"GET {stage.scenario.path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n".encode()
    begun = time.monotonic()
    running = stage.run(product, cores_for(1)[0], plan.command, plan.port, wait=False)
    while not answered(plan.port, request):
        running.must_run()
        if time.monotonic() - begun > START_SECONDS_MAX:
            raise Trouble(f"{product} does not answer")
    took = time.monotonic() - begun
    memory = memory_kib(running.process.pid) / 1024
    running.stop()
    stage.started.remove(running)
    return {"start_ms": took * 1e3, "memory_mib": memory}


def answered(port, request):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(request)
            return connection.recv(4096).startswith(b"HTTP/1.1 200")
    except OSError:
        time.sleep(0.0002)
        return False


@dataclass(frozen=True)
class Column:
    title: str
    key: str                           # of a sample; or "floor", "nginx", "haproxy": the ratio to that one
    digits: int = 1


RATIOS = (Column("× floor", "floor", 2), Column("× nginx", "nginx", 2), Column("× HAProxy", "haproxy", 2))
LATENCY = (Column("p50 µs", "p50_us", 0), Column("p99 µs", "p99_us", 0), Column("p99.9 µs", "p999_us", 0))
CPU = (Column("CPU µs", "cpu_us"), Column("user", "user_us"), Column("system", "system_us"))
MEMORY = Column("MiB", "memory_mib")
# How much of a core it had used: where that is less than all, requests/s are what load and origin could do.
RATE = (Column("requests/s", "per_second", 0), Column("core %", "busy", 0))
LOAD_COLUMNS = (*CPU, *RATIOS, *RATE, *LATENCY, MEMORY, Column("calls", "calls", 2))


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    products: tuple = PROXIES
    path: str = "/"
    bytes: int = 150                   # of the answer
    connections: int = 64
    load: str = "get"                  # what load.lua sends
    log: bool = False
    kind: str = "load"                 # or idle, paced, start, workers
    metric: str = "cpu_us"             # what the ratios are of
    columns: tuple = LOAD_COLUMNS
    says: str = "CPU per request"      # what the metric is, in a table of all scenarios

    def remark(self, cores):
        """What a reader of the table should know of a machine with so many cores."""
        if self.kind == "workers" and cores < 4:
            return (f"with {cores} cores the workers share them with origin and load: requests/s cannot double here; "
                    "CPU per request can be compared")
        return ""

    @property
    def proxies(self):
        return "app-server" not in self.products


SCENARIOS = [
    Scenario("small", "GET of 150 bytes of JSON, 64 connections", products=("floor, epoll", *PROXIES)),
    Scenario("16k", "GET of 16 KiB, 64 connections", path="/16k", bytes=16384),
    Scenario("1m", "GET of 1 MiB with Content-Length, 16 connections", path="/1m", bytes=1 << 20, connections=16),
    Scenario("1m-chunked", "GET of 1 MiB in chunks, 16 connections", path="/1m-chunked", bytes=1 << 20,
             connections=16),
    Scenario("upload", "POST of 64 KiB, 64 connections", load="upload"),
    Scenario("connect", "a new client connection for each request, 64 at a time", load="close",
             products=PROXIES[1:]),
    Scenario("1000", "GET of 150 bytes, 1,000 connections", connections=1000),
    Scenario("log", "GET of 150 bytes with an access log, 64 connections", log=True, products=PROXIES[1:],
             columns=(*LOAD_COLUMNS, Column("lines", "lines", 3))),
    Scenario("paced", "GET of 150 bytes at a fixed rate, 64 connections", kind="paced", metric="p99_us",
             columns=(*LATENCY, Column("max µs", "max_us", 0), *RATIOS, *CPU, MEMORY), says="p99"),
    Scenario("idle", "5,000 idle connections", kind="idle", metric="memory_mib", says="memory in all",
             columns=(Column("KiB each, new", "new_kib", 2), Column("after a request", "used_kib", 2),
                      Column("MiB in all", "memory_mib"), *RATIOS)),
    Scenario("start", "from execution to the first answer", kind="start", metric="start_ms", says="time to it",
             products=PROXIES[1:], columns=(Column("ms", "start_ms"), *RATIOS[1:], MEMORY)),
    Scenario("workers", "two workers beside one, GET of 150 bytes", kind="workers", products=PROXIES[1:],
             columns=(*CPU, *RATE, Column("× one worker", "one", 2), *LATENCY, MEMORY)),
    Scenario("serve", "serving 28 bytes of JSON, without an origin, 64 connections", products=SERVERS,
             path="/message"),
]


def calls(binaries, scenario, product):
    """System calls per request by name, under strace, at no time that is measured."""
    # Under strace connecting a thousand times takes seconds.
    short = 1 + scenario.connections // 500

    def start(stage, tracer):
        if scenario.proxies:
            stage.start_origin(1)
        return stage.start(product, tracer=tracer)

    return calls_per_request(lambda: Stage(binaries, scenario), start,
                             lambda port, seconds: wrk(port, scenario, seconds)["requests"], short, short + 2)[0]


RUNS: dict[str, Callable] = {"load": run_load, "paced": run_paced, "idle": run_idle, "start": run_start}
