# SPDX-License-Identifier: Apache-2.0
"""kube-proxy and a network plugin in iptables' words: addresses of Services lead to ready pods, and NetworkPolicies
decide which pods may talk to which. Each change replaces a whole table at once."""
from network import run


def restore(table, lines):
    text = "\n".join([f"*{table}", *lines, "COMMIT", ""])
    run("iptables-restore", "--wait", input=text)


class PacketFilter:
    def __init__(self):
        self.now = {}

    def update(self, services, policies):
        """`services`: [(address, port, [(pod address, port)])]; `policies`: see `policy_lines`."""
        self._set("nat", list(service_lines(services)))
        self._set("filter", list(policy_lines(policies)))

    def _set(self, table, lines):
        if self.now.get(table) != lines:
            restore(table, lines)
            self.now[table] = lines


def service_lines(services):
    """For each Service a chain, in which a new connection falls to each ready pod with the same probability. Those
    that exist stay where they are, whatever becomes of the pod's readiness."""
    yield from (f":{chain} ACCEPT [0:0]" for chain in ("PREROUTING", "OUTPUT"))
    chains, rules = [], []
    for number, (address, port, endpoints) in enumerate(services):
        chain = f"SVC-{number}"
        chains.append(f":{chain} - [0:0]")
        for hook in ("PREROUTING", "OUTPUT"):
            rules.append(f"-A {hook} -d {address}/32 -p tcp --dport {port} -j {chain}")
        for index, (pod, target) in enumerate(endpoints):
            share = f"-m statistic --mode random --probability {1 / (len(endpoints) - index):.9f}"
            rules.append(f"-A {chain} -p tcp {share if index < len(endpoints) - 1 else ''} "
                         f"-j DNAT --to-destination {pod}:{target}")
    yield from chains + rules


def policy_lines(policies):
    """`policies`: [{"address": …, "ingress": [(sources or None for any, ports)], "egress": the same}], one for each pod
    that a policy selects; other pods talk to whom they like. What the node itself asks, as the kubelet does, passes."""
    yield ":FORWARD ACCEPT [0:0]"
    for number, _ in enumerate(policies):
        yield f":IN-{number} - [0:0]"
        yield f":OUT-{number} - [0:0]"
    yield "-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT"
    for number, policy in enumerate(policies):
        yield f"-A FORWARD -s {policy['address']}/32 -j OUT-{number}"
    for number, policy in enumerate(policies):
        yield f"-A FORWARD -d {policy['address']}/32 -j IN-{number}"
    for number, policy in enumerate(policies):
        for chain, side, rules in ((f"IN-{number}", "-s", policy["ingress"]),
                                   (f"OUT-{number}", "-d", policy["egress"])):
            for peers, ports in rules:
                for peer in [None] if peers is None else peers:
                    for protocol, port in ports:
                        whom = "" if peer is None else f"{side} {peer}"
                        # Out of a pod: on to what the other pod's own policy says.
                        verdict = "ACCEPT" if chain.startswith("IN") else "RETURN"
                        yield f"-A {chain} {whom} -p {protocol.lower()} --dport {port} -j {verdict}"
            yield f"-A {chain} -j DROP"
