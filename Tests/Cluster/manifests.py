# SPDX-License-Identifier: Apache-2.0
"""The chart's objects as helm renders them, and the few rules of Kubernetes for reading them."""
import json
import subprocess

import yaml

RELEASE, NAMESPACE = "demo", "shop"


class Wrong(Exception):
    """The manifests say something that cannot work."""


def helm_template(helm, chart, values):
    command = [helm, "template", RELEASE, chart, "--namespace", NAMESPACE, "--values", "-"]
    done = subprocess.run(command, input=json.dumps(values), capture_output=True, text=True)
    if done.returncode:
        raise Wrong(done.stderr)
    return [thing for thing in yaml.safe_load_all(done.stdout) if thing]


class Manifests:
    def __init__(self, things):
        self.things = things

    def kind(self, kind):
        return {thing["metadata"]["name"]: thing for thing in self.things if thing["kind"] == kind}

    def get(self, kind, name):
        found = self.kind(kind)
        if name not in found:
            raise Wrong(f"there is no {kind} {name}; there are {', '.join(found) or 'none'}")
        return found[name]


def matches(selector, labels):
    """A label selector; what the chart does not use is not understood, rather than taken for true."""
    if set(selector) - {"matchLabels"}:
        raise Wrong(f"the selector {selector} is more than this cluster understands")
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def container_port(template, port):
    """The number of a port that is named, or numbered."""
    if isinstance(port, int):
        return port
    for container in template["spec"]["containers"]:
        for one in container.get("ports", []):
            if one["name"] == port:
                return one["containerPort"]
    raise Wrong(f"no container has a port named {port}")


def service_port(service, port):
    """The number of a Service's port that is named, or numbered."""
    for one in service["spec"]["ports"]:
        if port in (one.get("name"), one["port"]):
            return one["port"]
    raise Wrong(f"Service {service['metadata']['name']} has no port {port}")


def count_or_percent(value, whole, up):
    if isinstance(value, int):
        return value
    hundredths = int(value.rstrip("%")) * whole
    return -(-hundredths // 100) if up else hundredths // 100
