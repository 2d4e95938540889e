# SPDX-License-Identifier: Apache-2.0
"""The node's network: a namespace for each pod, joined to the node's by a pair of virtual interfaces.

There is no bridge. As with Calico, every packet of a pod passes through the node's routing, so that the node can map
Services (kube-proxy's part) and enforce NetworkPolicies for pods that talk to each other. Nothing outside of the
namespaces is touched, and they end with the run."""
import ipaddress
import itertools
import os
import subprocess
from pathlib import Path

PODS = ipaddress.ip_network("10.244.0.0/16")
SERVICES = ipaddress.ip_network("10.96.0.0/16")
DNS_ADDRESS = "10.96.0.10"
GATEWAY = "169.254.1.1"
PREFIX = "evh"


def run(*command, check=True, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def node_name(pid):
    return f"{PREFIX}-{pid}-node"


def begin():
    """Makes the node's namespace, after removing those of runs that were killed, and returns its name."""
    for line in run("ip", "netns", "list").splitlines():
        name = line.split()[0]
        prefix, _, rest = name.partition("-")
        if prefix == PREFIX and not os.path.exists(f"/proc/{rest.split('-')[0]}"):
            run("ip", "netns", "delete", name, check=False)
    name = node_name(os.getpid())
    run("ip", "netns", "add", name)
    return name


def end(pid):
    for line in run("ip", "netns", "list").splitlines():
        if line.startswith(f"{PREFIX}-{pid}-"):
            run("ip", "netns", "delete", line.split()[0], check=False)


class Network:
    """Used by the process that lives in the node's namespace."""

    def __init__(self):
        self.numbers = itertools.count(1)
        self.addresses = itertools.count(10)
        run("ip", "link", "set", "lo", "up")
        run("ip", "address", "add", f"{DNS_ADDRESS}/32", "dev", "lo")
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")

    def make_namespace(self):
        """A namespace with an address that none had before: (name, address)."""
        number = next(self.numbers)
        name, inside, outside = f"{PREFIX}-{os.getpid()}-{number}", "eth0", f"veth{number}"
        address = str(PODS[next(self.addresses)])
        run("ip", "netns", "add", name)
        run("ip", "link", "add", outside, "type", "veth", "peer", "name", inside, "netns", name)
        run("ip", "link", "set", outside, "up")
        run("ip", "address", "add", f"{GATEWAY}/32", "dev", outside)
        run("ip", "route", "add", f"{address}/32", "dev", outside)
        commands = [
            "link set lo up", f"address add {address}/32 dev {inside}", f"link set {inside} up",
            f"route add {GATEWAY} dev {inside}", f"route add default via {GATEWAY} dev {inside}"]
        run("ip", "-netns", name, "-batch", "-", input="\n".join(commands))
        return name, address

    def delete_namespace(self, name):
        run("ip", "netns", "delete", name, check=False)
