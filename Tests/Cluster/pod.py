# SPDX-License-Identifier: Apache-2.0
"""A pod and what the kubelet does for it: starts the container, asks the probes and acts on them, restarts the
container when it ends, and ends it with the time to drain that the manifest grants."""
import asyncio
import functools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from manifests import Wrong, container_port
from network import DNS_ADDRESS

# Where the loader and the C library are; the images need none of it, as they are linked statically.
LIBRARIES = ["/lib", "/lib64", "/usr/lib"]
LAUNCHER = Path(__file__).with_name("container.py")
# The first restart comes at once, later ones wait twice as long as the one before, up to this.
BACKOFF_FIRST_SECONDS, BACKOFF_MAX_SECONDS = 1, 10
# How long the kubelet takes to deliver a changed ConfigMap: a minute in a real cluster.
CONFIG_MAP_DELAY_SECONDS = 2


def now():
    return time.monotonic()


@functools.cache
def libraries(binary):
    """The folders with what it is linked to; a debug build needs the Swift toolchain's."""
    linked = subprocess.run(["ldd", binary], capture_output=True, text=True).stdout
    folders = {os.path.dirname(word) for word in linked.split() if word.startswith("/")}
    known = [folder for folder in LIBRARIES if os.path.isdir(folder)]
    return known + sorted(folder for folder in folders if not folder.startswith(tuple(known)))


class Pod:
    def __init__(self, cluster, name, owner, template, on_change):
        self.cluster, self.name, self.owner, self.template = cluster, name, owner, template
        self.on_change = on_change
        self.labels = template["metadata"]["labels"]
        self.spec = template["spec"]
        if len(self.spec["containers"]) != 1 or self.spec.get("initContainers"):
            raise Wrong(f"{name}: this cluster runs pods of one container")
        self.container = self.spec["containers"][0]
        self.namespace, self.address = cluster.network.make_namespace()
        self.folder = cluster.folder / "pods" / name
        self.folder.mkdir(parents=True)
        self.log = open(self.folder / "log", "wb")
        self.process = None
        self.is_ready, self.is_started, self.ready_since = False, False, None
        self.is_terminating, self.is_gone = False, False
        self.was_killed_late = False
        self.restarts = 0
        self.reasons = []                                       # why it was restarted
        self.task = asyncio.create_task(self._live())

    # The container

    def _launch_spec(self):
        security = {**self.spec.get("securityContext", {}), **self.container.get("securityContext", {})}
        user = security.get("runAsUser")
        if security.get("runAsNonRoot") and not user:
            raise Wrong(f"{self.name}: runAsNonRoot without a numeric runAsUser; the images have one, this cluster not")
        image = self.container["image"].partition("@")[0]
        program = image.rpartition("/")[2].partition(":")[0]
        binary = self.cluster.binaries / program
        if not binary.exists():
            raise Wrong(f"{self.name}: the image {image} should hold {program}, and there is no {binary}")
        # What the Dockerfiles say.
        entrypoint = f"/usr/local/bin/{program}"
        root = self.folder / "root"
        root.mkdir(exist_ok=True)
        return {
            "root": str(root), "binary": str(binary), "entrypoint": entrypoint, "hostname": self.name,
            "address": self.address, "user": user or 0, "group": security.get("runAsGroup", user or 0),
            "libraries": libraries(binary), "readOnlyRoot": security.get("readOnlyRootFilesystem", False),
            "command": self.container.get("command", [entrypoint]) + self.container.get("args", []),
            "environment": {one["name"]: one["value"] for one in self.container.get("env", [])},
            "volumes": [self._volume(mount) for mount in self.container.get("volumeMounts", [])],
            "resolv.conf": f"nameserver {DNS_ADDRESS}\nsearch shop.svc.cluster.local svc.cluster.local cluster.local\n"
                           "options ndots:5\n"}

    def _volume(self, mount):
        if "subPath" in mount:
            raise Wrong(f"{self.name}: subPath is never updated; mount the folder")
        volumes = {volume["name"]: volume for volume in self.spec.get("volumes", [])}
        if mount["name"] not in volumes:
            raise Wrong(f"{self.name}: there is no volume {mount['name']}")
        source = self.folder / "volumes" / mount["name"]
        volume = volumes[mount["name"]]
        if "configMap" in volume:
            if not source.exists():
                self._write_config_map(source, volume["configMap"]["name"])
        elif "emptyDir" in volume:
            source.mkdir(parents=True, exist_ok=True)
            source.chmod(0o777)
        else:
            raise Wrong(f"{self.name}: the volume {volume} is of a kind that this cluster does not have")
        return {"source": str(source), "path": mount["mountPath"],
                "readOnly": "configMap" in volume or mount.get("readOnly", False)}

    def _write_config_map(self, folder, name):
        """As the kubelet does: a folder with the data, `..data` points to it, the files point into that."""
        data = self.cluster.manifests.get("ConfigMap", name)["data"]
        fresh = folder / f"..{time.time_ns()}"
        fresh.mkdir(parents=True)
        for key, text in data.items():
            (fresh / key).write_text(text)
            if not (folder / key).is_symlink():
                (folder / key).symlink_to(f"..data/{key}")
        old = os.readlink(folder / "..data") if (folder / "..data").is_symlink() else None
        (folder / "..data_tmp").symlink_to(fresh.name)
        os.rename(folder / "..data_tmp", folder / "..data")
        if old:
            for file in (folder / old).iterdir():
                file.unlink()
            (folder / old).rmdir()

    async def deliver_config_maps(self):
        await asyncio.sleep(CONFIG_MAP_DELAY_SECONDS)
        for volume in self.spec.get("volumes", []):
            folder = self.folder / "volumes" / volume["name"]
            if "configMap" in volume and folder.exists() and not self.is_gone:
                self._write_config_map(folder, volume["configMap"]["name"])

    async def _start(self):
        self.process = await asyncio.create_subprocess_exec(
            "ip", "netns", "exec", self.namespace, sys.executable, LAUNCHER, json.dumps(self._launch_spec()),
            stdin=asyncio.subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True)

    # Its life

    async def _live(self):
        backoff = 0
        try:
            while not self.is_terminating:
                self._set_ready(False)
                self.is_started = False
                await self._start()
                probing = asyncio.create_task(self._probe())
                status = await self.process.wait()
                probing.cancel()
                self._set_ready(False)
                if self.is_terminating:
                    break
                if self.spec.get("restartPolicy", "Always") == "Never":
                    self.exit_status = status
                    break
                self.restarts += 1
                if len(self.reasons) < self.restarts:
                    self.reasons.append(f"ended with status {status}")
                self.cluster.say(f"{self.name} {self.reasons[-1]}; it is restarted")
                await asyncio.sleep(backoff)
                backoff = min(max(BACKOFF_FIRST_SECONDS, 2 * backoff), BACKOFF_MAX_SECONDS)
        except Wrong as error:
            self.cluster.fail(str(error))
        finally:
            self.is_gone = True
            self.cluster.network.delete_namespace(self.namespace)
            self.log.close()
            self.on_change()

    def _set_ready(self, is_ready):
        if self.is_ready != is_ready:
            self.is_ready, self.ready_since = is_ready, now() if is_ready else None
            self.on_change()

    def kill(self):
        """The container ends at once; as every container that ends, it is restarted."""
        self.process.send_signal(signal.SIGKILL)

    def delete(self, force=False):
        """Takes the pod out of Services, tells it to end, and kills it when its time is over. To be awaited, or not."""
        if self.is_terminating:
            return self.task
        self.is_terminating = True
        self._set_ready(False)
        self.on_change()
        return asyncio.create_task(self._end(force))

    async def _end(self, force):
        if self.process and self.process.returncode is None:
            hook = self.container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            if not force:
                grace = self.spec["terminationGracePeriodSeconds"]
                await asyncio.sleep(hook)
                if self.process.returncode is None:
                    self.process.terminate()
                try:
                    await asyncio.wait_for(self.process.wait(), grace - hook)
                except asyncio.TimeoutError:
                    self.was_killed_late = True
                    self.cluster.say(f"{self.name} has not ended within {grace} s and is killed")
            if self.process.returncode is None:
                self.process.kill()
        await self.task

    # Probes

    async def _probe(self):
        probes = {kind: self.container.get(f"{kind}Probe") for kind in ("startup", "readiness", "liveness")}
        if probes["startup"] and not await self._until_started(probes["startup"]):
            return
        self.is_started = True
        await asyncio.gather(self._watch_readiness(probes["readiness"]), self._watch_liveness(probes["liveness"]))

    async def _until_started(self, probe):
        failures = 0
        while not await self._ask(probe):
            failures += 1
            if failures >= probe["failureThreshold"]:
                self._restart("has not started in time")
                return False
            await asyncio.sleep(probe["periodSeconds"])
        return True

    async def _watch_readiness(self, probe):
        if probe is None:
            return self._set_ready(True)
        failures = 0
        while True:
            if await self._ask(probe):
                failures = 0
                if not self.is_terminating:
                    self._set_ready(True)
            else:
                failures += 1
                if failures >= probe["failureThreshold"]:
                    self._set_ready(False)
            await asyncio.sleep(probe["periodSeconds"])

    async def _watch_liveness(self, probe):
        if probe is None:
            return
        failures = 0
        while not self.is_terminating:
            failures = 0 if await self._ask(probe) else failures + 1
            if failures >= probe["failureThreshold"]:
                return self._restart("failed its liveness probe")
            await asyncio.sleep(probe["periodSeconds"])

    def _restart(self, reason):
        """As with every end, there is the order to end first, and the kill when the time is over."""
        self.reasons.append(reason)
        self._set_ready(False)
        process = self.process
        process.terminate()
        asyncio.get_running_loop().call_later(
            self.spec["terminationGracePeriodSeconds"], lambda: process.returncode is None and process.kill())

    async def _ask(self, probe):
        get = probe["httpGet"]
        port = container_port(self.template, get["port"])
        try:
            status = await asyncio.wait_for(request(self.address, port, get["path"]), probe["timeoutSeconds"])
            return 200 <= status < 400
        except (OSError, asyncio.TimeoutError, ValueError):
            return False


async def request(address, port, path):
    """The status of one GET; as the kubelet's, each on a connection of its own."""
    reader, writer = await asyncio.open_connection(address, port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {address}:{port}\r\nUser-Agent: kube-probe/1.34\r\n"
                     "Accept: */*\r\nConnection: close\r\n\r\n".encode())
        line = await reader.readline()
        return int(line.split()[1]) if line.startswith(b"HTTP/1.1 ") else 0
    finally:
        writer.close()
