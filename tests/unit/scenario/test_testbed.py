"""The parts of a scenario's Testbed, and the names by which scenarios of before reach them."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path

import pytest

from testbed.agent.contract import NodeStatus, PolicyStatus
from testbed.errors import TestbedError
from testbed.lab import policies, state, verify
from testbed.orchestrators.pod import Pod
from testbed.plan.model import Node
from testbed.scenario.api.check import Check, NoSuchFamily, NotApplicable
from testbed.scenario.api.context import Context
from testbed.scenario.api.testbed import Testbed
from tests.shipped_plans import shipped_plan

# Each name of before, the part that it leads to, and a call as user scenarios write it.
CALLS: dict[str, tuple[str, tuple[object, ...], tuple[str, ...]]] = {
    "nodes": ("nodes.__call__", (), ()),
    "status": ("context.status", ("worker1",), ()),
    "address": ("context.address", ("worker1", 4), ()),
    "wait": ("context.wait", ("it", bool), ("seen", "timeout")),
    "wait_for": ("context.wait_for", ("it", bool, 3), ("interval", "fix")),
    "keep": ("context.keep", ("name", "text"), ()),
    "restored": ("context.restored", (), ()),
    "join": ("nodes.join", ("worker2",), ()),
    "leave": ("nodes.leave", ("worker2",), ()),
    "configuration": ("nodes.configuration", ("worker1",), ()),
    "routes": ("nodes.routes", ("worker1",), ()),
    "stop": ("programs.stop", ("master.etcd", "master.kubelet"), ()),
    "start": ("programs.start", ("master.etcd", "master.kubelet"), ()),
    "kill": ("programs.kill", ("worker1.agent",), ()),
    "cut": ("links.cut", ("r6", "r8"), ()),
    "mend": ("links.mend", ("r6", "r8"), ()),
    "set_seg6": ("links.set_seg6", ("r6",), ("enabled",)),
    "neighbour": ("second_labs.bring_up", (), ()),
    "pod": ("pods.create", ("worker1",), ()),
    "short_lived_pod": ("pods.short_lived", ("worker1",), ()),
    "pod_mtu": ("pods.mtu", ("pod",), ()),
    "traffic": ("pods.traffic", ("pod", "pod"), ("rate", "family")),
    "path": ("paths.between", ("pod", "pod", 4), ("through",)),
    "pool": ("pools.add", ("name", "172.18.0.0/16", "vxlan"), ()),
    "inject": ("te.inject", ("file.yaml",), ("force",)),
    "withdraw": ("te.withdraw", ([],), ()),
    "apply": ("te.apply", ("file.yaml",), ()),
    "unapply": ("te.unapply", ([],), ()),
    "mode": ("te.mode", ("bgp",), ()),
    "chosen": ("te.chosen", ("worker1", "worker2", 4), ()),
    "first_segment": ("te.first_segment", ("worker1", "worker2", 4), ()),
    "wait_chosen": ("te.wait_chosen", ("worker1", "worker2", 4, "bgp"), ()),
    "wait_policy": ("te.wait_policy", ("policy", True), ("head_ends", "lists")),
    "api_answers": ("kube.api_answers", (), ()),
    "families": ("kube.families", (), ()),
    "deploy": ("kube.deploy", ("web",), ("replicas", "node")),
    "roll": ("kube.roll", ("web", "2"), ()),
    "wait_rolled_out": ("kube.wait_rolled_out", ("web",), ()),
    "servers": ("kube.servers", ("web",), ()),
    "service": ("kube.service", ("web", "NodePort"), ()),
    "kubectl": ("kube.kubectl", ("get", "pods"), ("timeout",)),
    "run_in": ("kube.run_in", ("pod", "ip", "link"), ()),
    "logs": ("kube.logs", ("pod",), ()),
    "drain": ("kube.drain", ("worker2",), ()),
    "blocks": ("kube.blocks", ("worker1",), ()),
    "containers": ("kube.containers", (), ()),
    "ask": ("http.ask", ("pod", "10.96.0.1"), ("port", "times", "patience")),
    "requests": ("http.requests", ("pod", "10.96.0.1"), ("port", "rate")),
    "resolve": ("dns.resolve", ("pod", "name"), ("kind", "server", "tcp")),
    "wait_resolved": ("dns.wait_resolved", ("pod", "name", "address"), ("patience",)),
    "dns_servers": ("dns.servers", (), ()),
}
WORKER1 = Pod("t1-worker1", "worker1", "172.16.0.2/32", None)


class FakeOrchestrator:
    """Pods that are only remembered."""

    def __init__(self) -> None:
        self.running: list[Pod] = []

    def create_pod(self, _plan: object, name: str, node: str) -> Pod:
        self.running.append(Pod(name, node, "172.16.0.2/32", None))
        return self.running[-1]

    def delete_pod(self, _plan: object, name: str) -> None:
        self.running = [pod for pod in self.running if pod.name != name]

    def pods(self, _plan: object) -> list[Pod]:
        return self.running


@pytest.fixture
def testbed(tmp_path: Path) -> Testbed:
    return Testbed(Context(shipped_plan("full"), Check(), tmp_path))


@pytest.mark.parametrize("name", CALLS)
def test_scenarios_of_before_run(name: str, testbed: Testbed) -> None:
    part, arguments, keywords = CALLS[name]
    found = getattr(testbed, name)
    inspect.signature(found).bind(*arguments, **dict.fromkeys(keywords))
    for step in part.split("."):
        testbed = getattr(testbed, step)
    assert found == testbed or found.__call__ == testbed


def test_what_it_works_on_has_its_old_names(testbed: Testbed, tmp_path: Path) -> None:
    assert (testbed.plan.topology, testbed.evidence) == ("full", tmp_path)
    assert testbed.policy_file is None and testbed.check.done == []
    assert testbed.api is testbed.context.api
    with pytest.raises(TestbedError, match="this lab has no Kubernetes"):
        _ = testbed.kubernetes


def test_the_parts_share_one_context(testbed: Testbed) -> None:
    """A pod of one part is put back by the context of all."""
    fake = FakeOrchestrator()
    testbed.context.orchestrator = fake  # type: ignore[assignment]
    with testbed.restored():
        pod = testbed.pod("worker1")
        assert pod == WORKER1 == fake.running[0]
        assert testbed.context.address(pod, 4) == testbed.address(pod, 4)
        with testbed.pods.short_lived("worker2") as other:
            assert other.name == "t2-worker2"
        assert fake.running == [pod]
    assert fake.running == []


def test_what_asks_for_a_family_that_pods_lack_is_not_applicable(tmp_path: Path) -> None:
    plan = shipped_plan("full")
    pools = plan.pools.model_copy(update={"pods_v4": None})
    lab = Testbed(Context(plan.model_copy(update={"pools": pools}), Check(), tmp_path))
    assert lab.pods.families() == (6,)
    pod = Pod("one", "worker1", None, "fdfb::1/128")
    for ask in (lambda: lab.address(pod, 4), lambda: lab.path("h11", pod, 4)):
        with pytest.raises(NoSuchFamily, match="pods of full have no IPv4 addresses") as found:
            ask()
        assert found.value.declared is None
    assert lab.address(pod, 6) and lab.address("worker1", 4)
    lab.path("h11", "h12", 4)


def test_a_pod_whose_node_took_it_along_is_not_deleted(testbed: Testbed) -> None:
    fake = FakeOrchestrator()
    testbed.context.orchestrator = fake  # type: ignore[assignment]
    with testbed.restored():
        fake.delete_pod(None, testbed.pods.create("worker1").name)
    assert fake.running == []


def test_policies_are_withdrawn_when_the_scenario_ends(
    testbed: Testbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(policies, "inject", lambda *_: said.append("inject"))
    monkeypatch.setattr(policies, "withdraw", lambda *_: said.append("withdraw"))
    monkeypatch.setattr(testbed.context, "wait", lambda *_, **__: said.append("wait"))
    with testbed.restored():
        testbed.inject("worker2-via-r4.yaml")
        assert said == ["inject", "wait"]
    assert said == ["inject", "wait", "withdraw", "wait"]


def test_members_are_remembered_once(testbed: Testbed, monkeypatch: pytest.MonkeyPatch) -> None:
    members = {"master", "worker1", "worker2"}
    plan = testbed.plan

    class Orchestrator(FakeOrchestrator):
        def join(self, _plan: object, wanted: list[Node], _gobgpd: object) -> None:
            members.update(node.name for node in wanted)

        def leave(self, _plan: object, node: Node) -> None:
            members.remove(node.name)

    testbed.context.orchestrator = Orchestrator()  # type: ignore[assignment]
    monkeypatch.setattr(
        testbed.context, "present_nodes", lambda: [n for n in plan.cluster if n.name in members]
    )
    monkeypatch.setattr(state, "gobgpd", lambda: None)
    monkeypatch.setattr(verify, "cluster_complete", lambda _: None)
    monkeypatch.setattr(testbed.context, "wait", lambda *_: None)
    with testbed.restored():
        testbed.nodes.leave("worker2")
        testbed.leave("worker1")
        assert [node.name for node in testbed.nodes()] == ["master"]
        testbed.nodes.join("worker1", "worker2")
        assert len(testbed.nodes()) == 3
        testbed.leave("worker2")
    assert members == {"master", "worker1", "worker2"}


def test_a_kernel_without_an_overlay_is_named(
    testbed: Testbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(testbed.context, "present_nodes", lambda: list(testbed.plan.cluster))
    able = NodeStatus("worker2", overlays=("vxlan",))
    monkeypatch.setattr(testbed.context, "status", lambda _: able)
    testbed.pools.refuse_unable("vxlan")
    with pytest.raises(NotApplicable, match="worker2 has no IP-in-IP"):
        testbed.pools.refuse_unable("ipip")


def test_a_node_is_asked_for_addresses_of_its_own_blocks(
    testbed: Testbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = NodeStatus("worker1", blocks=("172.16.0.64/26", "fdfb::40/122"))
    monkeypatch.setattr(testbed.context, "status", lambda _: there)
    found = [str(prefix) for prefix in testbed.prefixes.of_node("worker1", 2)]
    assert found == ["172.16.0.64/32", "172.16.0.65/32", "fdfb::40/128", "fdfb::41/128"]


def test_chosen_policies_are_counted_by_source(
    testbed: Testbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = replace(PolicyStatus.none("fd11::1000"), source="bgp", chosen=True)
    others = [replace(chosen, chosen=False), replace(chosen, source="best-effort")]
    there = NodeStatus("worker1", policies=(chosen, *others))
    monkeypatch.setattr(testbed.context, "present_nodes", lambda: list(testbed.plan.cluster))
    monkeypatch.setattr(testbed.context, "status", lambda _: there)
    assert testbed.te.chosen_count("bgp") == {"master": 1, "worker1": 1, "worker2": 1}


def test_a_node_that_was_right_is_not_asked_again(testbed: Testbed) -> None:
    asked, numbers = list[str](), iter([2, 1, 3])

    def seen(node: str) -> int:
        asked.append(node)
        return next(numbers)

    testbed.context.wait_on_each_node("it", seen, {"master": 2, "worker1": 3})
    assert asked == ["master", "worker1", "worker1"]


def test_a_bound_stands_beside_its_figure(testbed: Testbed) -> None:
    testbed.check.figure("p95 (ms)", 250.0, 100)
    testbed.check.figure("pods", 3)
    assert testbed.check.bounds == {"p95 (ms)": 100}
    assert testbed.check.done == [], "it is no check"
