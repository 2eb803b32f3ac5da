"""Resolves names to addresses: `r6` in a segment list, `r6,r8` after --expect.

`r6-r8`, an interface between routers, is the SID of that adjacency (End.X).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv6Address

from testbed.errors import TestbedError
from testbed.plan.model import LocalSids, Plan
from testbed.srpolicy.model import Candidate
from testbed.te.owners import Kind, Owners, closest_name


def resolver(
    plan: Plan, local_sids: Mapping[str, LocalSids] | None = None
) -> Callable[[str, int | None], IPv6Address | None]:
    """For `srpolicy.load`: a node's address, or with 4 or 6 its local SID for that family.

    A router is its loopback, which acts as an End SID. None: the node has no such SID.
    The resolver raises TestbedError for names of no node, with the closest.
    """
    owners = Owners(plan, local_sids)

    def resolve(name: str, family: int | None) -> IPv6Address | None:
        if name not in plan.by_name and family is None and name in plan.adjacency_sids:
            return plan.adjacency_sids[name]
        if name not in plan.by_name:
            near = closest_name(name, plan.by_name)
            raise TestbedError(
                f"no node called {name!r} is known",
                fix=near or f"the nodes are {', '.join(plan.by_name)}",
            )
        return plan.address_v6(name) if family is None else owners.local_sid(name, family)

    return resolve


def node_names(
    plan: Plan, text: str, option: str = "--expect", policies: Iterable[Candidate] = ()
) -> tuple[str, ...]:
    """`r6,r8` → the nodes, each known to the plan (addresses and interfaces of routers work too).

    What is or names an End.X SID stays one, and so does a binding SID of the `policies`: it stands
    for more than its node.

    TestbedError with a suggestion for what is no node.
    """
    owners = Owners(plan, policies=policies)
    return tuple(
        _node_name(owners, word.strip(), option) for word in text.split(",") if word.strip()
    )


def _node_name(owners: Owners, word: str, option: str) -> str:
    names = list(owners.plan.by_name)
    if word in names:
        return word
    if word in owners.plan.adjacency_sids:
        return str(owners.plan.adjacency_sids[word])
    try:
        owned = owners.get(IPv6Address(word))
    except ValueError:
        owned = None
    if owned is not None:
        return str(owned.address) if owned.kind in (Kind.END_X, Kind.BINDING) else owned.node
    raise TestbedError(
        f"unknown node {word}",
        where=option,
        fix=closest_name(word, names) or f"the nodes are {', '.join(names)}",
    )
