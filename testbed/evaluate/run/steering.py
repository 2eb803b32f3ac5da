"""The SR Policy that has a transfer go by so many segments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from testbed.errors import TestbedError
from testbed.evaluate.cases import Case
from testbed.plan.model import Plan, Role
from testbed.plan.spf import path_sets

COLOR = 4000
_POLICY = """\
apiVersion: testbed/v1
kind: SRPolicy
metadata: {{name: evaluate}}
spec:
  endpoint: {endpoint}
  color: {color}
  family: IPv{family}
  headEnds: [{head_end}]
  candidates:
    - preference: 1000
      segmentLists: [{{segments: [{segments}]}}]
"""


def refuse_longer(plan: Plan, cases: Iterable[Case]) -> None:
    """Raises TestbedError if the lab's packets have no room for the segments of a case."""
    asked, room = max(case.segments for case in cases), plan.max_segments
    if asked > room:
        raise TestbedError(
            f"{asked} segments are asked for, and this lab leaves room for {room}",
            where="--cases",
            fix=f"{','.join(f'segments={n}' for n in range(room + 1))} among the words;"
            f" or a topology with max_segments = {asked}",
        )


def waypoints(plan: Plan, head_end: str, endpoint: str, segments: int) -> tuple[str, ...]:
    """The routers of a segment list of this length, its last SID apart.

    They lie on the shortest path, so that no number of segments makes the way longer; where the
    path has fewer routers, some are named twice in a row.
    """
    routers = [n for n in path_sets(plan, head_end, endpoint)[0] if _is_router(plan, n)]
    count = segments - 1
    return tuple(routers[i * len(routers) // count] for i in range(count))


def _is_router(plan: Plan, name: str) -> bool:
    return plan.node(name).role is Role.ROUTER


def policy(case: Case, head_end: str, endpoint: str, by: Sequence[str]) -> str:
    """The file for `testbed policy apply`."""
    return _POLICY.format(
        endpoint=endpoint,
        color=COLOR,
        family=case.family,
        head_end=head_end,
        segments=", ".join([*by, endpoint]),
    )
