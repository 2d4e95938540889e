# SPDX-License-Identifier: Apache-2.0
"""What the chart's tests share: rendering, and finding one's way in what was rendered."""
import functools
import json
import os
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm"
HELM = os.environ.get("HELM", str(ROOT / ".build-chart/helm"))
RELEASE, NAMESPACE = "demo", "shop"
# The oldest that Chart.yaml allows, and the newest.
KUBERNETES = ["1.27", "1.28", "1.29", "1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37"]

# Values as users write them, each rendered, validated and examined as a whole. `files` are names in helm/.
PRODUCTION = {"image": {"tag": "1.0"}}
VALUE_SETS = {
    "default": {},
    "minikube": {"files": ["values-minikube.yaml"]},
    "production": {"files": ["values-prod.yaml"], **PRODUCTION},
    "one app": {"apps": [{"name": "only"}]},
    "no app, services outside": {"apps": [], "config": {"extraServices": [
        {"name": "old", "tier": 1, "host": [{"address": "10.0.0.7", "port": 80}]}]}},
    "apps that differ": {"apps": [
        {"name": "a", "port": 9000, "replicas": 1, "weight": 9, "service": {"port": 80}},
        {"name": "b", "image": {"repository": "registry.example/b", "digest": "sha256:" + "0" * 64},
         "command": ["/b"], "args": ["--port=8000"], "tier": 1, "drain": {"delay": 0, "timeout": 5}}]},
    "discovery by ClusterIP": {"config": {"discovery": "clusterip", "rollout": "restart"}},
    "a ConfigMap of the user's": {"config": {"existingConfigMap": "mine", "rollout": "restart"}},
    "HTTPRoute": {"ingress": {"enabled": False}, "httpRoute": {
        "enabled": True, "hostnames": ["www.example.com"], "parentRefs": [{"name": "gate", "namespace": "infra"}]}},
    "LoadBalancer": {"ingress": {"enabled": False}, "proxy": {"service": {
        "type": "LoadBalancer", "port": 80, "nodePort": 30080, "externalTrafficPolicy": "Local",
        "annotations": {"example.com/lb": "x"}}}},
    "NodePort": {"ingress": {"enabled": False}, "proxy": {"service": {"type": "NodePort"}}},
    "TLS": {"ingress": {"host": "www.example.com", "className": "", "annotations": {"a.example/b": "c"},
                        "tls": [{"secretName": "s", "hosts": ["www.example.com"]}]}},
    "PodMonitor": {"monitoring": {"podMonitor": {"enabled": True}, "labels": {"release": "prometheus"}}},
    "all of monitoring": {"monitoring": {"serviceMonitor": {"enabled": True}, "prometheusRule": {
        "enabled": True, "alertLabels": {"team": "web"}}, "dashboard": {"enabled": True}}},
    "autoscaling by everything": {"proxy": {"autoscaling": {
        "enabled": True, "memoryPercent": 80, "podMetrics": {"proxy_requests_in_flight": "100"},
        "metrics": [{"type": "External", "external": {"metric": {"name": "q"},
                                                      "target": {"type": "Value", "value": "30"}}}]}}},
    "everything off": {
        "networkPolicy": {"enabled": False}, "serviceAccount": {"create": False}, "ingress": {"enabled": False},
        "tests": {"enabled": False}, "podSecurity": {"runAsUser": 0},
        "proxy": {"podDisruptionBudget": {"enabled": False}, "topologySpread": [], "podAntiAffinity": "none"}},
    "closed in": {"networkPolicy": {
        "proxyFrom": [{"namespaceSelector": {"matchLabels": {"a": "b"}}}], "monitoringFrom": [],
        "proxyEgress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"port": 80}]}],
        "appEgress": [{"ports": [{"port": 5432, "protocol": "TCP"}]}]}},
    "everything extra": {
        "commonLabels": {"team": "web"}, "nameOverride": "shop", "priorityClassName": "high",
        "image": {"registry": "registry.example/team/", "pullSecrets": ["pull"], "tag": "7", "pullPolicy": "Always"},
        "serviceAccount": {"name": "sa", "annotations": {"a/b": "c"}}, "listenAddress": "::",
        "appDefaults": {
            "extraArgs": ["--name", "x"], "extraEnv": [{"name": "A", "value": "1"}],
            "extraEnvFrom": [{"configMapRef": {"name": "c"}}], "podAnnotations": {"x": "y"}, "podLabels": {"l": "m"},
            "extraVolumes": [{"name": "tmp", "emptyDir": {}}],
            "extraVolumeMounts": [{"name": "tmp", "mountPath": "/tmp"}], "nodeSelector": {"disk": "ssd"},
            "tolerations": [{"key": "k", "operator": "Exists"}], "podAntiAffinity": "hard"},
        "proxy": {
            "extraArgs": ["--workers", "1"], "extraEnv": [{"name": "A", "valueFrom": {"fieldRef": {
                "fieldPath": "spec.nodeName"}}}], "podAnnotations": {"x": "y"},
            "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
            "topologySpread": [{"topologyKey": "rack", "maxSkew": 2, "whenUnsatisfiable": "DoNotSchedule"}]},
        "config": {"proxy": {"balancing": {"policy": "p2c"}, "limits": {"body_bytes": 1099511627776}}}},
    "a sleep before the end": {"proxy": {"preStopSleepSeconds": 5}},
}
# The first Kubernetes that takes a value set; the others take the oldest.
NEEDS = {"a sleep before the end": "1.30"}


class Refused(Exception):
    """helm's own words."""


def helm(*arguments, values=None):
    """Runs helm; `values` may have `files`, names of value files of the chart, beside values proper."""
    values = dict(values or {})
    flags = [flag for name in values.pop("files", []) for flag in ("--values", str(CHART / name))]
    run = subprocess.run([HELM, *arguments, *flags, "--values", "-"], input=json.dumps(values),
                         capture_output=True, text=True)
    if run.returncode:
        raise Refused(run.stderr or run.stdout)
    return run.stdout


def render_text(values=None, kubernetes="1.34", *flags):
    return helm("template", RELEASE, str(CHART), "--namespace", NAMESPACE, "--kube-version", kubernetes, *flags,
                values=values)


def render(values=None, kubernetes="1.34"):
    return [thing for thing in yaml.safe_load_all(render_text(values, kubernetes)) if thing]


@functools.cache
def rendered(name, kubernetes="1.34"):
    """What the value set of that name makes. Shared: do not change it."""
    return render(VALUE_SETS[name], kubernetes)


def of_kind(things, *kinds):
    return [thing for thing in things if thing["kind"] in kinds]


def name_of(thing):
    return f"{thing['kind']} {thing['metadata']['name']}"


def only(things, kind, name):
    found = [thing for thing in of_kind(things, kind) if thing["metadata"]["name"] == name]
    assert len(found) == 1, f"there are {len(found)} of {kind} {name}"
    return found[0]


def pods(things):
    """(whose, labels, spec) of every pod that these things make."""
    for thing in things:
        if thing["kind"] == "Pod":
            yield name_of(thing), thing["metadata"]["labels"], thing["spec"]
        elif "template" in thing.get("spec", {}):
            template = thing["spec"]["template"]
            yield name_of(thing), template["metadata"]["labels"], template["spec"]


def selects(selector, labels):
    return all(labels.get(key) == value for key, value in selector.items())


def config_maps(things):
    """Those with a configuration of the proxy: one or none."""
    return [thing for thing in of_kind(things, "ConfigMap") if "config.yaml" in thing["data"]]


def proxy_configuration(things):
    return config_maps(things)[0]["data"]["config.yaml"]
