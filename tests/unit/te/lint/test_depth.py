"""More segments than the plan allows: the topology that the fix names carries them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from testbed.plan.limits import MOST_SEGMENTS
from testbed.plan.model import Plan
from testbed.te.lint.findings import Finding
from testbed.te.load import load_policy_file
from testbed.topology.load import load_plan

TOPOLOGY = """\
from testbed.topology import LabTopo


class Two(LabTopo):
    max_segments = %s

    def build(self, **options: object) -> None:
        self.addRouters("r1", "r2")
        self.addLink("r1", "r2", mtu=%s)
        for node, router in (("left", "r1"), ("right", "r2")):
            self.addClusterNode(node)
            self.addLink(node, router, mtu=%s)
        super().build(**options)
"""


def plan(directory: Path, max_segments: int, mtu: int) -> Plan:
    file = directory / "two.py"
    file.write_text(TOPOLOGY % (max_segments, mtu, mtu))
    return load_plan(str(file))


def findings(plan: Plan, directory: Path, depth: int) -> list[Finding]:
    file = directory / "deep.yaml"
    waypoints = ["r2" if number % 2 else "r1" for number in range(depth - 1)]
    file.write_text(
        "apiVersion: testbed/v1\nkind: SRPolicy\nmetadata: {name: deep}\nspec:\n"
        "  endpoint: right\n  color: 5\n  family: IPv6\n"
        f"  candidates: [{{segmentLists: [{{segments: [{', '.join(waypoints)}, right]}}]}}]\n"
    )
    return load_policy_file(plan, file, force=True)[1]


@pytest.mark.parametrize("depth", [4, 9, MOST_SEGMENTS])
def test_the_topology_of_the_fix_is_valid_and_carries_them(tmp_path: Path, depth: int) -> None:
    (finding,) = findings(plan(tmp_path, 3, 1380), tmp_path, depth)
    said = re.search(r"max_segments=(\d+)(?: and mtu=(\d+))?", finding.fix or "")
    assert said is not None
    wanted = plan(tmp_path, int(said[1]), int(said[2] or 1380))
    assert findings(wanted, tmp_path, depth) == []


def test_no_topology_is_named_where_there_is_none(tmp_path: Path) -> None:
    (finding,) = findings(plan(tmp_path, 3, 1380), tmp_path, MOST_SEGMENTS + 1)
    assert finding.fix == "use at most 3; no topology has more than max_segments=16"
