# SPDX-License-Identifier: Apache-2.0
"""What is done to the cluster while clients ask, and what must be seen. Each is a function of a `Stage`; the load goes
on through all of them, and each must end without a failed request."""
import asyncio
import copy
import json
import signal
import sys
from pathlib import Path

import yaml
from manifests import Wrong

LOAD = Path(__file__).with_name("load.py")
CONNECTIONS, RATE = 16, 250
FAIL_REQUESTS = 8
# Generous: others use the machine too. What is measured is failures, not time.
READY_SECONDS, ROLLOUT_SECONDS, SEEN_SECONDS, DEAD_SECONDS = 60, 180, 40, 240


class Stage:
    """The cluster, a client outside of it, and ways to look at both."""

    def __init__(self, cluster, render, say):
        self.cluster, self.render, self.say = cluster, render, say
        self.client, self.client_address = cluster.network.make_namespace()
        self.apps = [name for name, thing in cluster.manifests.kind("Deployment").items()
                     if name_label(thing) == "app-server"]
        self.proxy = next(name for name, thing in cluster.manifests.kind("Deployment").items()
                          if name_label(thing) == "proxy-server")

    def expect(self, condition, text):
        if not condition:
            raise Wrong(text)

    async def execute(self, namespace, *command, seconds=30):
        """(exit status, output) of a command in a network namespace."""
        process = await asyncio.create_subprocess_exec(
            "ip", "netns", "exec", namespace, *map(str, command), stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE)
        out, error = await asyncio.wait_for(process.communicate(), seconds)
        return process.returncode, out.decode() + error.decode()

    async def curl(self, path, *flags, address=None):
        """(status, text with head) of one request of the client through the ingress; status 0 if there was none."""
        url = f"http://{address or self.cluster.ingress.address}{path}"
        status, text = await self.execute(
            self.client, "curl", "--silent", "--show-error", "--include", "--max-time", "20", *flags, url)
        words = text.split()
        return (int(words[1]) if status == 0 and words[0].startswith("HTTP/") else 0), text

    async def admin(self, pod, path):
        """What a proxy's admin listener says; asked from the node, as the kubelet does."""
        port = next(port["containerPort"] for port in pod.container["ports"] if port["name"] == "admin")
        process = await asyncio.create_subprocess_exec(
            "curl", "--silent", "--fail", "--max-time", "5", f"http://{pod.address}:{port}{path}",
            stdout=asyncio.subprocess.PIPE)
        return (await process.communicate())[0].decode()

    def deployments(self, names):
        return [self.cluster.deployments[name] for name in names]

    async def settled(self, names, seconds=ROLLOUT_SECONDS):
        deployments = self.deployments(names)
        await self.cluster.until("rolled out: " + ", ".join(names),
                                 lambda: all(deployment.is_settled() for deployment in deployments), seconds)

    async def known(self, pods):
        """All proxies know exactly these pods of the apps."""
        wanted = {pod.address for pod in pods}
        last = {}

        async def look():
            while True:
                for proxy in self.cluster.pods_of(self.proxy):
                    last[proxy.name] = known_addresses(await self.admin(proxy, "/upstreams"))
                if all(found == wanted for found in last.values()):
                    return
                await asyncio.sleep(0.5)
        try:
            await asyncio.wait_for(look(), SEEN_SECONDS)
        except asyncio.TimeoutError:
            raise Wrong(f"after {SEEN_SECONDS} s the proxies should know {sorted(wanted)}: {last}") from None

    def app_pods(self):
        return [pod for name in self.apps for pod in self.cluster.pods_of(name) if not pod.is_terminating]

    def first_pod(self, deployment):
        return self.cluster.pods_of(deployment)[0]


def name_label(thing):
    return thing["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"]


def known_addresses(upstreams):
    """The addresses of the hosts in what /upstreams says."""
    found = set()
    for service in json.loads(upstreams or '{"services": []}')["services"]:
        for host in service["hosts"]:
            found.add(host["address"].rpartition(":")[0])
    return found


class Load:
    """Clients that ask through the ingress as long as the `async with` lasts."""

    def __init__(self, stage):
        self.stage = stage
        self.report = None

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(
            "ip", "netns", "exec", self.stage.client, sys.executable, str(LOAD), self.stage.cluster.ingress.address,
            str(CONNECTIONS), str(RATE), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            start_new_session=True)                             # Ctrl-C is not for it; its input ends in time
        return self

    async def __aexit__(self, *_):
        self.process.stdin.close()
        out, _ = await self.process.communicate()
        self.report = json.loads(out)


# The scenarios, in their order


async def nothing_happens(stage):
    """Both services and all pods get their share."""
    await stage.known(stage.app_pods())
    await asyncio.sleep(5)


async def a_request_kills(stage):
    """`GET /fail` ends the app that gets it. A proxy gives it to two pods at most, and then to none; each learns by
    itself."""
    before = sum(pod.restarts for pod in stage.app_pods())

    def killed():
        return sum(pod.restarts for pod in stage.app_pods()) - before

    for times in range(FAIL_REQUESTS):
        status, text = await stage.curl("/fail")
        stage.expect(status in (502, 503), f"GET /fail was answered {text}")
        if times == 0:
            await asyncio.sleep(2)
            stage.expect(1 <= killed() <= 2, f"one GET /fail killed {killed()} pods")
    await stage.settled(stage.apps)
    await stage.known(stage.app_pods())
    proxies = len(stage.cluster.pods_of(stage.proxy))
    stage.expect(killed() <= 2 * proxies, f"GET /fail killed {killed()} pods through {proxies} proxies")
    stage.say(f"  GET /fail {FAIL_REQUESTS} times: {killed()} of {len(stage.app_pods())} pods were restarted")


async def a_pod_is_lost(stage):
    """kill -9 of an app, and a pod that is gone from one moment to the next: another one comes, with a new address."""
    stage.first_pod(stage.apps[0]).kill()
    lost = stage.first_pod(stage.apps[1])
    await lost.delete(force=True)
    await stage.settled(stage.apps)
    stage.expect(lost.address not in {pod.address for pod in stage.app_pods()}, "the address is the old one")
    await stage.known(stage.app_pods())


async def a_pod_hangs(stage):
    """An app that accepts and never answers leaves its Service, and comes back."""
    pod = stage.first_pod(stage.apps[0])
    pod.process.send_signal(signal.SIGSTOP)
    await stage.cluster.until("a pod that hangs is not ready", lambda: not pod.is_ready, SEEN_SECONDS)
    await stage.known(other for other in stage.app_pods() if other is not pod)
    pod.process.send_signal(signal.SIGCONT)
    await stage.settled(stage.apps)
    await stage.known(stage.app_pods())


async def apps_are_updated(stage):
    """A rolling restart of all apps at once: every pod has another address afterwards."""
    before = {pod.address for pod in stage.app_pods()}
    for deployment in stage.deployments(stage.apps):
        deployment.restart()
    await stage.settled(stage.apps)
    stage.expect(not before & {pod.address for pod in stage.app_pods()}, "some pods were not replaced")
    await stage.known(stage.app_pods())


async def the_proxy_is_updated(stage):
    """A rolling restart of the proxies, through which every request goes."""
    stage.cluster.deployments[stage.proxy].restart()
    await stage.settled([stage.proxy])
    await stage.known(stage.app_pods())


async def apps_are_scaled(stage):
    """From 3 pods to 6 and back."""
    wanted = {deployment: deployment.replicas for deployment in stage.deployments(stage.apps)}
    for deployment, replicas in wanted.items():
        deployment.scale(2 * replicas)
    await stage.settled(stage.apps)
    await stage.known(stage.app_pods())
    await asyncio.sleep(3)
    for deployment, replicas in wanted.items():
        deployment.scale(replicas)
    await stage.settled(stage.apps)
    await stage.known(stage.app_pods())


async def the_proxy_is_scaled(stage):
    """Twice as many proxies, and back."""
    deployment = stage.cluster.deployments[stage.proxy]
    replicas = deployment.replicas
    deployment.scale(2 * replicas)
    await stage.settled([stage.proxy])
    await asyncio.sleep(3)
    deployment.scale(replicas)
    await stage.settled([stage.proxy])


async def the_configuration_changes(stage):
    """`helm upgrade` with another value of the configuration: running proxies read it, and no pod is replaced."""
    pods = stage.cluster.pods_of(stage.proxy)
    for policy in ("p2c", "round_robin"):
        await stage.cluster.apply(stage.render({"config": {"proxy": {"balancing": {"policy": policy}}}}))

        async def is_read():
            while not all([in_force(await stage.admin(pod, "/config"), policy) for pod in pods]):
                await asyncio.sleep(0.5)
        try:
            await asyncio.wait_for(is_read(), SEEN_SECONDS)
        except asyncio.TimeoutError:
            raise Wrong(f"after {SEEN_SECONDS} s the proxies still do not balance by {policy}") from None
    stage.expect(stage.cluster.pods_of(stage.proxy) == pods, "pods were replaced")


def in_force(text, policy):
    return yaml.safe_load(text or "{}").get("proxy", {}).get("balancing", {}).get("policy") == policy


async def an_app_is_sick(stage):
    """An app that answers nearly everything with 503 for a minute fails its liveness probe and is restarted; until then
    the other pods answer for it."""
    pod = stage.first_pod(stage.apps[0])
    port = pod.container["ports"][0]["containerPort"]
    restarts = pod.restarts
    process = await asyncio.create_subprocess_exec(
        "curl", "--silent", "--output", "/dev/null", f"http://{pod.address}:{port}/outage/503")
    await process.wait()
    # The proxies soon leave it alone, and there is no ratio without requests: something else goes on asking it.
    until = asyncio.get_running_loop().time() + DEAD_SECONDS
    while pod.restarts == restarts:
        stage.expect(asyncio.get_running_loop().time() < until, "a pod that only fails was not restarted")
        process = await asyncio.create_subprocess_exec(
            "curl", "--silent", "--output", "/dev/null", f"http://{pod.address}:{port}/[1-30]")
        await process.wait()
        await asyncio.sleep(1)
    stage.expect(pod.reasons[-1] == "failed its liveness probe", f"it was restarted, but: {pod.reasons[-1]}")
    await stage.settled(stage.apps)


UNDER_LOAD = [nothing_happens, a_request_kills, a_pod_is_lost, a_pod_hangs, apps_are_updated, the_proxy_is_updated,
              apps_are_scaled, the_proxy_is_scaled, the_configuration_changes, an_app_is_sick]


# What is looked at once, without load


async def the_ingress_answers(stage):
    status, text = await stage.curl("/")
    stage.expect(status == 200 and "you got this!" in text, f"GET / was answered {text}")


async def helm_tests_pass(stage):
    """Runs the pods of `helm test`, each of their containers as a pod of its own."""
    for name, thing in stage.cluster.manifests.kind("Pod").items():
        for container in thing["spec"]["containers"]:
            template = copy.deepcopy(thing)
            template["spec"]["containers"] = [container]
            pod = stage.cluster.make_pod(name, template, f"{container['name']}-")
            await asyncio.wait_for(pod.task, READY_SECONDS)
            stage.expect(pod.exit_status == 0, f"helm test: {name}, {container['name']}: "
                         + (pod.folder / "log").read_text())


async def nothing_else_gets_through(stage):
    """Who is no proxy does not reach the apps, and from outside nobody reaches the admin listener."""
    app, proxy = stage.first_pod(stage.apps[0]), stage.first_pod(stage.proxy)
    ports = {port["name"]: port["containerPort"] for port in proxy.container["ports"]}
    reached, text = await stage.curl("/", address=f"{proxy.address}:{ports['http']}")
    stage.expect(reached == 200, f"anyone may ask a proxy, but: {text}")
    for pod, port in ((app, app.container["ports"][0]["containerPort"]), (proxy, ports["admin"])):
        reached, _ = await stage.curl("/livez", "--connect-timeout", "2", address=f"{pod.address}:{port}")
        stage.expect(reached == 0, f"{pod.name} can be reached on {port} from outside")


WITHOUT_LOAD = [the_ingress_answers, helm_tests_pass, nothing_else_gets_through]
