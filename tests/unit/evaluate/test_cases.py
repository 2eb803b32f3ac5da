"""The cases: what is measured and what is not, and their ids."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import get_args

from testbed.agent.desired.overlays.registry import OVERLAYS
from testbed.evaluate.cases import BY_ID, CASES, CONTROLS, Case, Overlay


def test_an_id_is_readable() -> None:
    case = Case("pod-to-pod", "tcp", 4, "across", "srv6", 1, 1, "own")
    assert case.id == "pod-to-pod.tcp.ipv4.across.srv6.1seg.1stream"
    case = Case("pod-to-service", "udp", 6, "across", "vxlan", 0, 4, "equal")
    assert case.id == "pod-to-service.udp.ipv6.across.vxlan.4streams.equal-mtu"


def test_a_control_is_the_same_case_under_another_name() -> None:
    control = BY_ID["pod-to-pod.tcp.ipv4.across.srv6.1seg.1stream.again"]
    assert replace(control, again=False) == BY_ID["pod-to-pod.tcp.ipv4.across.srv6.1seg.1stream"]


def test_an_id_is_unique_and_leads_back() -> None:
    assert len(BY_ID) == len(CASES) + len(CONTROLS)
    assert all(BY_ID[case.id] is case for case in CASES)


def test_how_many_cases_each_overlay_has() -> None:
    """Traffic × protocol × family × streams × MTU is 32; IP-in-IP has one family."""
    across = Counter(case.overlay for case in CASES if case.placement == "across")
    assert across == {"srv6": 6 * 32, "vxlan": 32, "ipip": 16, "routed": 32, "none": 16}
    on_one_node = Counter(case.overlay for case in CASES if case.placement == "same-node")
    assert on_one_node == {"none": 32, "veth": 16}


def test_only_srv6_has_segments() -> None:
    assert {case.segments for case in CASES if case.overlay == "srv6"} == {1, 2, 3, 4, 5, 6}
    assert {case.segments for case in CASES if case.overlay != "srv6"} == {0}


def test_references_lead_to_no_service() -> None:
    assert {case.traffic for case in CASES if case.overlay == "veth"} == {"pod-to-pod"}
    between_nodes = [c for c in CASES if c.overlay == "none" and c.placement == "across"]
    assert {case.traffic for case in between_nodes} == {"pod-to-pod"}


def test_every_overlay_of_the_agent_is_measured() -> None:
    assert set(OVERLAYS) <= set(get_args(Overlay))
