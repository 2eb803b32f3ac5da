"""`testbed.prefixes`: prefixes that nodes announce beside their blocks."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import islice

from testbed.agent.contract import SEGMENTS
from testbed.bgp import unicast
from testbed.bgp.client import GobgpClient
from testbed.bgp.model import Announcement
from testbed.paths import NODES
from testbed.scenario.api.check import NotApplicable
from testbed.scenario.api.context import Context

Prefix = IPv4Network | IPv6Network


class Prefixes:
    """Addresses of a node's own blocks, one by one: the other nodes believe the node for these."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def of_node(self, node: str, count: int) -> list[Prefix]:
        """The first so many addresses of each of its blocks."""
        blocks = map(ip_network, self._context.status(node).blocks)
        return [ip_network(str(address)) for block in blocks for address in islice(block, count)]

    def announce(self, by_node: Mapping[str, Sequence[Prefix]]) -> None:
        """Have gobgpd of each node announce these; returns when all other nodes steer them.

        They are withdrawn when the scenario ends. Raises NotApplicable on machines.
        """
        if self._context.plan.provider_traits.own_kernel:
            raise NotApplicable("gobgpd of a machine is not reached from here")
        self._context.undo.callback(self.withdraw, by_node)
        for node, prefixes in by_node.items():
            with contextlib.closing(_client(node)) as client:
                for path in self._paths(node, prefixes):
                    client.add_path(path)
        self._wait_followed(by_node, present=True)

    def withdraw(self, by_node: Mapping[str, Sequence[Prefix]]) -> None:
        """Take them back; returns when no node has any. Nothing happens if none is there."""
        for node, prefixes in by_node.items():
            with contextlib.closing(_client(node)) as client:
                for path in self._paths(node, prefixes):
                    client.delete_path(path)
        self._wait_followed(by_node, present=False)

    def _paths(self, node: str, prefixes: Sequence[Prefix]) -> list[Announcement]:
        next_hop = self._context.plan.address_v6(node)
        return [unicast.announce(prefix, next_hop) for prefix in prefixes]

    def _wait_followed(self, by_node: Mapping[str, Sequence[Prefix]], present: bool) -> None:
        names = [node.name for node in self._context.present_nodes()]
        wanted = {name: _of_others(by_node, name) for name in names}
        counts = {name: len(expected) if present else 0 for name, expected in wanted.items()}
        what = f"all nodes to steer {'' if present else 'none of '}the prefixes"
        self._context.wait_on_each_node(what, lambda n: len(wanted[n] & self._steered(n)), counts)

    def _steered(self, node: str) -> set[str]:
        return {p.prefix for p in self._context.status(node).prefixes if p.via == SEGMENTS}


def _of_others(by_node: Mapping[str, Sequence[Prefix]], name: str) -> set[str]:
    """The prefixes of all nodes but this one."""
    return {str(p) for node, prefixes in by_node.items() if node != name for p in prefixes}


def _client(node: str) -> GobgpClient:
    return GobgpClient(NODES / node / "gobgpd.sock")
