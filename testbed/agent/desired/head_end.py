"""What this node, as a head end, knows of the segments of a policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address

from testbed import usid
from testbed.agent.desired.candidates import Evaluated
from testbed.agent.desired.inputs import Inputs, OwnSid
from testbed.agent.desired.remembered import remember_last
from testbed.agent.desired.underlay import Underlay
from testbed.agent.model.objects import IPPool
from testbed.srpolicy.model import Candidate
from testbed.srpolicy.validity import HeadEnd


def head_end(inputs: Inputs, own_sids: Iterable[OwnSid]) -> HeadEnd:
    """This node's SIDs and pools, and what its kernel has routes to."""
    sids = frozenset(own.sid for own in (*own_sids, *inputs.replaced_sids))
    return _head_end(inputs.config.address_v6, sids, inputs.objects.pools, inputs.underlay)


@remember_last
def _head_end(
    address: IPv6Address,
    sids: frozenset[IPv6Address],
    pools: tuple[IPPool, ...],
    underlay: Underlay | None,
) -> HeadEnd:
    """The same object as long as nothing of it changes, so that judgements stay."""

    def name_pool(address: IPv6Address) -> str:
        found = (p for p in pools if address in p.cidr)
        return next((f"{pool.name} ({pool.cidr})" for pool in found), "")

    def has_route(address: IPv6Address) -> bool:
        return underlay is None or underlay.reaches(address)

    return HeadEnd(address, sids, name_pool, has_route)


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
        lists = (usid.expanded(item.sids) for item in one.entry.candidate.segment_lists)
        waypoints = (sid for sids in lists for sid in sids[:-1])
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
