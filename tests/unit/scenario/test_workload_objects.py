"""The Deployments and Services of scenarios, and when one is rolled out."""

from __future__ import annotations

from typing import Any

import pytest

from testbed.observe import probe
from testbed.scenario.api import manifests
from testbed.scenario.api.manifests import Deployment


def pod_of(wanted: Deployment) -> dict[str, Any]:
    return dict(manifests.deployment(wanted)["spec"]["template"]["spec"])


def test_servers_on_one_node_take_even_the_control_planes() -> None:
    pod = pod_of(Deployment("web", node="master"))
    assert pod["nodeSelector"] == {"kubernetes.io/hostname": "master"}
    assert pod["tolerations"] == [{"operator": "Exists", "effect": "NoSchedule"}]


def test_servers_are_spread_over_the_nodes_that_take_pods() -> None:
    pod = pod_of(Deployment("web", replicas=4))
    assert "nodeSelector" not in pod
    (spread,) = pod["topologySpreadConstraints"]
    assert (spread["maxSkew"], spread["nodeTaintsPolicy"]) == (1, "Honor")


def test_a_new_version_is_another_template() -> None:
    one, two = (pod_of(Deployment("web", version=v)) for v in "12")
    assert one != two


def test_a_pod_ends_only_after_everybody_has_heard() -> None:
    pod = pod_of(Deployment("web"))
    drain = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] > drain > 1  # kube-proxy waits a second at most


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("ClusterIP", {"type": "ClusterIP"}),
        ("NodePort", {"type": "NodePort"}),
        ("headless", {"clusterIP": "None"}),
    ],
)
def test_kinds_of_services(kind: str, spec: dict[str, str]) -> None:
    made = manifests.service("web-x", "web", kind, (4, 6))["spec"]
    assert {key: made[key] for key in spec} == spec
    assert (made["ipFamilyPolicy"], made["ipFamilies"]) == ("RequireDualStack", ["IPv4", "IPv6"])


def test_a_service_of_one_family() -> None:
    made = manifests.service("web-x", "web", "ClusterIP", (6,))["spec"]
    assert (made["ipFamilyPolicy"], made["ipFamilies"]) == ("SingleStack", ["IPv6"])


def test_a_service_takes_the_probes_of_a_proof() -> None:
    made = manifests.service("web-x", "web", "ClusterIP", (4,))["spec"]
    ports = {port["port"] for port in made["ports"] if port.get("protocol") == "UDP"}
    assert ports == {probe.FIRST_PORT + n for n in range(8)}


def rolled(generation: int = 2, **status: int) -> tuple[bool, str]:
    base = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}
    document = {
        "metadata": {"generation": generation},
        "spec": {"replicas": 3},
        "status": {**base, **status},
    }
    return manifests.rolled_out(document)


def test_rolled_out() -> None:
    assert rolled()[0]


@pytest.mark.parametrize(
    "status",
    [
        {"replicas": 4},
        {"updatedReplicas": 2},
        {"availableReplicas": 2},
        {"terminatingReplicas": 1},
        {"generation": 3},
    ],
)
def test_not_rolled_out_yet(status: dict[str, int]) -> None:
    done, words = rolled(**status)
    assert not done
    assert "of 3" in words
