"""NetworkPolicies on two nodes with real agents, an API server and no kubelets: by packets."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator

import pytest

from testbed.agent.desired.netpol.text import TABLE
from testbed.host.wait import wait_for
from tests.documents import Document
from tests.integration.agent_kubernetes_lab import KubernetesLab
from tests.integration.programs import GOBGPD, needs_gobgpd
from tests.integration.test_agent_kubernetes import complete

pytestmark = [pytest.mark.root, needs_gobgpd]
PLACES = {"p1": "w1", "p2": "w2", "p3": "w1"}
PODS: dict[str, dict[int, str]] = {}
NODES = {"w1": {4: "192.168.1.2", 6: "fd1::2"}, "w2": {4: "192.168.2.2", 6: "fd2::2"}}
FAMILIES = (4, 6)
COUNT = """
table inet count {
  chain input {
    type filter hook input priority -500
    icmp type echo-request counter
    icmpv6 type echo-request counter
  }
}
"""


class NetpolLab(KubernetesLab):
    """Pods are objects too, with their names as labels."""

    def start_pod(self, name: str, node: str) -> None:
        self.make_object(name, node)
        PODS[name] = self.pod(node, name)
        self.tell_addresses(name)

    def make_object(self, name: str, node: str) -> None:
        self.kube.apply({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "labels": {"app": name}},
            "spec": {"nodeName": node, "automountServiceAccountToken": False,
                     "containers": [{"name": "c", "image": "none"}]},
        })  # fmt: skip

    def tell_addresses(self, name: str) -> None:
        """What a kubelet does once the pod runs."""
        ips = [{"ip": address} for address in PODS[name].values()]
        self.kube.client.request(
            "PATCH",
            f"/api/v1/namespaces/default/pods/{name}/status",
            {"status": {"podIP": ips[0]["ip"], "podIPs": ips, "phase": "Running"}},
            "application/strategic-merge-patch+json",
        )

    def policy(self, **spec: object) -> None:
        self.kube.apply(policy(spec))

    def answers(self, source: str, address: str) -> bool:
        return self.attempt(source, "ping", "-c", "1", "-W", "1", address).returncode == 0

    def reaches(self, source: str, target: str, wanted: bool) -> None:
        """Wait until it is so, in both families."""
        addresses = PODS.get(target) or NODES[target]
        for family in FAMILIES:
            wait_for(
                f"{source} → {target}, IPv{family}, {'reached' if wanted else 'refused'}",
                lambda at=addresses[family]: (  # type: ignore[misc]
                    self.answers(source, at) is wanted or None,
                    self.attempt(PLACES.get(target, target), "nft", "list", "ruleset").stdout,
                ),
                timeout=30,
            )


def policy(spec: object) -> Document:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "np", "namespace": "default"},
        "spec": spec,
    }


def named(name: str) -> Document:
    return {"matchLabels": {"app": name}}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NetpolLab]:
    assert GOBGPD is not None
    lab = NetpolLab(tmp_path_factory.mktemp("lab"), GOBGPD, services=True, pod_namespace="default")
    with lab.running(complete):
        account = {"name": "default", "namespace": "default"}
        lab.kube.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
        for name, node in PLACES.items():
            lab.start_pod(name, node)
        yield lab


@pytest.fixture
def lab(running: NetpolLab) -> Iterator[NetpolLab]:
    yield running
    running.kube.delete(policy({}))
    for source, target in (("p1", "p2"), ("p2", "p1"), ("p1", "p3"), ("p3", "p1")):
        running.reaches(source, target, True)


def test_a_closed_pod_is_reached_by_its_own_node_alone(lab: NetpolLab) -> None:
    lab.policy(podSelector=named("p1"), policyTypes=["Ingress"])
    lab.reaches("p2", "p1", False)
    lab.reaches("p3", "p1", False)
    lab.reaches("w2", "p1", False)
    lab.reaches("w1", "p1", True)
    for other in ("p2", "p3", "w1", "w2"):  # what it sends itself, and the answers
        lab.reaches("p1", other, True)
    assert lab.status("w1")["isolation"] == {"pods": 1, "policies": 1, "rules": 0}
    assert lab.status("w2")["isolation"] == {"pods": 0, "policies": 0, "rules": 0}


def test_a_pod_that_may_send_nothing_still_answers(lab: NetpolLab) -> None:
    lab.policy(podSelector=named("p1"), policyTypes=["Egress"])
    for other in ("p2", "p3", "w2"):
        lab.reaches("p1", other, False)
    lab.reaches("p1", "w1", True)
    for other in ("p2", "p3", "w1", "w2"):
        lab.reaches(other, "p1", True)


def test_pods_are_told_apart_near_and_far(lab: NetpolLab) -> None:
    allowed = [{"from": [{"podSelector": named("p2")}]}]
    lab.policy(podSelector=named("p1"), policyTypes=["Ingress"], ingress=allowed)
    lab.reaches("p3", "p1", False)
    lab.reaches("p2", "p1", True)
    allowed = [{"from": [{"podSelector": named("p3")}]}]
    lab.policy(podSelector=named("p1"), policyTypes=["Ingress"], ingress=allowed)
    lab.reaches("p2", "p1", False)
    lab.reaches("p3", "p1", True)


def test_labels_of_pods_and_namespaces_change(lab: NetpolLab) -> None:
    peer = {"namespaceSelector": {"matchLabels": {"team": "a"}}, "podSelector": named("guest")}
    rule = [{"from": [peer]}]
    lab.policy(podSelector=named("p1"), policyTypes=["Ingress"], ingress=rule)
    lab.reaches("p2", "p1", False)
    patch = "application/merge-patch+json"
    place = "/api/v1/namespaces/default"
    for path, labels in ((place, {"team": "a"}), (f"{place}/pods/p2", {"app": "guest"})):
        lab.kube.client.request("PATCH", path, {"metadata": {"labels": labels}}, patch)
    lab.reaches("p2", "p1", True)
    lab.kube.client.request("PATCH", place, {"metadata": {"labels": {"team": None}}}, patch)
    lab.reaches("p2", "p1", False)
    back = {"metadata": {"labels": {"app": "p2"}}}
    lab.kube.client.request("PATCH", f"{place}/pods/p2", back, patch)


def test_rules_stay_without_an_agent_and_are_mended_by_one(lab: NetpolLab) -> None:
    lab.policy(podSelector=named("p1"), policyTypes=["Ingress"])
    lab.reaches("p2", "p1", False)
    lab.stop("w1.agent", signal.SIGKILL)
    assert not lab.answers("p2", PODS["p1"][4])
    assert lab.attempt("w1", "nft", "delete", "table", *TABLE.split()).returncode == 0
    assert lab.answers("p2", PODS["p1"][4])
    lab.start_agent("w1")
    lab.reaches("p2", "p1", False)
    assert lab.attempt("w1", "nft", "flush", "table", *TABLE.split()).returncode == 0
    lab.config_map("any", reason="a look at everything")
    lab.reaches("p2", "p1", False)
    lab.delete("v1", "ConfigMap", "any")


def count(lab: NetpolLab, pod: str) -> int:
    """Echo requests that have come to the pod."""
    shown = json.loads(lab.attempt(pod, "nft", "-j", "list", "table", "inet", "count").stdout)
    parts = [part for one in shown["nftables"] if "rule" in one for part in one["rule"]["expr"]]
    return sum(part["counter"]["packets"] for part in parts if "counter" in part)


def start_and_send(lab: NetpolLab, name: str) -> None:
    """A pod that sends from the moment on in which it has an interface; gone afterwards."""
    lab.make_object(name, "w1")
    lab.namespace(name)
    sending = subprocess.Popen(
        ["nsenter", f"--net=/run/netns/{lab.ns(name)}", "sh", "-c",
         f"while :; do ping -q -c 1 -W 1 {PODS['p2'][4]} & ping -q -c 1 -W 1 {PODS['p2'][6]} &"
         " wait; done"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        code, result = lab.cni("ADD", "w1", name)
        assert code == 0, result
        done = lab.attempt(name, "ping", "-q", "-f", "-c", "100", "-w", "1", PODS["p2"][4])
        assert " 0 received" in done.stdout, done.stdout
    finally:
        sending.kill()
        sending.wait()
        lab.cni("DEL", "w1", name)
        lab.delete("v1", "Pod", name, "default")


@pytest.mark.parametrize("starts", [5, pytest.param(100, marks=pytest.mark.night)])
def test_no_packet_before_the_verdict(lab: NetpolLab, starts: int) -> None:
    lab.policy(podSelector={}, policyTypes=["Egress"])
    lab.reaches("p1", "p2", False)
    before = "add table inet count; delete table inet count"
    assert lab.attempt("p2", "nft", before).returncode == 0
    assert lab.attempt("p2", "nft", COUNT).returncode == 0
    for number in range(starts):
        start_and_send(lab, f"new{number}")
    assert count(lab, "p2") == 0
    assert not lab.answers("p1", PODS["p2"][4])
