"""Command lines: complete, in the right phase, in the plan's families."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.host.supervisor import Program
from testbed.orchestrators.kubernetes.node_files import node_files
from testbed.orchestrators.kubernetes.pki import authorities
from testbed.orchestrators.kubernetes.programs import Phase, programs
from testbed.plan.kubernetes import SERVICES, problems
from testbed.plan.kubernetes import families as plan_families
from testbed.plan.model import Plan
from testbed.plan.problems import InvalidPlan
from testbed.plan.resolve import resolve
from testbed.plan.traits import MANAGEMENT
from tests.unit.orchestrators.kubernetes.cluster_plans import cluster_plan, without_control_plane
from tests.unit.topology.topology_file import plan_of


def started(plan: Plan, node: str) -> dict[str, Program]:
    phases = programs(plan, plan.node(node), lambda name: Path("/cache") / name)
    return {p.name: p for found in phases.values() for p in found}


def flags(program: Program) -> dict[str, str]:
    return dict(f.lstrip("-").split("=", 1) for f in program.command[1:] if "=" in f)


def test_who_runs_what_and_when() -> None:
    plan = cluster_plan()
    names = {
        node: {
            phase: [p.name for p in found]
            for phase, found in programs(plan, plan.node(node), Path).items()
        }
        for node in ("master", "worker2")
    }
    assert names["worker2"] == {
        Phase.AT_ONCE: ["containerd"],
        Phase.CONTAINERD_ANSWERS: ["kubelet"],
        Phase.API_READY: ["kube-proxy"],
    }
    assert names["master"] == {
        Phase.AT_ONCE: ["containerd", "etcd", "kube-apiserver"],
        Phase.CONTAINERD_ANSWERS: ["kubelet"],
        Phase.API_READY: ["kube-proxy", "kube-controller-manager", "kube-scheduler"],
    }


def test_who_starts_anew_when_the_clock_is_set_back() -> None:
    minds = {p.name for p in started(cluster_plan(), "master").values() if p.minds_clock}
    assert minds == {"kube-controller-manager", "kubelet"}


def test_the_binary_is_called_by_its_name() -> None:
    """It is one binary for all, which looks at the name that it was called by."""
    for name, program in started(cluster_plan(), "master").items():
        assert program.command[0] == f"/cache/{name}"
        assert program.node == "master"


def test_every_file_named_on_a_command_line_is_there(tmp_path: Path) -> None:
    from datetime import datetime, timezone

    now, plan = datetime(2031, 1, 1, tzinfo=timezone.utc), cluster_plan()
    keys = authorities.ensure_keys(tmp_path, now, print)
    for node in plan.cluster:
        there = node_files(plan, node, keys, now, containerd=(2, 1))
        for program in started(plan, node.name).values():
            for word in program.command[1:]:
                path = word.split("=", 1)[-1]
                if path.startswith("/etc/kubernetes/"):
                    assert path[len("/etc/kubernetes/") :] in there, (program.name, word)


def test_nobody_asks_a_proxy_of_the_callers_environment() -> None:
    for program in started(cluster_plan(), "master").values():
        assert program.environment["NO_PROXY"] == "*"


@pytest.mark.parametrize(
    ("families", "node_v4", "services", "advertised", "node_ip"),
    [
        (
            "46",
            True,
            "10.96.0.0/16,fd00:10:96::/112",
            "192.168.10.254",
            "192.168.10.254,fd10::1000",
        ),
        ("4", True, "10.96.0.0/16", "192.168.10.254", "192.168.10.254,fd10::1000"),
        ("6", True, "fd00:10:96::/112", "fd10::1000", "fd10::1000,192.168.10.254"),
        ("6", False, "fd00:10:96::/112", "fd10::1000", "fd10::1000"),
        ("46", False, "fd00:10:96::/112,10.96.0.0/16", "fd10::1000", "fd10::1000"),
    ],
)
def test_families(
    families: str, node_v4: bool, services: str, advertised: str, node_ip: str
) -> None:
    """The API server refuses an address of its own of another family than its first range."""
    running = started(cluster_plan(families=families, node_v4=node_v4), "master")
    api = flags(running["kube-apiserver"])
    assert api["service-cluster-ip-range"] == services
    assert api["advertise-address"] == advertised
    assert flags(running["kubelet"])["node-ip"] == node_ip


def test_what_no_cluster_can_be_made_of() -> None:
    with pytest.raises(TestbedError, match="IPv4 address"):
        plan_families(cluster_plan(families="4", node_v4=False))
    with pytest.raises(TestbedError, match="no pod pool"):
        plan_families(cluster_plan(families=""))
    with pytest.raises(TestbedError, match="one control plane node; this plan has 0"):
        plan_families(without_control_plane(cluster_plan()))


def test_addresses_of_services_are_nobody_elses() -> None:
    assert problems(cluster_plan(), None) == []
    plan = cluster_plan()
    pools = plan.pools.model_copy(update={"pods_v4": SERVICES[4].supernet(4)})
    (problem,) = problems(plan.model_copy(update={"pools": pools}), None)
    assert "pod pool 10.96.0.0/12" in str(problem)
    text = plan.model_dump_json().replace("192.168.11.254/24", "10.96.11.254/24")
    (problem,) = problems(Plan.model_validate_json(text), None)
    assert problem.subject.endswith("worker1")  # the link of which it is an end


def test_no_address_is_in_the_network_that_machines_have_besides() -> None:
    text = cluster_plan().model_dump_json().replace("192.168.11.254/24", "192.168.121.5/28")
    plan = Plan.model_validate_json(text)
    assert resolve(plan, "kubernetes", "namespace").cluster
    with pytest.raises(InvalidPlan) as refused:
        resolve(plan, "kubernetes", "vagrant")
    (problem,) = refused.value.problems
    assert "machines' management network 192.168.121.0/24" in problem.what


def test_the_plans_own_addresses_leave_that_network_out(tmp_path: Path) -> None:
    """The 112th cluster node's would be in it."""
    nodes = 'for i in range(112): self.addLink(r, self.addHost(f"n{i}", cluster=True))'
    lines = f'r = self.addRouter("r1")\n{nodes}'
    plan = plan_of(tmp_path, lines)
    subnets = {port.v4.network for link in plan.links for port in (link.b,) if port.v4}
    assert len(subnets) == 112
    assert not any(MANAGEMENT.overlaps(subnet) for subnet in subnets)


def test_one_node_is_a_cluster() -> None:
    running = started(cluster_plan(workers=0), "master")
    assert {"etcd", "kubelet", "kube-scheduler"} <= running.keys()


def test_ten_workers() -> None:
    plan = cluster_plan(workers=10)
    seen = set()
    for node in plan.cluster[1:]:
        running = started(plan, node.name)
        assert set(running) == {"containerd", "kubelet", "kube-proxy"}
        seen.add(flags(running["kubelet"])["node-ip"])
    assert len(seen) == 10


def test_the_door_is_shut() -> None:
    running = started(cluster_plan(), "master")
    api, etcd = flags(running["kube-apiserver"]), flags(running["etcd"])
    assert api["anonymous-auth"] == "false"
    assert api["authorization-mode"] == "Node,RBAC"
    assert "NodeRestriction" in api["enable-admission-plugins"]
    assert api["kubelet-certificate-authority"].endswith("/ca.crt")
    assert etcd["client-cert-auth"] == etcd["peer-client-cert-auth"] == "true"
    assert etcd["listen-client-urls"].startswith("https://127.0.0.1:")
    assert etcd["listen-peer-urls"].startswith("https://127.0.0.1:")
    for name in ("kube-controller-manager", "kube-scheduler"):
        assert flags(running[name])["bind-address"] == "127.0.0.1"
