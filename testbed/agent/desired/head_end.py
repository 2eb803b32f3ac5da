"""What this node, as a head end, knows of the segments of a policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address

from testbed.agent.desired.candidates import Evaluated
from testbed.agent.desired.inputs import Inputs, OwnSid
from testbed.srpolicy.model import Candidate
from testbed.srpolicy.validity import HeadEnd


def head_end(inputs: Inputs, own_sids: Iterable[OwnSid]) -> HeadEnd:
    """This node's SIDs and pools, and what its kernel has routes to."""

    def name_pool(address: IPv6Address) -> str:
        pools = (p for p in inputs.objects.pools if address in p.cidr)
        return next((f"{pool.name} ({pool.cidr})" for pool in pools), "")

    def has_route(address: IPv6Address) -> bool:
        return inputs.underlay is None or inputs.underlay.reaches(address)

    return HeadEnd(
        inputs.config.address_v6,
        frozenset(own.sid for own in (*own_sids, *inputs.replaced_sids)),
        name_pool,
        has_route,
    )


def name_policy(candidate: Candidate) -> str:
    """A policy in a sentence: `policy to fd12::1000 IPv4`."""
    return f"policy to {candidate.endpoint} IPv{candidate.family}"


def strange_waypoints(
    known: frozenset[IPv6Address], evaluated: Iterable[Evaluated]
) -> Iterator[tuple[Evaluated, str]]:
    """Policies in use with a waypoint that no router or node of the lab has, as a sentence each.

    `known`: the lab's addresses that forward by segments; empty where nothing is known.
    """
    for one in evaluated if known else ():
        waypoints = (sid for item in one.entry.candidate.segment_lists for sid in item.sids[:-1])
        strange = [str(sid) for sid in dict.fromkeys(waypoints) if sid not in known]
        if one.chosen and strange:
            name = name_policy(one.entry.candidate)
            yield (
                one,
                (
                    f"{name} loses its packets: no router or cluster node of the lab has the "
                    f"waypoint {' nor '.join(strange)}"
                ),
            )
