# SPDX-License-Identifier: Apache-2.0
"""The proxy, its hosts and the DNS server that names them, on the loopback interface of a namespace, and what happens
to them."""
import itertools
import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path

from rig import LOAD_CORE, PRODUCT_CORE, Trouble, await_true, pinned, tool
from tunnels import TunnelOrigin

PORT, APP_PORT, TUNNEL_PORT, NAMESERVER = 8888, 8000, 8001, "127.0.0.53"
# app-1 and app-2 stand in for each other. What cannot be asked again once it has begun, a long answer or a long
# request, goes to hosts that drain, but are not killed: nobody could finish it for them.
SERVICES = {"app-1.test": ["127.0.1.1", "127.0.1.2", "127.0.1.3"],
            "app-2.test": ["127.0.1.4", "127.0.1.5", "127.0.1.6"],
            "steady.test": ["127.0.1.7", "127.0.1.8"]}
MORTAL = [address for name in ("app-1.test", "app-2.test") for address in SERVICES[name]]
# These are found by an SRV record, which has their port.
SERVICE = "_http._tcp.steady.test"
STEADY_PATHS = ("/bytes", "/echo", "/delay")


class World:
    def __init__(self, rig):
        self.rig, self.folder, self.addresses = rig, rig.folder, {name: list(a) for name, a in SERVICES.items()}
        self.deeds = {"reload": self.reload, "wrong file": self.wrong_file, "drain": self.drain, "flip": self.flip,
                      "resolver outage": self.resolver_outage, "kill": self.kill, "hang": self.hang,
                      "query of death": self.query_of_death}
        self.counts = dict.fromkeys(self.deeds, 0)
        self.write_names()
        self.dns = subprocess.Popen([tool("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv",
                                     "--no-hosts", f"--listen-address={NAMESERVER}", "--bind-interfaces", "--user=root",
                                     f"--addn-hosts={self.folder}/names", "--pid-file=",
                                     f"--srv-host={SERVICE},steady.test,{APP_PORT}"], stdin=subprocess.DEVNULL)
        self.tunnels = TunnelOrigin(("127.0.0.1", TUNNEL_PORT))
        self.apps = {address: self.start(address) for name in SERVICES for address in SERVICES[name]}
        self.configuration = itertools.cycle(self.configurations())
        self.config = self.folder / "config.yaml"
        self.config.write_text(next(self.configuration))
        self.proxy = subprocess.Popen(
            pinned(PRODUCT_CORE, [rig.binary("proxy-server"), "--config", self.config]), stdin=subprocess.DEVNULL,
            stdout=open(self.folder / "proxy.log", "wb"), stderr=subprocess.STDOUT)
        await_true("the proxy to answer", lambda: self.answers(f"http://127.0.0.1:{PORT}/"))

    @staticmethod
    def configurations():
        routes = "".join(f"    - {{path_prefix: {path}, services: [steady]}}\n" for path in STEADY_PATHS)
        hosts = [f"{{address: {name}, port: {APP_PORT}}}" for name in list(SERVICES)[:2]]
        hosts.append(f"{{address: {SERVICE}, port: srv}}")
        for policy in ("round_robin", "p2c", "hash"):
            for weight in (1, 3):
                services = "".join(f"    - {{name: {n.split('.')[0]}, weight: {weight if i else 1}, host: [{host}]}}\n"
                                   for i, (n, host) in enumerate(zip(SERVICES, hosts)))
                yield (f"proxy:\n  listen: {{address: 127.0.0.1, port: {PORT}}}\n  workers: 1\n"
                       f"  discovery: {{interval: 1s}}\n  balancing: {{policy: {policy}}}\n"
                       f"  log: {{file: '', access: false}}\n  services:\n{services}"
                       f"    - {{name: tunnels, host: [{{address: 127.0.0.1, port: {TUNNEL_PORT}}}]}}\n"
                       f"  routes:\n{routes}    - {{path_prefix: /tunnel, services: [tunnels]}}\n"
                       "    - {path_prefix: /, services: [app-1, app-2]}\n")

    def start(self, address):
        command = [self.rig.binary("app-server"), "--address", address, "--port", APP_PORT, "--workers", 1,
                   "--log-level", "error", "--log-file", "", "--drain-delay", 1]
        process = subprocess.Popen(pinned(LOAD_CORE, command), stdin=subprocess.DEVNULL)
        await_true(f"{address} to answer", lambda: self.answers(f"http://{address}:{APP_PORT}/readyz"))
        return process

    def answers(self, url):
        return subprocess.run([self.rig.binary("proxy-server"), "probe", url], stdin=subprocess.DEVNULL,
                              capture_output=True).returncode == 0

    def write_names(self):
        lines = [f"{address} {name}\n" for name in self.addresses for address in self.addresses[name]]
        (self.folder / "names").write_text("".join(lines))

    # What happens.

    def happen(self, name):
        self.counts[name] += 1
        self.deeds[name]()

    def reload(self):
        self.replace(next(self.configuration))
        if self.counts["reload"] % 2:
            self.proxy.send_signal(signal.SIGHUP)

    def wrong_file(self):
        self.replace("proxy:\n  servises: []\n")
        time.sleep(0.3)
        self.replace(next(self.configuration))

    def replace(self, text):
        new = self.folder / "config.new"
        new.write_text(text)
        new.rename(self.config)

    def drain(self):
        """As Kubernetes does it: the address goes from the DNS server, and the host is told to end; another comes."""
        name = random.choice(list(SERVICES))
        address = random.choice(SERVICES[name])
        self.publish(name, [a for a in SERVICES[name] if a != address])
        process = self.apps[address]
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        self.apps[address] = self.start(address)
        self.publish(name, SERVICES[name])

    def flip(self):
        name = random.choice(list(SERVICES))
        self.publish(name, random.sample(SERVICES[name], random.randint(1, len(SERVICES[name]))))
        time.sleep(1.5)
        self.publish(name, SERVICES[name])

    def publish(self, name, addresses):
        self.addresses[name] = addresses
        self.write_names()
        self.dns.send_signal(signal.SIGHUP)

    def resolver_outage(self):
        self.dns.send_signal(signal.SIGSTOP)
        time.sleep(4)
        self.dns.send_signal(signal.SIGCONT)

    def kill(self):
        address = random.choice(MORTAL)
        self.apps[address].kill()
        self.apps[address].wait()
        time.sleep(1)
        self.apps[address] = self.start(address)

    def hang(self):
        process = self.apps[random.choice(MORTAL)]
        process.send_signal(signal.SIGSTOP)
        time.sleep(3)
        process.send_signal(signal.SIGCONT)

    def query_of_death(self):
        """A client asks for what kills hosts; whoever died is started again, as Kubernetes would."""
        self.answers(f"http://127.0.0.1:{PORT}/fail")
        for address, process in self.apps.items():
            if process.poll() is not None:
                self.apps[address] = self.start(address)

    # What is seen.

    def sample(self):
        """Resident memory in KiB, and descriptors."""
        status = Path(f"/proc/{self.proxy.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]), len(os.listdir(f"/proc/{self.proxy.pid}/fd"))

    def must_run(self):
        if self.proxy.poll() is not None:
            raise Trouble(f"the proxy ended with status {self.proxy.returncode}:\n{self.words()}")

    def words(self):
        return (self.folder / "proxy.log").read_text(errors="replace")[-3000:]

    def stop(self):
        self.dns.kill()
        self.tunnels.stop()
        for process in (*self.apps.values(), self.proxy):
            process.send_signal(signal.SIGINT)
        for process in (*self.apps.values(), self.proxy, self.dns):
            process.wait(60)
