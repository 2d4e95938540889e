# SPDX-License-Identifier: Apache-2.0
"""The cores, the floors, the origin and the products of one scenario; what the kernel knows of each."""
import http.client
import os
import resource
import subprocess
import time
from pathlib import Path

from load import Connections
from products import MESSAGE, PRODUCTS, Task
from rig import CORES, LOAD_CORE, PRODUCT_CORE, REPOSITORY, TICKS_PER_SECOND, Rig, Trouble, free_port, tool

HERE = Path(__file__).resolve().parent
FLOORS = REPOSITORY / ".build" / "bench-floors"
# name: source and flags. All are compiled alike.
C_PROGRAMS = {"fixed": ["fixed.c"], "forward-epoll": ["forward.c"], "forward-libev": ["-DLIBEV", "forward.c", "-lev"],
              "pace": ["pace.c"]}
# Log files are on a file system in memory, so that no disk is measured.
FOLDER = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
DESCRIPTORS = 16384


def compile_floors():
    FLOORS.mkdir(parents=True, exist_ok=True)
    for name, arguments in C_PROGRAMS.items():
        subprocess.run([tool("cc"), "-O2", "-Wall", "-Wextra", "-Werror", "-o", FLOORS / name, *arguments],
                       cwd=HERE / "floors", check=True)


def raise_limit():
    """Descriptors for thousands of connections, here and in what is started from here."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < DESCRIPTORS:
        raise Trouble(f"only {hard} open files are allowed, {DESCRIPTORS} are needed; try `ulimit -Hn {DESCRIPTORS}`")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, DESCRIPTORS), hard))


def cores_for(workers):
    """Which cores products and load get: one for the product and another for the load. With more workers as many for
    each side, if there are as many; otherwise they share all."""
    if workers == 1:
        return str(PRODUCT_CORE), str(LOAD_CORE)
    products, load = CORES[:workers], CORES[workers:2 * workers]
    if len(load) < workers:
        products = load = CORES
    return ",".join(map(str, products)), ",".join(map(str, load))


def family(pid):
    """The process and all that it started."""
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def cpu_seconds(pid):
    """User and system time of the process, its threads, and all that it started."""
    user = system = 0
    for each in family(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        user, system = user + int(fields[11]), system + int(fields[12])
    return user / TICKS_PER_SECOND, system / TICKS_PER_SECOND


def memory_kib(pid):
    """What it keeps in memory, where pages that it shares with others count in parts."""
    total = 0
    for each in family(pid):
        lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


def descriptors(pid):
    return sum(len(os.listdir(f"/proc/{each}/fd")) for each in family(pid))


def machine_seconds():
    """What all processors have worked so far, for whomever, what the hypervisor took included."""
    fields = list(map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]))
    return (sum(fields) - fields[3] - fields[4]) / TICKS_PER_SECOND


class Stage(Rig):
    """A Rig with an origin, and products that proxy to it, or answer themselves."""

    def __init__(self, binaries, scenario):
        super().__init__(binaries, parent=FOLDER)
        self.scenario, self.floors, self.products = scenario, FLOORS, {}

    def start_origin(self, workers):
        port = free_port()
        self.origin = self.run("origin", cores_for(workers)[1], [FLOORS / "fixed", port, workers], port)
        return self.origin

    def plan(self, product, workers=1):
        task = Task(self.origin.port if self.scenario.proxies else None, workers, self.scenario.log)
        return PRODUCTS[product](self, task)

    def start(self, product, workers=1, layout=1, label=None, **how):
        """`layout`: for how many workers the cores are shared out, where a product with one is compared with that."""
        plan = self.plan(product, workers)
        running = self.run(product, cores_for(max(layout, workers))[0], plan.command, plan.port, **how)
        running.access_log = plan.access_log or running.log
        self.products[label or product] = running
        self.check(running)
        return running

    def check(self, running):
        """That it answers as it should, before anything is measured."""
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
        scenario = self.scenario
        content = b"x" * 65536 if scenario.load == "upload" else None
        connection.request("POST" if content else "GET", scenario.path, body=content)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if answer.status != 200 or (body != MESSAGE.encode() if not scenario.proxies else len(body) != scenario.bytes):
            raise Trouble(f"{running.name} answers {scenario.path} with {answer.status} and {len(body)} bytes "
                          f"{body[:100]!r}:\n{running.words()}")

    def spent(self):
        """Seconds of everyone on the stage, and of us with the load generators that have ended."""
        own = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        alive = (each.process.pid for each in self.started if each.process.poll() is None)
        return (sum(sum(cpu_seconds(pid)) for pid in alive)
                + sum(usage.ru_utime + usage.ru_stime for usage in own))


class Watch:
    """Times one run, and what others did to the machine meanwhile."""

    def __init__(self, stage, running):
        self.stage, self.running = stage, running

    def __enter__(self):
        self.running.must_run()
        self.machine, self.all, self.begun = machine_seconds(), self.stage.spent(), time.monotonic()
        self.user, self.system = cpu_seconds(self.running.process.pid)
        return self

    def __exit__(self, kind, *_):
        self.running.must_run()                            # also the better reason why a load failed
        if kind:
            return
        user, system = cpu_seconds(self.running.process.pid)
        self.user, self.system = user - self.user, system - self.system
        elapsed = time.monotonic() - self.begun
        others = machine_seconds() - self.machine - (self.stage.spent() - self.all)
        self.busy, self.foreign = (self.user + self.system) / elapsed, max(0.0, others / elapsed / os.cpu_count())

    def sample(self, counts):
        """The figures of a run that made so many requests."""
        requests = counts["requests"]
        user, system = self.user / requests * 1e6, self.system / requests * 1e6
        return {**counts, "cpu_us": user + system, "user_us": user, "system_us": system, "busy": self.busy * 100,
                "foreign": self.foreign, "memory_mib": memory_kib(self.running.process.pid) / 1024}


def ask_each(connections: Connections):
    """One request on each connection, one after the other."""
    for connection in connections.buffers:
        connection.sendall(connections.request)
        while not connections.take(connection):
            pass
