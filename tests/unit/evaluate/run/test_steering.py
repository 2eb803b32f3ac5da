"""Segment lists of any length, on the shortest path."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.evaluate.cases import BY_ID
from testbed.evaluate.run.steering import policy, waypoints
from testbed.plan.spf import path_sets
from testbed.te.load import load_policy_file
from tests.shipped_plans import shipped_plan

PLAN = shipped_plan("full").model_copy(update={"max_segments": 6})


@pytest.mark.parametrize("segments", range(2, 7))
def test_waypoints_follow_the_shortest_path(segments: int) -> None:
    path = path_sets(PLAN, "worker1", "worker2")[0]
    found = waypoints(PLAN, "worker1", "worker2", segments)
    assert len(found) == segments - 1
    places = [path.index(name) for name in found]
    assert places == sorted(places)


def test_the_policy_is_one_that_can_be_announced(tmp_path: Path) -> None:
    case = BY_ID["pod-to-pod.tcp.ipv4.across.srv6.3seg.1stream"]
    by = waypoints(PLAN, "worker1", "worker2", 3)
    (tmp_path / "policy.yaml").write_text(policy(case, "worker1", "worker2", by))
    (change,), findings = load_policy_file(PLAN, tmp_path / "policy.yaml", False)
    assert findings == []
    assert change.candidate is not None
    assert change.candidate.head_ends == ("worker1",)
    (segment_list,) = change.candidate.segment_lists
    assert len(segment_list.segments) == 3
