"""Limits of the scheme from which addresses and identifiers are derived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from testbed.plan.model import Role
from testbed.plan.problems import Problem

MOST: dict[Role, int] = {Role.ROUTER: 1000, Role.CLUSTER: 250, Role.INJECTOR: 10}
_NAMES = {Role.ROUTER: "routers", Role.CLUSTER: "cluster nodes", Role.INJECTOR: "injectors"}


def limit_problems(
    nodes: Mapping[Role, Sequence[str]], origins: Mapping[str, str]
) -> list[Problem]:
    """A problem for every role of which there are too many nodes, at the first one too many."""
    return [
        Problem(
            what=f"{len(nodes[role])} {_NAMES[role]}, and a lab has {most} at most",
            subject=nodes[role][most],
            fix=f"leave out {len(nodes[role]) - most} of them",
            where=origins.get(nodes[role][most]),
        )
        for role, most in MOST.items()
        if len(nodes.get(role, ())) > most
    ]
