# SPDX-License-Identifier: Apache-2.0
"""What a control plane does with the chart's objects: Deployments make pods, Services get the ones that are ready,
NetworkPolicies are enforced, the Ingress is served by a real nginx."""
import asyncio
import copy
import ipaddress
import itertools

from deployment import Deployment
from dns import DNS
from ingress import IngressController
from manifests import NAMESPACE, Manifests, Wrong, container_port, matches
from network import SERVICES, Network
from packet_filter import PacketFilter
from pod import Pod

LATER_SECONDS = 0.05            # changes that come together are worked off together


class Cluster:
    def __init__(self, things, folder, binaries, say, nginx="nginx"):
        self.folder, self.binaries, self.say, self.nginx = folder, binaries, say, nginx
        self.manifests = Manifests(things)
        self.network = Network()
        self.dns = DNS(folder)
        self.filter = PacketFilter()
        self.failure = None
        self.changed = asyncio.Condition()
        self.pods, self.ended = [], []
        self.names = itertools.count()
        # The range without its first addresses, as Kubernetes shares it out; the DNS has one of them.
        self.service_addresses = {
            name: str(SERVICES[256 + number]) for number, (name, service) in
            enumerate(self.manifests.kind("Service").items()) if service["spec"].get("clusterIP") != "None"}
        self.deployments = {}
        self.ingress = None
        self.updating = None

    def fail(self, text):
        self.failure = self.failure or text
        self.on_change()

    # Beginning and end

    async def begin(self):
        self._update_services()
        for name, thing in self.manifests.kind("Deployment").items():
            if not matches(thing["spec"]["selector"], thing["spec"]["template"]["metadata"]["labels"]):
                raise Wrong(f"Deployment {name} does not select its own pods")
            self.deployments[name] = Deployment(self, thing)
        for thing in self.manifests.kind("Ingress").values():
            self.ingress = IngressController(self, thing)

    async def end(self):
        for deployment in self.deployments.values():
            deployment.task.cancel()
        await asyncio.gather(*(pod.delete(force=True) for pod in self.pods))
        if self.ingress:
            self.ingress.stop()
        self.dns.stop()

    def make_pod(self, owner, template, suffix):
        name = f"{owner}-{suffix}{next(self.names):x}"
        pod = Pod(self, name, owner, copy.deepcopy(template), self.on_change)
        self.pods.append(pod)
        self.on_change()                                        # policies know it by its address
        return pod

    # What follows from a change

    def on_change(self):
        if self.updating is None:
            self.updating = asyncio.get_running_loop().call_later(LATER_SECONDS, self._update)

    def _update(self):
        self.updating = None
        self.ended += [pod for pod in self.pods if pod.is_gone]
        self.pods = [pod for pod in self.pods if not pod.is_gone]
        try:
            self._update_services()
        except Wrong as error:
            self.failure = self.failure or str(error)
        asyncio.create_task(self._notify())

    async def _notify(self):
        async with self.changed:
            self.changed.notify_all()

    def ready_pods(self, selector, even_unready=False):
        return [pod for pod in self.pods if matches({"matchLabels": selector}, pod.labels)
                and (pod.is_ready and not pod.is_terminating or even_unready)]

    def _update_services(self):
        names, mapped = {}, []
        for name, service in self.manifests.kind("Service").items():
            spec = service["spec"]
            pods = self.ready_pods(spec["selector"], spec.get("publishNotReadyAddresses", False))
            address = self.service_addresses.get(name)
            names[f"{name}.{NAMESPACE}"] = [address] if address else [pod.address for pod in pods]
            if address:
                for port in spec["ports"]:
                    mapped.append((address, port["port"], [
                        (pod.address, container_port(pod.template, port["targetPort"])) for pod in pods]))
        self.dns.update(names)
        self.filter.update(mapped, self._policies())

    def _policies(self):
        found = []
        for pod in self.pods:
            specs = [policy["spec"] for policy in self.manifests.kind("NetworkPolicy").values()
                     if matches(policy["spec"]["podSelector"], pod.labels)]
            if specs:
                found.append({"address": pod.address, "ingress": self._rules(pod, specs, "ingress", "from"),
                              "egress": self._rules(pod, specs, "egress", "to")})
        return found

    def _rules(self, pod, specs, direction, side):
        """[(addresses or None for any, [(protocol, port)])]"""
        if not any(direction.capitalize() in spec["policyTypes"] for spec in specs):
            return [(None, [("TCP", "0:65535"), ("UDP", "0:65535")])]
        return [(self._peers(rule[side]) if side in rule else None,
                 [(port.get("protocol", "TCP"), port["port"]) for port in rule["ports"]])
                for spec in specs for rule in spec.get(direction, [])]

    def _peers(self, peers):
        addresses = []
        for peer in peers:
            if "namespaceSelector" in peer:
                continue                                        # there is no other namespace here
            if "ipBlock" in peer:
                addresses.append(str(ipaddress.ip_network(peer["ipBlock"]["cidr"])))
            else:
                addresses += [pod.address for pod in self.pods if matches(peer["podSelector"], pod.labels)]
        return addresses

    # What people do

    async def apply(self, things):
        """kubectl apply, or helm upgrade: Deployments change, ConfigMaps are delivered."""
        before, self.manifests = self.manifests, Manifests(things)
        for name, thing in self.manifests.kind("Deployment").items():
            self.deployments[name].change(thing)
        for name, thing in self.manifests.kind("ConfigMap").items():
            if thing["data"] != before.get("ConfigMap", name)["data"]:
                await asyncio.gather(*(pod.deliver_config_maps() for pod in self.pods))
        self.on_change()

    async def until(self, what, condition, seconds):
        """Waits for a condition over this cluster; says what did not happen."""
        async def wait():
            async with self.changed:
                while not condition():
                    if self.failure:
                        raise Wrong(self.failure)
                    # Conditions may look at clocks and programs, so they are also asked without a change.
                    try:
                        await asyncio.wait_for(self.changed.wait(), 0.2)
                    except asyncio.TimeoutError:
                        pass
        try:
            await asyncio.wait_for(wait(), seconds)
        except asyncio.TimeoutError:
            raise Wrong(f"not within {seconds} s: {what}\n{self.describe()}") from None

    def describe(self):
        """A line for each pod, and what those that are not ready have said last."""
        lines = []
        for pod in self.pods:
            state = "ending" if pod.is_terminating else "ready" if pod.is_ready else "not ready"
            said = (pod.folder / "log").read_text(errors="replace").splitlines()
            lines += [f"    {pod.name} is {state}"] + [f"      {line}" for line in said[-3:] if state == "not ready"]
        return "\n".join(lines)

    def pods_of(self, deployment):
        return [pod for pod in self.pods if pod.owner == deployment]
