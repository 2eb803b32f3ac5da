"""Two paths that share no arc and cost the least together (Suurballe and Tarjan, 1984).

The second search runs over what the first path left: its arcs only backwards, where they give
their cost back. So a first path that bars every second one is taken apart again; looking for a
shortest path and then for another beside it would find none.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

Arc = tuple[int, int, int]  # tail, head, cost (above 0)


def min_cost_pair(
    arcs: Sequence[Arc], source: int, target: int
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Each path as the numbers of its arcs, the cheaper one first; None if there are no two."""
    potential: dict[int, int] = {}
    used: set[int] = set()
    for _ in range(2):
        found = _augment(arcs, source, target, used, potential)
        if found is None:
            return None
        for arc in found:
            used ^= {arc}  # taken, or given back
    pair = [_follow(arcs, used, source, target) for _ in range(2)]
    pair.sort(key=lambda path: (sum(arcs[arc][2] for arc in path), path))
    return pair[0], pair[1]


def _augment(
    arcs: Sequence[Arc], source: int, target: int, used: set[int], potential: dict[int, int]
) -> list[int] | None:
    """A cheapest path over what is left; moves the potentials on (Johnson), so that no cost
    of the next search is below 0."""
    edges: dict[int, list[tuple[int, int, int]]] = {}
    for number, (tail, head, cost) in enumerate(arcs):
        if number in used:
            edges.setdefault(head, []).append((number, tail, -cost))
        else:
            edges.setdefault(tail, []).append((number, head, cost))
    distance, arrived = {source: 0}, dict[int, tuple[int, int]]()
    heap = [(0, source)]
    while heap:
        so_far, node = heappop(heap)
        if so_far > distance[node]:
            continue
        for number, other, cost in edges.get(node, ()):
            through = so_far + cost + potential.get(node, 0) - potential.get(other, 0)
            if other not in distance or through < distance[other]:
                distance[other], arrived[other] = through, (number, node)
                heappush(heap, (through, other))
    if target not in distance:
        return None
    furthest = max(distance.values())
    for node in {end for arc in arcs for end in arc[:2]}:
        potential[node] = potential.get(node, 0) + distance.get(node, furthest)
    path, at = [], target
    while at != source:
        number, at = arrived[at]
        path.append(number)
    return path


def _follow(arcs: Sequence[Arc], used: set[int], source: int, target: int) -> tuple[int, ...]:
    """One path out of the used arcs, which it takes away from them."""
    path, at = [], source
    while at != target:
        number = min(number for number in used if arcs[number][0] == at)
        used.remove(number)
        path.append(number)
        at = arcs[number][1]
    return tuple(path)
