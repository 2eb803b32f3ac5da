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
    binding_sid_state="",
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
        "policy: to fd12::1000 IPv4: none; before: bgp, preference 100 (withdrawn)",
        "agent: no longer: p",
    ]


BEST_EFFORT = replace(POLICY, source="best-effort", distinguisher=0, preference=0)
BETTER = replace(POLICY, distinguisher=95, preference=200)
PLAIN = "policy: to fd12::1000 IPv4: best-effort, preference 0, fcff:6::1 → fcdd::1"


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ([BEST_EFFORT], f"{PLAIN}; before: bgp, preference 100 (withdrawn)"),
        (
            [BEST_EFFORT, replace(REFUSED, why="no route to fcff:6::1")],
            f"{PLAIN}; before: bgp, preference 100 (no route to fcff:6::1)",
        ),
        (
            [BETTER, replace(POLICY, chosen=False, why="preference 100 is lower than 200")],
            "policy: to fd12::1000 IPv4: bgp, preference 200, fcff:6::1 → fcdd::1; "
            "before: bgp, preference 100 (preference 100 is lower than 200)",
        ),
        (
            [replace(POLICY, preference=7)],
            "policy: to fd12::1000 IPv4: bgp, preference 7, fcff:6::1 → fcdd::1",
        ),
    ],
    ids=["withdrawn", "invalid", "a better one", "its own new preference"],
)
def test_another_choice_says_what_became_of_the_one_before(
    after: list[PolicyStatus], said: str
) -> None:
    was = replace(BEFORE, policies=(POLICY,))
    assert changes(was, replace(BEFORE, policies=tuple(after)))[0] == said


def test_the_first_report_tells_all_that_there_is() -> None:
    assert changes(None, BEFORE) == ["agent: TE mode is bgp", "agent: ready"]
