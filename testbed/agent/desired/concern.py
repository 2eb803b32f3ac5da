"""Whether what is new is about this node: of a thousand policies and blocks most are of others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from testbed.agent.config import AgentConfig
from testbed.agent.desired.candidates import is_for_others
from testbed.agent.model.objects import IPPool, Objects
from testbed.bgp.model import BgpStatus, Family, ReceivedPath

Rib = Mapping[tuple[str, Family], tuple[ReceivedPath, ...]]  # by peer and family
Heard = tuple[BgpStatus, Rib]
_MANY = 200  # paths, or blocks; where there are fewer, a round costs nothing


def concerns_node(
    config: AgentConfig, pools: tuple[IPPool, ...], before: Heard, after: Heard
) -> bool:
    """Is anything new but policies for other head ends, and how many paths there are?"""
    (old_status, old_rib), (status, rib) = before, after
    if sum(map(len, rib.values())) < _MANY:
        return True
    if _without_counts(old_status) != _without_counts(status):
        return True
    sources = {source for source in (*old_rib, *rib) if old_rib.get(source) is not rib.get(source)}
    changed = (p for s in sources for p in _changed(old_rib.get(s, ()), rib.get(s, ())))
    return not all(is_for_others(config, pools, path) for path in changed)


def _without_counts(status: BgpStatus) -> BgpStatus:
    return replace(status, peers=tuple(replace(peer, received=0) for peer in status.peers))


def _changed(
    before: Iterable[ReceivedPath], after: Iterable[ReceivedPath]
) -> Iterator[ReceivedPath]:
    """Those of either that are not the same objects in the other; a path that stays is the same."""
    old, new = {id(path): path for path in before}, {id(path): path for path in after}
    yield from (new[key] for key in new.keys() - old.keys())
    yield from (old[key] for key in old.keys() - new.keys())


def only_blocks_of_others(node: str, before: Objects, after: Objects) -> bool:
    """Have other nodes claimed or given back blocks, of very many, and is nothing else new?

    What a node does with the prefixes of others begins when their paths come, over BGP.
    """
    if len(after.affinities) < _MANY:
        return False
    if replace(before, affinities=()) != replace(after, affinities=()):
        return False
    changed = set(before.affinities) ^ set(after.affinities)
    return all(affinity.node != node for affinity in changed)
