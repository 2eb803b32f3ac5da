"""What an agent's log tells of two reports, and that it tells nothing where nothing changed."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from testbed.agent.changes import changes
from testbed.agent.contract import NodeStatus, PodStatus, PolicyStatus, SegmentListStatus
from testbed.report.event import Kind

POD = PodStatus("c1", "web", "172.16.0.1", None, "cali1")
POLICY = PolicyStatus(
    endpoint="fd12::1000",
    family=4,
    source="bgp",
    color=4,
    distinguisher=94,
    preference=100,
    priority=128,
    originator="",
    binding_sid=None,
    segment_lists=(SegmentListStatus(1, ("fcff:6::1", "fcdd::1")),),
    valid=True,
    chosen=True,
    why="",
)
REFUSED = replace(POLICY, valid=False, chosen=False, why="no route\nto fcff:6::1")
BEFORE = NodeStatus("worker1", te_mode="bgp", ready=True)


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({}, []),
        ({"generation": 7}, []),
        ({"te_mode": "configmap"}, ["agent: TE mode is configmap"]),
        ({"ready": False}, ["agent: not ready"]),
        ({"blocks": ("10.0.0.0/26",)}, ["agent: block 10.0.0.0/26 claimed"]),
        ({"pods": (POD,)}, ["pod: web 172.16.0.1 attached"]),
        (
            {"policies": (POLICY,)},
            ["policy: to fd12::1000 IPv4: bgp, preference 100, fcff:6::1 → fcdd::1"],
        ),
        (
            {"policies": (REFUSED,)},
            ["policy: to fd12::1000 IPv4 of bgp, preference 100, not used: no route to fcff:6::1"],
        ),
        ({"problems": ("a\nb",)}, ["agent: PROBLEM: a b"]),
    ],
)
def test_a_change_is_one_line(after: dict[str, object], said: list[str]) -> None:
    now = replace(BEFORE, **after)  # type: ignore[arg-type]
    assert changes(BEFORE, now) == said
    assert changes(now, now) == []
    assert all(line.partition(": ")[0] in get_args(Kind) for line in said)


def test_what_goes_is_told_too() -> None:
    full = replace(BEFORE, blocks=("b",), pods=(POD,), policies=(POLICY,), problems=("p",))
    assert changes(full, BEFORE) == [
        "agent: block b given up",
        "pod: web 172.16.0.1 detached",
        "policy: to fd12::1000 IPv4: none",
        "agent: no longer: p",
    ]


def test_the_first_report_tells_all_that_there_is() -> None:
    assert changes(None, BEFORE) == ["agent: TE mode is bgp", "agent: ready"]
