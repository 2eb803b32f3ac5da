"""`testbed.pools`: address pools, by which the overlay of new pods is chosen (C9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network

from testbed.agent.contract import LOCAL, SEGMENTS
from testbed.agent.desired.overlays.registry import TITLES
from testbed.agent.model.overlay_names import (
    ENCAPSULATION,
    POOL_MODES,
    ROUTED,
    SRV6,
    pool_fields,
)
from testbed.host.route_dump import BGP
from testbed.observe.routes import isis_routes, routes_of
from testbed.plan.model import Plan
from testbed.render.cluster import ippools
from testbed.render.kubernetes import documents
from testbed.scenario.api.check import NotApplicable
from testbed.scenario.api.context import Context
from testbed.scenario.api.manifests import Object

_OVERLAY_FIELDS = {ENCAPSULATION, *POOL_MODES.values()}


class Pools:
    """Pools beside those of the plan; they go when the scenario ends."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._made: dict[str, Object] = {}  # by name, as they are now
        self._giving: dict[int, list[Object]] = {}  # by family: those that new pods are of

    def add(self, name: str, cidr: str, overlay: str, cross_subnet: bool = False) -> None:
        """A pool with an overlay, "srv6", "ipip", "vxlan" or "routed", for all pods from now on.

        The other pools of its family are disabled meanwhile: pods keep their addresses, new ones
        get none. `cross_subnet`: between nodes that share no subnet only. Raises NotApplicable
        where a node's kernel cannot do it.
        """
        self.refuse_unable(overlay)
        family: int = ip_network(cidr).version
        before = self._giving.get(family) or _plan_pools(self._context.plan, family)
        document = _document(
            name, {"cidr": cidr, "nodeSelector": "all()", **pool_fields(overlay, cross_subnet)}
        )
        ranges = [doc["spec"]["cidr"] for doc in before]
        self._context.undo.callback(self._wait_blocks, ranges, [cidr])
        for doc in before:
            self._context.undo.callback(self._context.api.apply, doc)
            self._apply({**doc, "spec": {**doc["spec"], "disabled": True}})
        self._context.undo.callback(self._context.api.delete, document)
        self._apply(document)
        self._context.undo.callback(self._giving.__setitem__, family, before)
        self._giving[family] = [document]
        self._wait_blocks([cidr])
        if overlay == ROUTED:
            self.wait_routed([ip_network(cidr)])

    def switch(self, name: str, overlay: str) -> None:
        """Let another overlay carry a pool of the scenario's; its pods go on as they are.

        Returns when every node uses it. Raises NotApplicable where a node's kernel cannot do it.
        """
        self.refuse_unable(overlay)
        spec = {k: v for k, v in self._made[name]["spec"].items() if k not in _OVERLAY_FIELDS}
        self._apply(_document(name, {**spec, **pool_fields(overlay)}))
        pool = ip_network(spec["cidr"])
        self._wait_carried(pool, SEGMENTS if overlay == SRV6 else overlay)
        if overlay == ROUTED:
            self.wait_routed([pool])

    def _apply(self, document: Object) -> None:
        self._context.api.apply(document)
        self._made[document["metadata"]["name"]] = document

    def refuse_unable(self, overlay: str) -> None:
        """Raises NotApplicable where a node's kernel lacks an overlay."""
        names = [node.name for node in self._context.present_nodes()]
        unable = [n for n in names if overlay not in self._context.status(n).overlays]
        if unable:
            raise NotApplicable(
                f"the kernel of {', '.join(unable)} has no {TITLES[overlay]}",
                fix="load its module, or run it on machines (--nodes vagrant)",
            )

    def wait_routed(self, pools: Iterable[IPv4Network | IPv6Network]) -> None:
        """Until every router of the backbone has a route to every block of these pools."""
        ranges = list(pools)
        names = [node.name for node in self._context.present_nodes()]
        blocks = {block for n in names for block in map(ip_network, self._context.status(n).blocks)}
        wanted = {b for b in blocks if any(b.network_address in pool for pool in ranges)}
        lacking: dict[str, list[str]] = {}

        def is_complete() -> bool:
            lacking.clear()
            for router in self._context.plan.routers:
                have = {**isis_routes(router.name), **routes_of(router.name, BGP)}
                if missing := wanted - have.keys():
                    lacking[router.name] = sorted(map(str, missing))
            return not lacking

        what = f"routes to {', '.join(map(str, ranges))} in the backbone"
        self._context.wait(what, is_complete, lambda: str(lacking))

    def _wait_blocks(self, wanted: list[str], unwanted: list[str] | None = None) -> None:
        """Until every node is well, with a block inside each of these, and none in the others."""
        names = [node.name for node in self._context.present_nodes()]
        self._context.wait(
            f"a block of {', '.join(wanted)} on every node",
            lambda: (
                all(self._context.status(n).ready for n in names)
                and all(self._owns_block(n, cidr) for n in names for cidr in wanted)
                and not any(self._owns_block(n, cidr) for n in names for cidr in unwanted or ())
            ),
            lambda: "; ".join(map(self._describe_node, names)),
        )

    def _wait_carried(self, pool: IPv4Network | IPv6Network, via: str) -> None:
        """Until every node reaches the others' blocks of a pool so (see PrefixStatus.via)."""
        names = [node.name for node in self._context.present_nodes()]

        def ways() -> dict[str, list[str]]:
            """Of each node, how it reaches the blocks of other nodes."""
            return {
                name: [
                    entry.via
                    for entry in self._context.status(name).prefixes
                    if entry.via != LOCAL and ip_network(entry.prefix).network_address in pool
                ]
                for name in names
            }

        self._context.wait(
            f"{pool} to be reached by {via} on every node",
            lambda: (
                all(set(seen) == {via} for seen in ways().values())
                and all(self._context.status(n).ready for n in names)
            ),
            lambda: str(ways()),
        )

    def _owns_block(self, node: str, cidr: str) -> bool:
        blocks = map(ip_network, self._context.status(node).blocks)
        return any(block.network_address in ip_network(cidr) for block in blocks)

    def _describe_node(self, node: str) -> str:
        status = self._context.status(node)
        return f"{node}: {list(status.blocks)} {list(status.problems)}"


def _document(name: str, spec: Mapping[str, object]) -> Object:
    return {
        "apiVersion": "crd.projectcalico.org/v1",
        "kind": "IPPool",
        "metadata": {"name": name},
        "spec": dict(spec),
    }


def _plan_pools(plan: Plan, family: int) -> list[Object]:
    pods = {str(c) for c in (plan.pools.pods_v4, plan.pools.pods_v6) if c and c.version == family}
    found = documents("api/ippools.yaml.j2", ippools(plan))
    return [doc for doc in found if doc["spec"]["cidr"] in pods]
