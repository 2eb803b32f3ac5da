"""A scenario's words for address pools, by which the overlay of new pods is chosen (C9)."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from testbed.agent.desired.overlays.registry import TITLES
from testbed.agent.model.overlay_names import POOL_MODES
from testbed.render.cluster import ippools
from testbed.render.kubernetes import documents
from testbed.scenario.api.check import NotApplicable
from testbed.scenario.api.context import World


class Pools(World):
    """Pools beside those of the plan."""

    def pool(self, name: str, cidr: str, overlay: str) -> None:
        """A pool with a legacy overlay, "ipip" or "vxlan", for all pods from now on.

        The plan's pools of its family are disabled meanwhile: pods keep their addresses, new ones
        get none. Raises NotApplicable where a node's kernel cannot do it.
        """
        self._refuse_unable(overlay)
        family = ip_network(cidr).version
        own = [
            doc for doc in _plan_pools(self) if ip_network(doc["spec"]["cidr"]).version == family
        ]
        document = {
            "apiVersion": "crd.projectcalico.org/v1",
            "kind": "IPPool",
            "metadata": {"name": name},
            "spec": {"cidr": cidr, "nodeSelector": "all()", POOL_MODES[overlay]: "Always"},
        }
        ranges = [doc["spec"]["cidr"] for doc in own]
        self._undo.callback(self._wait_blocks, ranges, [cidr])
        for doc in own:
            self._undo.callback(self.api.apply, doc)
            self.api.apply({**doc, "spec": {**doc["spec"], "disabled": True}})
        self._undo.callback(self.api.delete, document)
        self.api.apply(document)
        self._wait_blocks([cidr])

    def _refuse_unable(self, overlay: str) -> None:
        unable = [n.name for n in self.nodes() if overlay not in self.status(n.name).overlays]
        if unable:
            raise NotApplicable(
                f"the kernel of {', '.join(unable)} has no {TITLES[overlay]}",
                fix="load its module, or run it on machines (--nodes vagrant)",
            )

    def _wait_blocks(self, inside: list[str], outside: list[str] | None = None) -> None:
        """Until every node is well, with a block inside each of these, and none in the others."""

        def owned(node: str, cidr: str) -> bool:
            blocks = map(ip_network, self.status(node).blocks)
            return any(b.network_address in ip_network(cidr) for b in blocks)

        names = [node.name for node in self.nodes()]
        self.wait(
            f"a block of {', '.join(inside)} on every node",
            lambda: (
                all(self.status(n).ready for n in names)
                and all(owned(n, cidr) for n in names for cidr in inside)
                and not any(owned(n, cidr) for n in names for cidr in outside or ())
            ),
            lambda: "; ".join(
                f"{n}: {list(self.status(n).blocks)} {list(self.status(n).problems)}" for n in names
            ),
        )


def _plan_pools(world: World) -> list[dict[str, Any]]:
    pods = {str(c) for c in (world.plan.pools.pods_v4, world.plan.pools.pods_v6) if c}
    found = documents("api/ippools.yaml.j2", ippools(world.plan))
    return [doc for doc in found if doc["spec"]["cidr"] in pods]
