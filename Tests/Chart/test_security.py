# SPDX-License-Identifier: Apache-2.0
"""Every pod runs under the Pod Security Standard `restricted`, and under what we ask beyond it.

https://kubernetes.io/docs/concepts/security/pod-security-standards/"""
import pytest
from chart_tools import VALUE_SETS, of_kind, pods, rendered

# What `restricted` lets a pod mount; hostPath is not among them.
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
RIGHTS = ["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"]


def containers(spec):
    return spec["containers"] + spec.get("initContainers", []) + spec.get("ephemeralContainers", [])


@pytest.mark.parametrize("values", VALUE_SETS)
def test_pods_are_restricted(values):
    found = list(pods(rendered(values)))
    assert found
    for whose, _, spec in found:
        security = spec["securityContext"]
        assert security["runAsNonRoot"] is True, whose
        assert security.get("runAsUser", 1) != 0, whose
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, whose
        assert not {"hostNetwork", "hostPID", "hostIPC", "sysctls"} & (set(spec) | set(security)), whose
        for volume in spec.get("volumes", []):
            assert set(volume) - {"name"} <= VOLUMES, (whose, volume)
        for container in containers(spec):
            security = container["securityContext"]
            assert security["allowPrivilegeEscalation"] is False, whose
            assert security["capabilities"] == {"drop": ["ALL"]}, whose
            assert not {"privileged", "procMount", "runAsUser", "runAsNonRoot", "seccompProfile"} & set(security), whose
            assert all("hostPort" not in port for port in container.get("ports", [])), whose


@pytest.mark.parametrize("values", VALUE_SETS)
def test_pods_can_do_less_than_restricted_allows(values):
    for whose, _, spec in pods(rendered(values)):
        assert spec["automountServiceAccountToken"] is False, whose
        assert spec["enableServiceLinks"] is False, whose
        for container in containers(spec):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True, whose


@pytest.mark.parametrize("values", VALUE_SETS)
def test_nothing_has_rights_in_the_kubernetes_api(values):
    things = rendered(values)
    assert not of_kind(things, *RIGHTS)
    assert all(account["automountServiceAccountToken"] is False for account in of_kind(things, "ServiceAccount"))


@pytest.mark.parametrize("values", VALUE_SETS)
def test_pods_say_what_they_need(values):
    for whose, _, spec in pods(rendered(values)):
        for container in containers(spec):
            resources = container["resources"]
            assert {"cpu", "memory"} <= set(resources["requests"]), whose
            assert set(resources["limits"]) == {"memory"}, f"{whose}: memory is limited, CPU is not"


@pytest.mark.parametrize("values", VALUE_SETS)
def test_images_are_named_exactly(values):
    for whose, _, spec in pods(rendered(values)):
        for container in containers(spec):
            name, at, digest = container["image"].partition("@")
            tag = name.rpartition("/")[2].partition(":")[2]
            assert digest.startswith("sha256:") if at else tag not in ("", "latest"), (whose, container["image"])


def test_the_user_can_be_left_to_the_cluster():
    for whose, _, spec in pods(rendered("everything off")):
        assert not {"runAsUser", "runAsGroup", "fsGroup"} & set(spec["securityContext"]), whose
    for whose, _, spec in pods(rendered("default")):
        assert spec["securityContext"]["runAsUser"] == 65532, whose
