# SPDX-License-Identifier: Apache-2.0
"""The Deployment controller: as many pods as wanted, and rolling updates within maxSurge and maxUnavailable, in which a
pod counts as available once it has been ready for minReadySeconds."""
import asyncio
import copy
import hashlib
import itertools
import json
import time

from manifests import count_or_percent

REVISIONS = itertools.count(1)


class Deployment:
    def __init__(self, cluster, thing):
        self.cluster, self.name = cluster, thing["metadata"]["name"]
        self.thing = copy.deepcopy(thing)
        self.task = asyncio.create_task(self._control())

    # What people do

    def change(self, thing):
        """A new version of the object. What `restart` added stays, as it does with `kubectl apply`."""
        annotations = self.thing["spec"]["template"]["metadata"].get("annotations", {})
        self.thing = copy.deepcopy(thing)
        if annotations:
            self.thing["spec"]["template"]["metadata"].setdefault("annotations", {}).update(annotations)
        self.cluster.on_change()

    def restart(self):
        """kubectl rollout restart"""
        metadata = self.thing["spec"]["template"]["metadata"]
        metadata.setdefault("annotations", {})["kubectl.kubernetes.io/restartedAt"] = str(next(REVISIONS))
        self.cluster.on_change()

    def scale(self, replicas):
        self.thing["spec"]["replicas"] = replicas
        self.cluster.on_change()

    # What the controller sees

    @property
    def replicas(self):
        return self.thing["spec"].get("replicas", 1)

    @property
    def revision(self):
        template = self.thing["spec"]["template"]
        return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:6]

    @property
    def pods(self):
        """Those that are not about to end."""
        return [pod for pod in self.cluster.pods_of(self.name) if not pod.is_terminating]

    def is_available(self, pod):
        return pod.is_ready and time.monotonic() - pod.ready_since >= self.thing["spec"].get("minReadySeconds", 0)

    def is_settled(self):
        """All is as wanted, and nothing is left over from before."""
        pods = self.cluster.pods_of(self.name)
        return len(pods) == self.replicas and all(
            pod.revision == self.revision and not pod.is_terminating and self.is_available(pod) for pod in pods)

    # What it does

    async def _control(self):
        while True:
            if not self._step():
                async with self.cluster.changed:
                    try:                                        # time passes without a change, too
                        await asyncio.wait_for(self.cluster.changed.wait(), 0.25)
                    except asyncio.TimeoutError:
                        pass

    def _step(self):
        """One pod more or less, if there is a reason; true if there was."""
        revision, pods = self.revision, self.pods
        fresh = [pod for pod in pods if pod.revision == revision]
        old = [pod for pod in pods if pod.revision != revision]
        limits = self.thing["spec"]["strategy"]["rollingUpdate"]
        surge = count_or_percent(limits["maxSurge"], self.replicas, up=True) if old else 0
        missing = count_or_percent(limits["maxUnavailable"], self.replicas, up=False) if old else 0
        if len(fresh) < self.replicas and len(pods) < self.replicas + surge:
            pod = self.cluster.make_pod(self.name, self.thing["spec"]["template"], f"{revision}-")
            pod.revision = revision
            return True
        available = sum(map(self.is_available, pods))
        if old and available > self.replicas - missing:
            return self._end_one(old)
        # An old pod that is not available anyway can be spared at once, as long as enough others are.
        if old and available >= self.replicas - missing and not all(map(self.is_available, old)):
            return self._end_one(old)
        if not old and len(fresh) > self.replicas:
            return self._end_one(fresh)
        return False

    def _end_one(self, pods):
        """As Kubernetes chooses: first who is not ready, then who has been ready for the shortest time."""
        pod = min(pods, key=lambda pod: (pod.is_ready, -(pod.ready_since or 0)))
        pod.delete()
        return True
