# SPDX-License-Identifier: Apache-2.0
"""How each product is told to do the same thing, proxy to an origin or answer itself; otherwise it has its defaults.

Where a default would cost a peer more than its users accept, it is set as they set it: connections to the
origin are kept and shared, bodies of this size stay in memory."""
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from rig import free_port, tool

CONNECTIONS_MAX = 8192                 # of one product: 5,000 clients, or 1,000 and as many connections to the origin
MESSAGE = '{"message": "you got this!"}'


@dataclass(frozen=True)
class Task:
    """What a product is to do."""
    origin: Optional[int] = None       # the port to proxy to; None: answer with MESSAGE
    workers: int = 1
    log: bool = False                  # an access log in a file of the rig's folder


@dataclass(frozen=True)
class Plan:
    command: list
    port: int
    access_log: Optional[Path] = None  # None: standard output


def floor(kind):
    def plan(rig, task):
        port = free_port()
        return Plan([rig.floors / kind, port, task.origin], port)
    return plan


def fixed(rig, task):
    port = free_port()
    return Plan([rig.floors / "fixed", port, task.workers], port)


def proxy_server(rig, task):
    port = free_port()
    log = rig.folder / f"access-{port}.log"
    config = rig.folder / f"proxy-server-{port}.yaml"
    config.write_text(f"""
proxy:
  listen: {{address: 127.0.0.1, port: {port}}}
  workers: {task.workers}
  admin: {{port: {free_port()}}}
  log: {{access: {str(task.log).lower()}, file: "{log if task.log else ''}", console: false}}
  services:
    - name: app
      host:
        - {{address: 127.0.0.1, port: {task.origin}}}
""")
    return Plan([rig.binary("proxy-server"), "--config", config], port, log)


def app_server(rig, task):
    port = free_port()
    return Plan([rig.binary("app-server"), "--address", "127.0.0.1", "--port", port, "--workers", task.workers,
                 "--log-level", "error", "--log-file", ""], port)


def nginx(rig, task):
    port, folder = free_port(), rig.folder
    log = folder / f"access-{port}.log"
    temporary = "".join(f"{kind}_temp_path {folder}/{kind}; "
                        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    serve = f"default_type application/json; return 200 '{MESSAGE}';"
    forward = 'proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";'
    upstream = f"upstream app {{ server 127.0.0.1:{task.origin}; keepalive 1024; keepalive_requests 1000000000; }}"
    config = folder / f"nginx-{port}.conf"
    config.write_text(f"""
daemon off; master_process {'on' if task.workers > 1 else 'off'}; worker_processes {task.workers};
{'user root;' if os.geteuid() == 0 else ''}
pid {folder}/nginx-{port}.pid; error_log {folder}/nginx-{port}-error.log;
worker_rlimit_nofile {CONNECTIONS_MAX + 100};
events {{ worker_connections {CONNECTIONS_MAX}; }}
http {{
  access_log {log if task.log else 'off'}; {temporary}
  keepalive_timeout 60s; keepalive_requests 1000000000;
  client_body_buffer_size 128k; proxy_max_temp_file_size 0;
  {upstream if task.origin else ''}
  server {{
    listen 127.0.0.1:{port} backlog=4096{' reuseport' if task.workers > 1 else ''};
    location / {{ {forward if task.origin else serve} }}
  }}
}}
""")
    return Plan([tool("nginx"), "-c", config, "-p", folder, "-e", folder / f"nginx-{port}-error.log"], port, log)


def haproxy(rig, task):
    port = free_port()
    serve = f"  http-request return status 200 content-type application/json string '{MESSAGE}'"
    config = rig.folder / f"haproxy-{port}.cfg"
    config.write_text(f"""
global
  nbthread {task.workers}
  maxconn {CONNECTIONS_MAX}
  {'log stdout format raw local0' if task.log else ''}
defaults
  mode http
  timeout connect 3s
  timeout client 60s
  timeout server 60s
  http-reuse always
  {'log global' if task.log else ''}
  {'option httplog' if task.log else ''}
frontend web
  bind 127.0.0.1:{port} backlog 4096
{'  default_backend app' if task.origin else serve}
{f'backend app{chr(10)}  server app 127.0.0.1:{task.origin}' if task.origin else ''}
""")
    return Plan([tool("haproxy"), "-db", "-f", config], port)


def h2o(rig, task):
    port, folder = free_port(), rig.folder
    log = folder / f"access-{port}.log"
    pages = folder / f"h2o-{port}"
    pages.mkdir()
    (pages / "message").write_text(MESSAGE)
    serve = f'file.dir: {pages}\n        file.mime.setdefaulttype: "application/json"'
    forward = f"proxy.reverse.url: http://127.0.0.1:{task.origin}/\n        proxy.timeout.keepalive: 60000"
    config = folder / f"h2o-{port}.conf"
    config.write_text(f"""
{'user: root' if os.geteuid() == 0 else ''}
num-threads: {task.workers}
max-connections: {CONNECTIONS_MAX}
http1-request-timeout: 60
{f'access-log: {log}' if task.log else ''}
listen: {{host: 127.0.0.1, port: {port}}}
hosts:
  default:
    paths:
      /:
        {forward if task.origin else serve}
""")
    return Plan([tool("h2o"), "-m", "worker", "-c", config], port, log)


PRODUCTS = {"floor, epoll": floor("forward-epoll"), "floor, libev": floor("forward-libev"), "floor": fixed,
            "proxy-server": proxy_server, "app-server": app_server, "nginx": nginx, "haproxy": haproxy, "h2o": h2o}
# What a user may name with --products; floors come along.
OURS, PEERS = ("proxy-server", "app-server"), ("nginx", "haproxy", "h2o")


def versions(products):
    """The commit of ours; of the others what they say of themselves."""
    found = {}
    for name, flag in (("nginx", "-v"), ("haproxy", "-v"), ("h2o", "--version"), ("wrk", "-v")):
        if name not in products and name != "wrk":
            continue
        said = subprocess.run([tool(name), flag], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        found[name] = re.search(r"\d+\.\d+[\w.+-]*", said.stdout + said.stderr)[0]
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=Path(__file__).parent,
                            capture_output=True, text=True).stdout.strip()
    return {"proxy-server, app-server": commit or "unknown", **found}
