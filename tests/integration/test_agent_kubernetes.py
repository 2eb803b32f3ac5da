"""The agents on a real API server: what users apply takes effect, and faults harm nothing."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from testbed.host.wait import wait_for
from tests.documents import Document
from tests.integration.agent_kubernetes_lab import CALICO, NAMESPACE, POOLS, KubernetesLab, calico
from tests.integration.agent_lab import WAYPOINT
from tests.integration.programs import GOBGPD, needs_gobgpd

pytestmark = [pytest.mark.root, needs_gobgpd]
PODS: dict[str, dict[int, str]] = {}
BLOCKS = f"/apis/{CALICO}/blockaffinities"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesLab]:
    assert GOBGPD is not None
    with KubernetesLab(tmp_path_factory.mktemp("lab"), GOBGPD).running(complete) as lab:
        PODS["p1"], PODS["p2"] = lab.pod("w1", "p1"), lab.pod("w2", "p2")
        yield lab


def complete(status: Document) -> bool:
    return bool(status["ready"] and not status["problems"] and len(remote(status)) == 2)


def remote(status: Document) -> list[str]:
    return [p["prefix"] for p in status["prefixes"] if p["via"] == "segments"]


def by(source: str) -> Callable[[Document], bool]:
    return lambda s: complete(s) and source in {p["source"] for p in s["policies"] if p["chosen"]}


def steering(lab: KubernetesLab, last: str = "fcdd:0:0:2::d4") -> None:
    """Apply the switch and a policy w1 → w2 for IPv4, through the waypoint."""
    policy = {"bsid": "cafe::24", "node": "fd2::2", "segment_list": [WAYPOINT, last],
              "traffic": "IPv4"}  # fmt: skip
    lab.config_map("testbed-config", CALICOVPP_SRV6_TE="configmap")
    lab.config_map("srv6-config-w1", srv6=json.dumps({"node": "w1", "policies": [policy]}))


def best_effort(lab: KubernetesLab) -> None:
    for name in ("testbed-config", "srv6-config-w1"):
        lab.delete("v1", "ConfigMap", name)
    lab.wait("w1", "best effort", lambda s: s["te_mode"] == "bgp" and by("best-effort")(s))


def reaches(lab: KubernetesLab, family: int) -> bool:
    return lab.ping("p1", PODS["p2"][family]).returncode == 0


def claims(lab: KubernetesLab, node: str) -> set[str]:
    found = lab.kube.items(BLOCKS)
    return {item["spec"]["cidr"] for item in found if item["spec"]["node"] == node}


def shows(lab: KubernetesLab, node: str, what: str, holds: Callable[[Document], object]) -> None:
    """Until users of kubectl see it."""

    def probe() -> tuple[bool | None, str]:
        status = lab.shown(node)
        return (True if status and holds(status) else None), json.dumps(status)

    wait_for(what, probe, timeout=20.0)


def test_pods_reach_each_other_and_blocks_are_recorded(lab: KubernetesLab) -> None:
    assert reaches(lab, 4) and reaches(lab, 6)
    for name in ("w1", "w2"):
        assert claims(lab, name) == set(lab.status(name)["blocks"])


def test_what_is_applied_steers_and_users_see_it(lab: KubernetesLab) -> None:
    steering(lab)
    lab.wait("w1", "the ConfigMap's policy", by("configmap"))
    assert reaches(lab, 4)
    shows(lab, "w1", "the policy", lambda s: s["summary"]["policiesSteering"] == 1)
    status = lab.shown("w1")
    assert status["mode"] == "configmap" and status["summary"]["sessions"] == "1/1"
    assert status["policies"][0]["segmentLists"] or status["policies"][1]["segmentLists"]
    assert status["conditions"][0]["status"] == "True"
    best_effort(lab)
    shows(lab, "w1", "best effort", lambda s: s["summary"]["policiesSteering"] == 0)


def test_a_refused_config_map_gets_a_warning(lab: KubernetesLab) -> None:
    lab.config_map("testbed-config", CALICOVPP_SRV6_TE="configmap")
    lab.config_map("srv6-config-w1", srv6="policies: {")
    refusal = warned(lab, "is not used")
    assert refusal["involvedObject"]["name"] == "srv6-config-w1"
    assert refusal["involvedObject"]["uid"] and refusal["reason"] == "Refused"
    steering(lab, last="fcdd:0:0:2::bad")
    warned(lab, "last SID fcdd:0:0:2::bad is not one that fd2::2 announces")
    best_effort(lab)


def warned(lab: KubernetesLab, text: str) -> Document:
    def probe() -> tuple[Document | None, str]:
        events = lab.kube.items(f"/api/v1/namespaces/{NAMESPACE}/events")
        found = [event for event in events if text in event["message"]]
        return (found[0] if found else None), str([event["message"] for event in events])

    return wait_for(f"the event {text!r}", probe, timeout=20.0)


def test_twenty_pods_at_once_get_different_addresses(lab: KubernetesLab) -> None:
    before = lab.routes("w2"), claims(lab, "w2")
    names = [f"c{number}" for number in range(20)]
    with ThreadPoolExecutor(20) as executor:
        pods = list(executor.map(lambda name: lab.pod("w2", name), names))
        assert len({pod[4] for pod in pods}) == len({pod[6] for pod in pods}) == 20
        assert lab.ping("p1", pods[19][6]).returncode == 0
        codes = list(executor.map(lambda name: lab.cni("DEL", "w2", name), names))
    assert codes == [(0, {})] * 20
    assert (lab.routes("w2"), claims(lab, "w2")) == before


def test_a_deleted_pool_takes_nothing_from_its_pods(lab: KubernetesLab) -> None:
    lab.delete(CALICO, "IPPool", "v4")
    sentence = "no IPPool covers these addresses any more"
    for name in ("w1", "w2"):
        lab.wait(name, "the problem", lambda s: any(sentence in p for p in s["problems"]))
    shows(lab, "w2", "the problem", lambda s: s["summary"]["firstProblem"].startswith(sentence))
    assert reaches(lab, 4) and reaches(lab, 6)
    new = lab.pod("w1", "p3")  # IPv6 only now
    assert list(new) == [6]
    lab.kube.apply(calico("IPPool", "v4", POOLS["v4"]))
    lab.kube.apply(calico("IPPool", "wide", {"cidr": "172.16.0.0/12"}))
    overlap = "IPPool wide (172.16.0.0/12) overlaps"
    lab.wait("w1", "the overlap", lambda s: any(overlap in p for p in s["problems"]))
    lab.delete(CALICO, "IPPool", "wide")
    assert lab.cni("DEL", "w1", "p3") == (0, {})
    for name in ("w1", "w2"):
        lab.wait(name, "no problem", complete)


def test_an_exhausted_pool_is_a_problem_until_it_grows(lab: KubernetesLab) -> None:
    held = claims(lab, "w1")
    lab.delete(CALICO, "IPPool", "v4")
    lab.kube.apply(calico("IPPool", "small", {"cidr": "172.17.0.0/29", "blockSize": 30}))
    for name in ("w1", "w2"):
        lab.wait(name, "a small block", lambda s: any("172.17" in b for b in s["blocks"]))
    names = [f"e{number}" for number in range(4)]
    assert all(lab.pod("w1", name)[4].startswith("172.17.0.") for name in names[:3])
    lab.namespace("e3")
    code, reply = lab.cni("ADD", "w1", "e3")
    sentence = "pool small has no free block of /30 left"
    assert (code, reply["code"], reply["msg"]) == (1, 11, sentence)
    lab.wait("w1", "the problem", lambda s: any(sentence in p for p in s["problems"]))
    lab.kube.apply(calico("IPPool", "small", {"cidr": "172.17.0.0/28", "blockSize": 30}))
    lab.wait("w1", "no such problem", lambda s: not any(sentence in p for p in s["problems"]))
    assert lab.cni("ADD", "w1", "e3")[0] == 0
    lab.kube.apply(calico("IPPool", "v4", POOLS["v4"]))
    lab.delete(CALICO, "IPPool", "small")
    assert [lab.cni("DEL", "w1", name) for name in names] == [(0, {})] * 4
    for name in ("w1", "w2"):
        lab.wait(name, "the overlay as before", complete)

    def probe() -> tuple[bool | None, str]:
        """Given back, and their routes gone: one comes after the other."""
        left = [line for line in lab.routes("w1").splitlines() if "172.17." in line]
        is_as_before = claims(lab, "w1") == held and not left
        return is_as_before or None, f"{claims(lab, 'w1')}, {left}"

    wait_for("the return of the small blocks", probe, timeout=20.0)


def test_an_outage_harms_nothing(lab: KubernetesLab) -> None:
    before = lab.routes("w1")
    lab.control.stop("kube-apiserver")
    lab.control.stop("etcd")
    away = "API server does not answer since"
    lab.wait("w1", "the notice", lambda s: any(p.startswith(away) for p in s["problems"]))
    assert lab.status("w1")["ready"] and "last state kept" in lab.status("w1")["problems"][0]
    assert reaches(lab, 4) and reaches(lab, 6)
    during = lab.pod("w1", "p4")  # from the block at hand
    assert lab.ping("p4", PODS["p2"][4]).returncode == 0 and set(during) == {4, 6}
    assert lab.cni("DEL", "w1", "p4") == (0, {})
    lab.stop("w1.agent", signal.SIGKILL)
    lab.start_agent("w1")
    lab.wait(
        "w1", "the new agent", lambda s: any("nothing is known yet" in p for p in s["problems"])
    )
    assert lab.cni("ADD", "w1", "p4")[1]["code"] == 11
    assert lab.routes("w1") == before and reaches(lab, 4)
    lab.control.start("etcd")
    lab.control.start("kube-apiserver")
    lab.control.ready()
    steering(lab)
    lab.wait("w1", "what was applied after the return", by("configmap"))
    best_effort(lab)
    assert lab.routes("w1") == before


def test_a_server_that_hangs_holds_up_nobody(lab: KubernetesLab) -> None:
    lab.control.freeze("kube-apiserver", True)
    try:
        assert set(lab.pod("w1", "p5")) == {4, 6}
        assert lab.ping("p5", PODS["p2"][4]).returncode == 0
        assert lab.cni("DEL", "w1", "p5") == (0, {})
    finally:
        lab.control.freeze("kube-apiserver", False)
    steering(lab)
    lab.wait("w1", "what was applied afterwards", by("configmap"))
    best_effort(lab)


def test_a_node_that_goes_leaves_nothing_and_may_return(lab: KubernetesLab) -> None:
    held = claims(lab, "w2")
    lab.stop("w2.agent", signal.SIGKILL)
    lab.control.start("kube-controller-manager")
    lab.delete("v1", "Node", "w2")

    def probe() -> tuple[bool | None, str]:
        left = claims(lab, "w2"), lab.shown("w2")
        return (None if any(left) else True), str(left)

    wait_for("the garbage collector", probe, timeout=30.0)
    lab.wait("w1", "no peer", lambda s: s["sessions"] == [])
    lab.join(2)
    lab.start_agent("w2")
    for name in ("w1", "w2"):
        lab.wait(name, "the overlay again", complete)
    assert claims(lab, "w2") == held  # its pod is still there
    assert reaches(lab, 4) and reaches(lab, 6)
    shows(lab, "w2", "its state again", lambda s: s["ready"])
