# SPDX-License-Identifier: Apache-2.0
"""Wrong values are refused, with words that lead to the mistake."""
import pytest
from chart_tools import Refused, render

APP = {"name": "a"}


def app(**values):
    return {"apps": [APP | values]}


def proxy(**values):
    return {"proxy": values}


# (values, part of the message)
SCHEMA = [
    ({"proxies": {}}, "at '': additional properties 'proxies' not allowed"),
    (proxy(replics=2), "at '/proxy': additional properties 'replics' not allowed"),
    (proxy(replicas="two"), "at '/proxy/replicas': got string, want integer"),
    (proxy(replicas=-1), "at '/proxy/replicas': minimum: got -1, want 0"),
    (proxy(port=80), "at '/proxy/port': minimum: got 80, want 1,024"),
    (proxy(service={"type": "ExternalName"}), "at '/proxy/service/type'"),
    (proxy(service={"ports": 80}), "at '/proxy/service': additional properties 'ports'"),
    (proxy(service={"port": 65536}), "at '/proxy/service/port': maximum"),
    (proxy(drain={"delay": "10s"}), "at '/proxy/drain/delay': got string, want integer"),
    (proxy(probes={"liveness": {"path": "livez"}}), "at '/proxy/probes/liveness/path': 'livez' does not match"),
    (proxy(probes={"live": {}}), "at '/proxy/probes': additional properties 'live'"),
    (proxy(resources={"limits": {"memory": "512mb"}}), "at '/proxy/resources/limits/memory'"),
    (proxy(resources={"limit": {}}), "at '/proxy/resources': additional properties 'limit'"),
    (proxy(autoscaling={"enabled": "yes"}), "at '/proxy/autoscaling/enabled': got string, want boolean"),
    (proxy(autoscaling={"behavior": {"scaledown": {}}}), "additional properties 'scaledown'"),
    (proxy(autoscaling={"metrics": [{"type": "Cpu"}]}), "at '/proxy/autoscaling/metrics/0/type'"),
    (proxy(podDisruptionBudget={"maxUnavailable": "half"}), "at '/proxy/podDisruptionBudget/maxUnavailable'"),
    (proxy(rollout={"maxSurge": "150%"}), "at '/proxy/rollout/maxSurge'"),
    (proxy(podAntiAffinity="strong"), "value must be one of 'soft', 'hard', 'none'"),
    (proxy(affinity={"podAffinities": {}}), "additional properties 'podAffinities'"),
    (proxy(tolerations=[{"key": "a", "operator": "exists"}]), "at '/proxy/tolerations/0/operator'"),
    (proxy(extraEnv=[{"name": "A", "value": 1}]), "at '/proxy/extraEnv/0/value': got number, want string"),
    (proxy(extraEnv=[{"value": "1"}]), "at '/proxy/extraEnv/0': missing property 'name'"),
    (proxy(extraVolumes=[{"name": "tmp"}]), "at '/proxy/extraVolumes/0': minProperties"),
    (proxy(extraVolumeMounts=[{"name": "tmp"}]), "missing property 'mountPath'"),
    (proxy(extraArgs="--workers 1"), "at '/proxy/extraArgs': got string, want array"),
    (proxy(podLabels={"app.kubernetes.io/name": "x"}), "invalid propertyName 'app.kubernetes.io/name'"),
    (proxy(podAnnotations={"a": True}), "at '/proxy/podAnnotations/a': got boolean, want string"),
    (proxy(image={"digest": "sha256:1234"}), "at '/proxy/image/digest'"),
    (proxy(image={"tag": 1.10}), "at '/proxy/image/tag': got number, want string"),
    (proxy(image={"name": "proxy-server"}), "additional properties 'name'"),
    (proxy(workers=3), "additional properties 'workers'"),                # it is config.proxy.workers
    ({"image": {"pullPolicy": "always"}}, "value must be one of 'IfNotPresent', 'Always', 'Never'"),
    ({"image": {"pullSecrets": [{"name": "a"}]}}, "at '/image/pullSecrets/0': got object, want string"),
    ({"apps": {"service-app-1": {}}}, "at '/apps': got object, want array"),
    ({"apps": [{"replicas": 3}]}, "at '/apps/0': missing property 'name'"),
    ({"apps": [{"name": "App_1"}]}, "'App_1' does not match pattern"),
    ({"apps": [{"name": "proxy"}]}, "at '/apps/0/name': 'not' failed"),
    (app(replicas=1.5), "at '/apps/0/replicas': got number, want integer"),
    (app(weight=0), "at '/apps/0/weight': minimum: got 0, want 1"),
    (app(tier=8), "at '/apps/0/tier': maximum: got 8, want 7"),
    (app(adminPort=1234), "at '/apps/0': additional properties 'adminPort'"),
    (app(log={"level": "verbose"}), "at '/apps/0/log/level'"),
    ({"appDefaults": {"name": "a"}}, "at '/appDefaults': additional properties 'name'"),
    ({"config": {"discovery": "dns"}}, "value must be one of 'headless', 'clusterip'"),
    ({"config": {"rollout": "recreate"}}, "value must be one of 'reload', 'restart'"),
    ({"config": {"extraServices": [{"name": "a"}]}}, "missing property 'host'"),
    ({"config": {"extraServices": [{"name": "a", "host": []}]}}, "minItems"),
    ({"config": {"extraServices": [{"name": "a", "host": [{"adress": "b", "port": 1}]}]}}, "'adress' not allowed"),
    ({"ingress": {"hosts": ["a"]}}, "at '/ingress': additional properties 'hosts'"),
    ({"ingress": {"host": "http://a"}}, "at '/ingress/host'"),
    ({"ingress": {"path": "api"}}, "at '/ingress/path'"),
    ({"httpRoute": {"parentRefs": [{"namespace": "a"}]}}, "missing property 'name'"),
    ({"networkPolicy": {"proxyFrom": [{"ipBlock": {"cidrs": []}}]}}, "additional properties 'cidrs'"),
    ({"monitoring": {"interval": "15"}}, "at '/monitoring/interval'"),
    ({"monitoring": {"prometheusRule": {"errorRatio": 5}}}, "at '/monitoring/prometheusRule/errorRatio': maximum"),
    ({"commonLabels": {"a": "b c"}}, "at '/commonLabels/a'"),
    ({"fullnameOverride": "Shop"}, "at '/fullnameOverride'"),
    ({"listenAddress": "localhost"}, "at '/listenAddress'"),
    ({"podSecurity": {"runAsUser": "nobody"}}, "at '/podSecurity/runAsUser': got string, want integer"),
]

# (values, part of the message), of mistakes in how values go together
TOGETHER = [
    ({"httpRoute": {"enabled": True, "parentRefs": [{"name": "a"}]}}, "choose one way in"),
    ({"ingress": {"enabled": False}, "httpRoute": {"enabled": True}}, "httpRoute.parentRefs is empty"),
    ({"monitoring": {"podMonitor": {"enabled": True}, "serviceMonitor": {"enabled": True}}}, "scraped twice"),
    ({"apps": []}, "the proxy would have nothing to serve"),
    ({"apps": [APP, APP]}, "the name a is taken"),
    (app() | {"config": {"extraServices": [{"name": "a", "host": [{"address": "b", "port": 1}]}]}},
     "config.extraServices: the name a is taken"),
    (app(name="a-headless"), "ends in -headless"),
    (app(name="a" * 45), "63 are allowed: shorten"),
    (proxy(adminPort=8888), "proxy.port and proxy.adminPort are both 8888"),
    (proxy(terminationGracePeriodSeconds=44), "terminationGracePeriodSeconds is 44"),
    (app(drain={"delay": 20, "timeout": 60}, terminationGracePeriodSeconds=60), "app a: terminationGracePeriodSeconds"),
    (proxy(autoscaling={"enabled": True, "maxReplicas": 1}), "maxReplicas is 1, less than minReplicas 2"),
    (proxy(autoscaling={"enabled": True, "cpuPercent": 0}), "proxy: autoscaling has no metric"),
    (proxy(autoscaling={"enabled": True}, resources={"requests": {"cpu": None}}), "needs resources.requests.cpu"),
    (proxy(rollout={"maxSurge": 0}), "no pod could ever be replaced"),
    (proxy(rollout={"maxSurge": "0%", "maxUnavailable": "0%"}), "no pod could ever be replaced"),
    ({"config": {"proxy": {"listen": {"port": 80}}}}, "set proxy.port and listenAddress instead"),
    ({"config": {"proxy": {"services": []}}}, "set apps or config.extraServices instead"),
    ({"config": {"proxy": {"admin": {"port": 1}}}}, "set proxy.adminPort instead"),
    ({"config": {"proxy": {"drain": {"delay": "1s"}}}}, "set proxy.drain instead"),
]


@pytest.mark.parametrize("values, message", SCHEMA + TOGETHER)
def test_wrong_values_are_refused(values, message):
    with pytest.raises(Refused) as refusal:
        render(values)
    assert message in str(refusal.value)


def test_a_sleep_before_the_end_needs_a_kubernetes_that_has_it():
    with pytest.raises(Refused, match="preStopSleepSeconds needs Kubernetes 1.30, and this is v1.29"):
        render(proxy(preStopSleepSeconds=5), "1.29")


def test_old_clusters_are_refused():
    with pytest.raises(Refused, match="requires kubeVersion: >=1.27"):
        render({}, "1.26")
