# SPDX-License-Identifier: Apache-2.0
"""Six app-servers that can be killed, stopped and made to answer 503, the proxies before them, and what goes wrong."""
import os
import re
import signal
import socket
import threading
from dataclasses import dataclass
from typing import Callable, Optional

from rig import LOAD_CORE, Running, Trouble, free_port, pinned, tool


class Farm:
    """Two services of three app-servers, on ports that stay theirs."""

    def __init__(self, rig):
        self.rig, self.lock = rig, threading.Lock()
        self.ports = [free_port() for _ in range(6)]
        self.servers = {port: self.start(port) for port in self.ports}

    @property
    def services(self):
        return [self.ports[:3], self.ports[3:]]

    def start(self, port, *options):
        command = [self.rig.binary("app-server"), "--address", "127.0.0.1", "--port", port, "--workers", 1,
                   "--log-level", "error", "--log-file", "", *options]
        return Running(self.rig, "app-server", pinned(LOAD_CORE, command), port)

    def signal(self, port, number):
        os.kill(self.servers[port].process.pid, number)

    def kill(self, port):
        self.signal(port, signal.SIGKILL)
        self.servers[port].process.wait()

    def restart(self, port, *options):
        self.servers[port] = self.start(port, *options)

    def replace(self, port, *options):
        """As a rolling restart does it: asked to stop, waited for, started again."""
        server = self.servers[port]
        server.process.terminate()
        server.process.wait()
        self.restart(port, *options)

    def revive(self):
        """Starts again what has died, as Kubernetes would."""
        for port in self.ports:
            if self.servers[port].process.poll() is not None:
                self.restart(port)


def ask(port, path):
    """One request on a connection of its own; its status, or None."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: chaos.test\r\nConnection: close\r\n\r\n".encode())
            head = connection.recv(4096)
            return int(head.split()[1]) if head.startswith(b"HTTP/1.1 ") else None
    except OSError:
        return None


# What goes wrong. Each runs beside the load until `stop` is set.

def calm(farm, proxy, stop):
    stop.wait()


def kill(farm, proxy, stop):
    while not stop.wait(1.5):
        port = farm.ports[0]
        farm.kill(port)
        stop.wait(1)
        farm.restart(port)


def unavailable(farm, proxy, stop):
    """One whole service answers 503 for three seconds, again and again."""
    while not stop.wait(2):
        for port in farm.services[0]:
            ask(port, "/outage/503")
        stop.wait(3)
        for port in farm.services[0]:
            ask(port, "/outage/end")


def hang(farm, proxy, stop):
    while not stop.wait(3):
        farm.signal(farm.ports[1], signal.SIGSTOP)
        stop.wait(3)
        farm.signal(farm.ports[1], signal.SIGCONT)


def rolling(farm, proxy, stop):
    while not stop.wait(0.5):
        for port in farm.ports:
            farm.replace(port)
            if stop.wait(0.3):
                break


def poison(farm, proxy, stop):
    """A client asks for /fail once a second; whoever died is started again."""
    while not stop.wait(1):
        ask(proxy.port, "/fail")
        farm.revive()


def slow_start(farm, proxy, stop):
    """An origin that accepts as soon as it runs, and answers two seconds later."""
    port = farm.ports[2]
    while not stop.wait(1):
        farm.kill(port)
        stop.wait(0.5)
        farm.restart(port)
        farm.signal(port, signal.SIGSTOP)
        stop.wait(2)
        farm.signal(port, signal.SIGCONT)


def reload(farm, proxy, stop):
    """Five times a second another configuration: without one of the hosts, which changes."""
    folder, turn = farm.rig.folder, 0
    file, number = {"proxy-server": (f"config-{proxy.port}.yaml", signal.SIGHUP),
                    "nginx": ("nginx.conf", signal.SIGHUP), "haproxy": ("haproxy.cfg", signal.SIGUSR2)}[proxy.name]
    whole = (folder / file).read_text()
    while not stop.wait(0.2):
        port = farm.ports[turn % len(farm.ports)]
        turn += 1
        changed = folder / f"{file}.new"
        changed.write_text(without(whole, port))
        changed.rename(folder / file)
        os.kill(proxy.pid, number)
        proxy.must_run()


def without(configuration, port):
    """The lines, or the words between semicolons, that name the host are left out."""
    text = re.sub(rf" *- address: 127\.0\.0\.1\n *port: {port}\n", "", configuration)
    text = re.sub(rf"server 127\.0\.0\.1:{port} [^;]*; ", "", text)
    return re.sub(rf" *server s{port} .*\n", "", text)


def outage(farm, proxy):
    """All origins go, clients are told so, and all come back: from then on nobody may see that they were gone."""
    for port in farm.ports:
        farm.kill(port)
    answers = {ask(proxy.port, "/") for _ in range(50)}
    if not answers <= {502, 503, 504}:
        raise Trouble(f"with every origin gone, clients were told {answers}")
    farm.revive()


@dataclass
class Scenario:
    name: str
    title: str
    act: Callable
    p99_ms_max: Optional[float] = None
    before: Optional[Callable] = None


SCENARIOS = [
    Scenario("calm", "nothing", calm),
    Scenario("kill", "kill −9 one origin, restart it 1 s later, repeat", kill),
    Scenario("503", "one whole service answers 503 for 3 s", unavailable),
    Scenario("hang", "one origin hangs (SIGSTOP) for 3 s", hang, 250),
    Scenario("rolling", "rolling restart of every origin", rolling),
    Scenario("fail", "a client sends `GET /fail` once a second", poison),
    Scenario("slow", "one origin is killed and starts slowly, repeat", slow_start, 250),
    Scenario("reload", "the configuration changes five times a second", reload),
    Scenario("outage", "all origins were gone and are back", calm, before=outage),
]


# The proxies.

def proxy_server(rig, farm):
    return rig.proxy_server([[_Port(p) for p in ports] for ports in farm.services])


def nginx(rig, farm):
    port, folder = free_port(), rig.folder
    config = folder / "nginx.conf"
    servers = "".join(f"server 127.0.0.1:{p} max_fails=1 fail_timeout=1s; " for p in farm.ports)
    temporary = "".join(f"{kind}_temp_path {folder}/{kind}; "
                        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config.write_text(f"""
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; {temporary} keepalive_requests 1000000000;
  upstream app {{ {servers} keepalive 64; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_next_upstream error timeout http_500 http_502 http_503 http_504; proxy_next_upstream_tries 3;
      proxy_connect_timeout 1s; proxy_read_timeout 2s;
    }}
  }}
}}
""")
    command = [tool("nginx"), "-c", config, "-p", folder, "-e", folder / "error.log"]
    return rig.run("nginx", 0, command, port)


def haproxy(rig, farm):
    port = free_port()
    config = rig.folder / "haproxy.cfg"
    servers = "\n".join(f"  server s{p} 127.0.0.1:{p} check inter 500ms fall 2 rise 1 observe layer7 error-limit 5 "
                        "on-error mark-down" for p in farm.ports)
    config.write_text(f"""
global
  maxconn 4000
defaults
  mode http
  retries 3
  option redispatch 1
  retry-on conn-failure empty-response response-timeout 500 502 503 504
  timeout connect 1s
  timeout client 30s
  timeout server 2s
frontend web
  bind 127.0.0.1:{port}
  default_backend app
backend app
  balance roundrobin
  option httpchk GET /readyz
{servers}
""")
    return rig.run("haproxy", 0, [tool("haproxy"), "-W", "-db", "-f", config], port)


@dataclass
class _Port:
    port: int


PRODUCTS = {"proxy-server": proxy_server, "nginx": nginx, "haproxy": haproxy}
