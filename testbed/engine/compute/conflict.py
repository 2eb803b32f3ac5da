"""The smallest set of constraints that cannot be met together.

By the implicit hitting set method (Ignatiev et al., "Smallest MUS extraction with minimal hitting
set dualization", CP 2015): a set that conflicts must have a member of every set whose removal
leaves the rest possible. Exact, and a test of possibility is all that it needs to know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from testbed.engine.compute.constraints import Constraint

Possible = Callable[[Sequence[Constraint]], bool]


def smallest_conflict(
    constraints: Sequence[Constraint], possible: Possible
) -> tuple[Constraint, ...]:
    """The fewest that are impossible together; empty if nothing is possible even without any.

    `constraints` as a whole must be impossible, and fewer of them never harder than more.
    """
    corrections: list[frozenset[int]] = []
    while True:
        chosen = _smallest_hitting_set(corrections)
        if not possible([constraints[number] for number in chosen]):
            return tuple(constraints[number] for number in chosen)
        kept = set(chosen)
        for number in range(len(constraints)):
            if number not in kept and possible([constraints[n] for n in sorted(kept | {number})]):
                kept.add(number)
        corrections.append(frozenset(range(len(constraints))) - kept)


def _smallest_hitting_set(sets: Sequence[frozenset[int]]) -> tuple[int, ...]:
    """The fewest numbers of which each set has one."""
    size = 0
    while True:
        found = _hit(sets, frozenset(), size)
        if found is not None:
            return tuple(sorted(found))
        size += 1


def _hit(
    sets: Sequence[frozenset[int]], chosen: frozenset[int], more: int
) -> frozenset[int] | None:
    missed = next((one for one in sets if not one & chosen), None)
    if missed is None:
        return chosen
    if more == 0:
        return None
    for number in sorted(missed):
        found = _hit(sets, chosen | {number}, more - 1)
        if found is not None:
            return found
    return None


def fewest_left_out(
    constraints: Sequence[Constraint], possible: Possible
) -> tuple[Constraint, ...] | None:
    """The fewest without which the others can be met; None if nothing is possible without any."""
    if not possible(()):
        return None
    conflicts: list[frozenset[int]] = []
    while True:
        without = _smallest_hitting_set(conflicts)
        kept = [number for number in range(len(constraints)) if number not in without]
        if possible([constraints[number] for number in kept]):
            return tuple(constraints[number] for number in without)
        conflicts.append(frozenset(_shrunk(constraints, kept, possible)))


def _shrunk(
    constraints: Sequence[Constraint], numbers: Sequence[int], possible: Possible
) -> list[int]:
    """Of numbers that are impossible together, some of which none can be spared."""
    needed = list(numbers)
    for number in numbers:
        fewer = [other for other in needed if other != number]
        if not possible([constraints[other] for other in fewer]):
            needed = fewer
    return needed
