"""What this node, as a head end, knows of the segments of a policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address

from testbed.agent.config import AgentConfig
from testbed.agent.contract import NOT_MEANT
from testbed.agent.desired.candidates import CandidateWithOrigin, Evaluated, node_sids
from testbed.agent.desired.inputs import Inputs, OwnSid
from testbed.agent.desired.remembered import remember_last
from testbed.agent.desired.underlay import Underlay
from testbed.agent.model.objects import LOCALSID_POOL, IpNetwork, IPPool
from testbed.srpolicy.model import Candidate, SegmentList
from testbed.srpolicy.stitching import Bound
from testbed.srpolicy.validity import HeadEnd


def head_end(inputs: Inputs, own_sids: Iterable[OwnSid], bound: Bound) -> HeadEnd:
    """This node's SIDs and pools, and what its kernel has routes to.

    `bound`: the binding SIDs of all nodes' policies.
    """
    sids = frozenset(own.sid for own in (*own_sids, *inputs.replaced_sids))
    own = own_pool(inputs.config, inputs.objects.pools)
    own_bound = frozenset(sid for sid in bound if own is not None and sid in own)
    address, pools = inputs.config.address_v6, inputs.objects.pools
    return _head_end(address, sids, own_bound, bound, pools, inputs.underlay)


@remember_last
def _head_end(
    address: IPv6Address,
    sids: frozenset[IPv6Address],
    own_bound: frozenset[IPv6Address],
    bound: Bound,
    pools: tuple[IPPool, ...],
    underlay: Underlay | None,
) -> HeadEnd:
    """The same object as long as nothing of it changes, so that judgements stay."""

    def name_pool(address: IPv6Address) -> str:
        found = (p for p in pools if address in p.cidr)
        return next((f"{pool.name} ({pool.cidr})" for pool in found), "")

    def has_route(address: IPv6Address) -> bool:
        return underlay is None or underlay.reaches(address)

    return HeadEnd(address, sids, bound, own_bound, name_pool, has_route)


def own_pool(config: AgentConfig, pools: Iterable[IPPool]) -> IpNetwork | None:
    """The node's SIDs."""
    return next((p.cidr for p in pools if p.name == LOCALSID_POOL + config.node), None)


def bound_lists(entries: Iterable[CandidateWithOrigin], pools: tuple[IPPool, ...]) -> Bound:
    """By binding SID in any node's SID pool, the segment lists of all policies that have it."""
    found: dict[IPv6Address, set[SegmentList]] = {}
    is_node_sid = node_sids(pools)
    for item in entries:
        sid = item.candidate.binding_sid if item.excluded in ("", NOT_MEANT) else None
        if sid is not None and is_node_sid(sid):
            found.setdefault(sid, set()).update(item.candidate.segment_lists)
    return {sid: frozenset(lists) for sid, lists in found.items()}


def name_policy(candidate: Candidate) -> str:
    """A policy in a sentence: `policy to fd12::1000 IPv4`."""
    return f"policy to {candidate.endpoint} IPv{candidate.family}"


def strange_waypoints(
    known: frozenset[IPv6Address], bound: Bound, evaluated: Iterable[Evaluated]
) -> Iterator[tuple[Evaluated, str]]:
    """Policies in use with a waypoint that no router or node of the lab has, as a sentence each.

    `known`: the lab's addresses that forward by segments; empty where nothing is known. `bound`:
    binding SIDs, which do as well.
    """
    for one in evaluated if known else ():
        waypoints = (sid for item in one.entry.candidate.segment_lists for sid in item.sids[:-1])
        strange = [
            str(sid) for sid in dict.fromkeys(waypoints) if sid not in known and sid not in bound
        ]
        if one.chosen and strange:
            name = name_policy(one.entry.candidate)
            yield (
                one,
                (
                    f"{name} loses its packets: no router or cluster node of the lab has the "
                    f"waypoint {' nor '.join(strange)}"
                ),
            )
