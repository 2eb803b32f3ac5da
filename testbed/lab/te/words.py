"""Words for routes: paths, segments and costs."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address

from testbed.engine.compute.weights import Weight
from testbed.plan.model import LocalSids, Plan
from testbed.te.owners import Owners

UNITS: dict[Weight, str] = {"igp": "metric", "delay": "us", "hops": "links"}


def cost_words(cost: int, weight: Weight) -> str:
    """`metric 50`, `12.5 ms`, `4 links`."""
    if weight == "igp":
        return f"metric {cost}"
    return f"{cost / 1000:g} ms" if weight == "delay" else f"{cost} links"


def held_words(link: str) -> str:
    """Why a link that is up is not used."""
    return (
        f"{link} has gone down again and again: it is not used until it has stayed up for a while"
    )


class SidNames:
    """Names of SIDs: the node, or the interface that an End.X SID leads out of."""

    def __init__(self, plan: Plan, local_sids: dict[str, LocalSids]) -> None:
        self._plan, self._owners = plan, Owners(plan, local_sids)

    def of(self, sids: Iterable[str]) -> tuple[str, ...]:
        """In order; a SID of nobody stays as it is."""
        return tuple(map(self._name, sids))

    def _name(self, sid: str) -> str:
        address = IPv6Address(sid)
        across = self._plan.adjacencies.get(address)
        if across is not None:
            return across[0].interface
        owned = self._owners.get(address)
        return owned.node if owned else sid
