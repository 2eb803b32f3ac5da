"""What is measured between which pods, and what is said of it."""

from __future__ import annotations

from testbed.lab.measure import (
    PATIENCE,
    choose_pods,
    describe_loss,
    find_patience,
    list_flows,
    without_repeats,
)
from testbed.orchestrators.pod import Pod
from testbed.plan.model import Shaping
from testbed.report.lab_status import LabStatus, Measured
from testbed.report.status import conclude
from tests.shipped_plans import shipped_plan

A = Pod("a", "worker1", "172.16.0.1/32", "fdfb::1/128")
B = Pod("b", "worker2", "172.16.1.1/32", "fdfb::2/128")
ONLY_V6 = Pod("c", "worker2", None, "fdfb::3/128")


def test_every_node_is_measured_by_its_pod_with_most_families() -> None:
    assert choose_pods(["worker1", "worker2"], [ONLY_V6, A, B]) == {"worker1": A, "worker2": B}
    assert choose_pods(["worker1", "worker9"], [A, B]) == {"worker1": A}


def test_each_direction_and_family_is_a_flow() -> None:
    flows = list_flows([A, B], [4, 6])
    assert [(f.source, f.destination, f.address.version) for f in flows] == [
        ("pod-a", "pod-b", 4),
        ("pod-a", "pod-b", 6),
        ("pod-b", "pod-a", 4),
        ("pod-b", "pod-a", 6),
    ]
    assert {f.address.version for f in list_flows([A, ONLY_V6], [4, 6])} == {6}
    assert list_flows([A, B], [6]) == flows[1::2]
    assert describe_loss(flows[0], 1404) == "no probe arrives: a → b, IPv4"
    long = flows[1].sized(1404)
    assert long.payload == 1404 - 40 - 8
    assert describe_loss(long, 1404) == "long packets are lost from a to b (1404 bytes, IPv6)"


def test_a_flow_that_is_dead_is_told_once() -> None:
    first, second = list_flows([A, B], [4])
    assert without_repeats([first, first.sized(1404), second.sized(1404)]) == [
        first,
        second.sized(1404),
    ]


def test_slow_links_get_their_time() -> None:
    plan = shipped_plan("basic")
    assert find_patience(plan, 12) == PATIENCE
    slow = Shaping(bandwidth=0.1, delay="500ms")
    links = [link.model_copy(update={"shaping": slow}) for link in plan.links[:2]]
    shaped = plan.model_copy(update={"links": (*links, *plan.links[2:])})
    assert find_patience(shaped, 12) == PATIENCE + 1 + 12 * 8 * plan.tunnel_mtu / 1e5


def said(measured: Measured | None, *problems: str) -> str:
    nodes = {"worker1": None, "worker2": None}
    return conclude(LabStatus("t", "fast", None, (), (), nodes, (), {}, problems, measured))


def test_wellness_is_called_measured_only_if_it_was() -> None:
    assert said(None) == (
        "Everything is as wanted, as reported (`testbed status --probe` measures it)."
    )
    assert said(Measured(12)) == (
        "Everything is as wanted, and measured: "
        "12 of 12 probes between pods of different nodes arrived, short and long."
    )
    assert said(Measured(0, (), ("worker1", "worker2"))) == (
        "Everything is as wanted, as reported; not measured: there are no two nodes with pods."
    )
    backbone = LabStatus("t", "fast", None, (), (), {}, (), {}, ())
    assert conclude(backbone) == "Everything is as wanted, as reported."
    assert "nothing to measure on worker2, without a pod" in said(Measured(4, (), ("worker2",)))
    lost = said(Measured(12, ("no probe arrives: a → b, IPv4",)), "no probe arrives: a → b, IPv4")
    assert (
        lost == "Measured: 11 of 12 probes between pods of different nodes arrived, short and long."
    )
    assert said(None, "r1 is gone") == "Not measured: `testbed status --probe`."
