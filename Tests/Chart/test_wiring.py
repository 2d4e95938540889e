# SPDX-License-Identifier: Apache-2.0
"""The objects fit together: what selects finds, what names a port finds it, what counts seconds agrees."""
import re
from urllib.parse import urlsplit

import pytest
import yaml
from chart_tools import (NAMESPACE, RELEASE, VALUE_SETS, config_maps, name_of, of_kind, only, pods,
                         proxy_configuration, render, rendered, selects)

ALL = pytest.mark.parametrize("values", VALUE_SETS)
FULL = f"{RELEASE}-eventhttp"


def found_by(selector, things, kinds=("Deployment",)):
    """(whose, spec) of the pods that a selector finds among those of `kinds`."""
    return [(whose, spec) for whose, labels, spec in pods(things)
            if whose.split()[0] in kinds and selects(selector, labels)]


def ports(spec):
    return {port["name"]: port["containerPort"] for container in spec["containers"] for port in container["ports"]}


@ALL
def test_each_deployment_selects_its_own_pods_only(values):
    things = rendered(values)
    for deployment in of_kind(things, "Deployment"):
        selector = deployment["spec"]["selector"]["matchLabels"]
        assert [whose for whose, _ in found_by(selector, things, ("Deployment", "Pod"))] == [name_of(deployment)]


@ALL
def test_each_service_leads_to_one_deployment_and_to_a_port_of_it(values):
    things = rendered(values)
    for service in of_kind(things, "Service"):
        found = found_by(service["spec"]["selector"], things, ("Deployment", "Pod"))
        assert len(found) == 1, name_of(service)
        for port in service["spec"]["ports"]:
            number = ports(found[0][1])[port["targetPort"]]
            if service["spec"].get("clusterIP") == "None":
                assert port["port"] == number, f"{name_of(service)}: without a cluster IP nothing maps ports"


@ALL
def test_no_service_that_leaves_the_cluster_has_the_admin_port(values):
    for service in of_kind(rendered(values), "Service"):
        if service["spec"].get("clusterIP") != "None":
            assert [port["targetPort"] for port in service["spec"]["ports"]] == ["http"]


@ALL
def test_probes_ask_a_port_that_is_there(values):
    for whose, _, spec in pods(rendered(values)):
        for container in spec["containers"]:
            kinds = [kind for kind in ("startupProbe", "readinessProbe", "livenessProbe") if kind in container]
            assert len(kinds) == (0 if whose.startswith("Pod") else 3), whose
            for kind in kinds:
                assert container[kind]["httpGet"]["port"] in ports(spec), (whose, kind)


@ALL
def test_ways_in_lead_to_the_proxy(values):
    things = rendered(values)
    assert len(of_kind(things, "Ingress", "HTTPRoute")) <= 1
    for ingress in of_kind(things, "Ingress"):
        backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
        service = only(things, "Service", backend["name"])
        assert backend["port"]["name"] in [port["name"] for port in service["spec"]["ports"]]
    for route in of_kind(things, "HTTPRoute"):
        backend = route["spec"]["rules"][0]["backendRefs"][0]
        service = only(things, "Service", backend["name"])
        assert backend["port"] in [port["port"] for port in service["spec"]["ports"]]


@ALL
def test_the_configuration_names_services_that_are_there(values):
    things = rendered(values)
    if not config_maps(things):
        return
    outside = {service["name"] for service in VALUE_SETS[values].get("config", {}).get("extraServices", [])}
    configured = yaml.safe_load(proxy_configuration(things))["proxy"]
    apps = {thing["metadata"]["labels"]["app.kubernetes.io/component"] for thing in of_kind(things, "Deployment")}
    assert {service["name"] for service in configured["services"]} == apps - {"proxy"} | outside
    for service in configured["services"]:
        if service["name"] in outside:
            continue
        for host in service["host"]:
            name, namespace, rest = host["address"].split(".", 2)
            assert (namespace, rest) == (NAMESPACE, "svc.cluster.local."), "the final dot spares searching"
            there = only(things, "Service", name)["spec"]
            assert host["port"] in [port["port"] for port in there["ports"]]
            assert there["selector"]["app.kubernetes.io/component"] == service["name"]
            if VALUE_SETS[values].get("config", {}).get("discovery") != "clusterip":
                assert there["clusterIP"] == "None" and not there["publishNotReadyAddresses"]


@ALL
def test_the_proxy_listens_where_its_pods_say(values):
    things = rendered(values)
    for config in config_maps(things):
        configured = yaml.safe_load(config["data"]["config.yaml"])["proxy"]
        _, spec = found_by({"app.kubernetes.io/component": "proxy"}, things)[0]
        assert ports(spec) == {"http": configured["listen"]["port"], "admin": configured["admin"]["port"]}
        # The kubelet asks from the node, so loopback would not do.
        assert configured["listen"]["address"] == configured["admin"]["address"] != "127.0.0.1"


@ALL
def test_the_configuration_is_mounted_as_a_folder(values):
    things = rendered(values)
    _, spec = found_by({"app.kubernetes.io/component": "proxy"}, things)[0]
    volume = next(volume for volume in spec["volumes"] if "configMap" in volume)
    mount = next(mount for mount in spec["containers"][0]["volumeMounts"] if mount["name"] == volume["name"])
    assert "subPath" not in mount, "the kubelet never delivers a change to a subPath"
    arguments = spec["containers"][0]["args"]
    assert arguments[arguments.index("--config") + 1] == mount["mountPath"] + "/config.yaml"
    own = VALUE_SETS[values].get("config", {}).get("existingConfigMap")
    assert volume["configMap"]["name"] == (own or config_maps(things)[0]["metadata"]["name"])


@ALL
def test_pods_have_time_to_drain(values):
    things = rendered(values)
    for deployment in of_kind(things, "Deployment"):
        spec = deployment["spec"]["template"]["spec"]
        container = spec["containers"][0]
        arguments = container.get("args", [])
        if "--drain-delay" in arguments:
            seconds = sum(int(arguments[arguments.index(f"--drain-{what}") + 1]) for what in ("delay", "timeout"))
        elif container["name"] == "proxy-server" and config_maps(things):
            drain = yaml.safe_load(proxy_configuration(things))["proxy"]["drain"]
            seconds = sum(int(drain[what].rstrip("s")) for what in ("delay", "timeout"))
        else:
            continue
        seconds += container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        assert spec["terminationGracePeriodSeconds"] == seconds + 5, name_of(deployment)


@ALL
def test_updates_take_no_pod_away_before_its_replacement_is_ready(values):
    for deployment in of_kind(rendered(values), "Deployment"):
        spec = deployment["spec"]
        assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
        assert spec["minReadySeconds"] == 5


@ALL
def test_autoscalers_and_budgets_fit_their_deployments(values):
    things = rendered(values)
    scaled = {scaler["spec"]["scaleTargetRef"]["name"]: scaler["spec"] for scaler in
              of_kind(things, "HorizontalPodAutoscaler")}
    budgets = [budget["spec"]["selector"]["matchLabels"] for budget in of_kind(things, "PodDisruptionBudget")]
    for deployment in of_kind(things, "Deployment"):
        spec, name = deployment["spec"], deployment["metadata"]["name"]
        assert ("replicas" in spec) == (name not in scaled), "either the chart or the autoscaler says how many"
        count = spec.get("replicas") or scaled[name]["minReplicas"]
        found = [budget for budget in budgets if selects(budget, spec["template"]["metadata"]["labels"])]
        off = values == "everything off" and name.endswith("-proxy")
        assert len(found) == (1 if count > 1 and not off else 0), name
        for metric in scaled.get(name, {}).get("metrics", []):
            if metric["type"] == "Resource":
                requests = spec["template"]["spec"]["containers"][0]["resources"]["requests"]
                assert metric["resource"]["name"] in requests, name
    assert set(scaled) <= {deployment["metadata"]["name"] for deployment in of_kind(things, "Deployment")}


@ALL
def test_pods_are_spread_among_themselves(values):
    things = rendered(values)
    for whose, labels, spec in pods(things):
        affinity = spec.get("affinity", {}).get("podAntiAffinity", {})
        preferred = affinity.get("preferredDuringSchedulingIgnoredDuringExecution", [])
        terms = [term["podAffinityTerm"] for term in preferred]
        terms += affinity.get("requiredDuringSchedulingIgnoredDuringExecution", [])
        for rule in spec.get("topologySpreadConstraints", []) + terms:
            assert selects(rule["labelSelector"]["matchLabels"], labels), whose
            assert len(found_by(rule["labelSelector"]["matchLabels"], things)) == 1, whose


@ALL
def test_policies_let_through_what_is_needed(values):
    things = rendered(values)
    policies = of_kind(things, "NetworkPolicy")
    if values == "everything off":
        assert not policies
        return
    for whose, labels, spec in pods(things):
        rules = [policy["spec"] for policy in policies if selects(policy["spec"]["podSelector"]["matchLabels"], labels)]
        if whose.startswith("Pod "):
            assert not rules, f"{whose}: only asks"
            continue
        assert len(rules) == 1 and rules[0]["policyTypes"] == ["Ingress", "Egress"], whose
        assert {port["port"] for rule in rules[0]["ingress"] for port in rule["ports"]} >= set(ports(spec).values())
        assert {"port": 53, "protocol": "UDP"} in rules[0]["egress"][0]["ports"], f"{whose} asks DNS"
        if labels["app.kubernetes.io/component"] != "proxy":
            continue
        for other, other_labels, other_spec in pods(things):
            if other_labels["app.kubernetes.io/name"] != "app-server":
                continue
            assert any(selects(peer["podSelector"]["matchLabels"], other_labels)
                       and {port["port"] for port in rule["ports"]} >= set(ports(other_spec).values())
                       for rule in rules[0]["egress"] for peer in rule.get("to", []) if "podSelector" in peer), other


@ALL
def test_helm_tests_ask_services_that_are_there(values):
    things = rendered(values)
    tests = of_kind(things, "Pod")
    assert bool(tests) == (values != "everything off")
    for pod in tests:
        assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
        assert pod["spec"]["restartPolicy"] == "Never"
        for container in pod["spec"]["containers"]:
            command, url = container["args"]
            assert command == "probe" and "command" not in container, "the image's entry point is the program"
            service = only(things, "Service", urlsplit(url).hostname)
            assert urlsplit(url).port in [port["port"] for port in service["spec"]["ports"]]
            peers = [peer["podSelector"]["matchLabels"] for policy in of_kind(things, "NetworkPolicy")
                     for rule in policy["spec"]["ingress"] for peer in rule.get("from", []) if "podSelector" in peer]
            assert not peers or any(selects(peer, pod["metadata"]["labels"]) for peer in peers)


@ALL
def test_monitors_find_the_admin_port(values):
    things = rendered(values)
    for monitor in of_kind(things, "ServiceMonitor"):
        found = [service for service in of_kind(things, "Service")
                 if selects(monitor["spec"]["selector"]["matchLabels"], service["metadata"]["labels"])]
        assert [service["metadata"]["name"] for service in found] == [f"{FULL}-proxy-admin"]
        assert monitor["spec"]["endpoints"][0]["port"] == found[0]["spec"]["ports"][0]["name"]
    for monitor in of_kind(things, "PodMonitor"):
        found = found_by(monitor["spec"]["selector"]["matchLabels"], things, ("Deployment", "Pod"))
        assert [whose for whose, _ in found] == [f"Deployment {FULL}-proxy"]
        assert monitor["spec"]["podMetricsEndpoints"][0]["port"] in ports(found[0][1])


@pytest.mark.parametrize("values", ["default", "minikube", "production"])
def test_the_memory_limit_covers_the_worst_case(values):
    """Every client that the configuration lets in reads slowly: see proxy.resources in values.yaml."""
    things = rendered(values)
    configured = yaml.safe_load(proxy_configuration(things))["proxy"]
    _, spec = found_by({"app.kubernetes.io/component": "proxy"}, things)[0]
    limit = re.fullmatch(r"([0-9]+)Mi", spec["containers"][0]["resources"]["limits"]["memory"])
    assert int(limit[1]) >= 64 + configured["workers"] * configured["limits"]["connections"] * 96 / 1024


@pytest.mark.parametrize("rollout, replaced", [("reload", False), ("restart", True)])
def test_a_changed_configuration_replaces_pods_only_if_asked(rollout, replaced):
    def deployment(attempts):
        things = render({"config": {"rollout": rollout, "proxy": {"retry": {"attempts": attempts}}}})
        return only(things, "Deployment", f"{FULL}-proxy")

    assert (deployment(2) != deployment(3)) is replaced


def test_the_values_reach_the_configuration():
    configured = yaml.safe_load(proxy_configuration(rendered("everything extra")))["proxy"]
    assert configured["balancing"] == {"policy": "p2c"}
    assert configured["limits"] == {"body_bytes": 1099511627776, "connections": 2048}
    assert configured["listen"] == {"address": "::", "port": 8888}
    services = yaml.safe_load(proxy_configuration(rendered("apps that differ")))["proxy"]["services"]
    assert [(service["name"], service["weight"], service["tier"]) for service in services] == [("a", 9, 0), ("b", 1, 1)]


def test_an_app_may_differ_from_the_others():
    things = rendered("apps that differ")
    first, second = (only(things, "Deployment", f"{FULL}-{name}")["spec"] for name in "ab")
    assert first["replicas"] == 1 and second["replicas"] == 3
    container = second["template"]["spec"]["containers"][0]
    assert container["image"] == "registry.example/b@sha256:" + "0" * 64
    assert (container["command"], container["args"]) == (["/b"], ["--port=8000"])
    assert "--drain-delay" in first["template"]["spec"]["containers"][0]["args"]


def test_common_labels_reach_pods_but_no_selector():
    for thing in rendered("everything extra"):
        if thing["kind"] == "Deployment":
            assert thing["spec"]["template"]["metadata"]["labels"]["team"] == "web"
            assert "team" not in thing["spec"]["selector"]["matchLabels"]
