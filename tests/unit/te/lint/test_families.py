"""Policies in labs whose pods have one family."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.plan.model import Plan, Pools
from testbed.te.lint.findings import Finding
from testbed.te.load import load_policy_file

POLICY = """\
apiVersion: testbed/v1
kind: SRPolicy
metadata: {name: one}
spec:
  endpoint: worker2
  color: 30
  family: IPv%d
  candidates: [{segmentLists: [{segments: [r6, worker2]}]}]
"""


def findings(plan: Plan, family: int, tmp_path: Path) -> list[Finding]:
    file = tmp_path / "one.yaml"
    file.write_text(POLICY % family)
    return load_policy_file(plan, file, force=True)[1]


@pytest.mark.parametrize(("missing", "other"), [(4, 6), (6, 4)])
def test_a_policy_for_pods_that_there_are_not_is_refused(
    full: Plan, missing: int, other: int, tmp_path: Path
) -> None:
    pools = Pools.model_validate({f"pods_v{missing}": None})
    plan = full.model_copy(update={"pools": pools})
    (finding,) = findings(plan, missing, tmp_path)
    assert (finding.severity, finding.where) == ("error", "one.yaml:8")
    assert f"full has no IPv{missing} pods" in finding.what
    assert finding.fix == f"let it steer IPv{other}"
    assert findings(plan, other, tmp_path) == []
