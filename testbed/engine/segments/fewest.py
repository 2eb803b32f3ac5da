"""The fewest segments from one of some places to a goal: search by levels.

All places that N segments reach are known before one with N + 1 is looked at, so the first goal
has the fewest; of these lists, it is one with the fewest adjacency segments, which would not
survive the failure of their link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Step = tuple[int, int, bool]  # place reached; arc of an adjacency segment or node; is it an arc


@dataclass(frozen=True)
class Found:
    """A way to a goal: where it began, the steps, where it ended."""

    start: int
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class _Reached:
    arcs: int  # adjacency segments so far
    before: _Reached | None
    step: Step


def fewest_steps(
    starts: Iterable[int],
    steps_from: Callable[[int], Iterable[Step]],
    is_goal: Callable[[int], bool],
) -> Found | None:
    """Of equally good ones always the same, if the order of starts and steps is."""
    level = {place: _Reached(0, None, (place, -1, False)) for place in starts}
    seen = set(level)
    while level:
        goals = [reached for place, reached in level.items() if is_goal(place)]
        if goals:
            return _unwind(min(goals, key=lambda reached: reached.arcs))
        following: dict[int, _Reached] = {}
        for place, reached in level.items():
            for step in steps_from(place):
                arcs = reached.arcs + step[2]
                known = following.get(step[0])
                if step[0] not in seen and (known is None or arcs < known.arcs):
                    following[step[0]] = _Reached(arcs, reached, step)
        seen |= following.keys()
        level = following
    return None


def _unwind(goal: _Reached) -> Found:
    steps = []
    at = goal
    while at.before is not None:
        steps.append(at.step)
        at = at.before
    return Found(at.step[0], tuple(reversed(steps)))
