"""Reads switches: each is a LAN, a subnet that hosts and cluster nodes share at one router."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from testbed.plan.address_rules import Interface
from testbed.plan.problems import Problem
from testbed.topology import options
from testbed.topology.options import Options

Edge = tuple[str, str, object, Options]  # nodes, key, options
Where = Callable[[Edge], str | None]

_OF_ROUTER = {"igp_metric", "params1", "params2"}  # of the link of the router and the switch
_INTERNAL = {"node1", "node2", "port1", "port2"}


@dataclass
class Switch:
    """A switch of the file: the router that it is linked to, and the edges of all others."""

    name: str
    where: str | None
    routers: list[Edge] = field(default_factory=list)
    members: list[Edge] = field(default_factory=list)

    @property
    def router(self) -> str:
        """The router that it is a bridge in."""
        edge = self.routers[0]
        return edge[0] if edge[1] == self.name else edge[1]

    @property
    def given(self) -> list[Interface]:
        """The addresses that the file gives to the router on this LAN."""
        return options.addresses(_end(self.routers[0], self.router).get("ip"))

    @property
    def metric(self) -> int:
        """IS-IS metric of its subnets."""
        return options.metric(self.routers[0][3])


def read_switches(
    info: Mapping[str, Options], edges: Iterable[Edge], nodes: Mapping[str, str]
) -> dict[str, Switch]:
    """The switches by name, each with its edges. `nodes`: file:line of each node."""
    switches = {
        name: Switch(name, nodes.get(name))
        for name, own in info.items()
        if own.get("isSwitch") and not own.get("hub")  # which is refused as such
    }
    for edge in edges:
        for name, other in ((edge[0], edge[1]), (edge[1], edge[0])):
            if name in switches:
                is_router = bool(info[other].get("isRouter"))
                (switches[name].routers if is_router else switches[name].members).append(edge)
    return switches


def switch_problems(switches: Mapping[str, Switch], where: Where) -> list[Problem]:
    """What no LAN can be, and options that say nothing there."""
    found: list[Problem] = []
    for switch in switches.values():
        found += _structure(switch, switches)
        for edge in switch.routers:
            found += _of_router(switch, edge, where(edge))
        for edge in switch.members:
            found += _of_member(switch, edge, where(edge))
    return found


def _structure(switch: Switch, switches: Mapping[str, Switch]) -> Iterable[Problem]:
    if any({edge[0], edge[1]} <= set(switches) for edge in switch.members):
        yield Problem(
            what="a switch is linked to hosts, cluster nodes and one router, not to a switch",
            subject=switch.name,
            fix="link the nodes of both to one switch",
            where=switch.where,
        )
    elif len(switch.routers) != 1:
        yield Problem(
            what=f"a switch needs one link to a router; it has {len(switch.routers)}: a LAN is "
            "a bridge inside a router, and routers are linked point to point",
            subject=switch.name,
            fix="link the routers directly, and the switch to one of them"
            if switch.routers
            else "link it to a router, and hosts to it, or remove it",
            where=switch.where,
        )
    elif not switch.members:
        yield Problem(
            what="no host or cluster node is on this switch",
            subject=switch.name,
            fix="link some to it, or remove it",
            where=switch.where,
        )


def _of_router(switch: Switch, edge: Edge, where: str | None) -> Iterable[Problem]:
    for key in sorted(set(edge[3]) - _OF_ROUTER - _INTERNAL):
        if edge[3][key] is not None and key != "key":
            yield Problem(
                what=f"option {key!r} is not for the link of a router and a switch, which is a "
                "bridge inside the router",
                subject=f"{edge[0]}-{edge[1]}",
                fix="give it to the links of the nodes on the switch",
                where=where,
            )
    yield from _no_address(switch, edge, where)


def _of_member(switch: Switch, edge: Edge, where: str | None) -> Iterable[Problem]:
    metrics = [of.get("igp_metric") for of in (edge[3], *options.end_options(edge[3]))]
    if any(metric is not None for metric in metrics):
        yield Problem(
            what="igp_metric says nothing here: IS-IS knows the switch's subnets alone",
            subject=f"{edge[0]}-{edge[1]}",
            fix=f"give it to the link of the router and {switch.name}",
            where=where,
        )
    yield from _no_address(switch, edge, where)


def _no_address(switch: Switch, edge: Edge, where: str | None) -> Iterable[Problem]:
    if _end(edge, switch.name):
        yield Problem(
            what=f"{switch.name} is a switch, whose ports have no addresses and no options",
            subject=f"{edge[0]}-{edge[1]}",
            fix="give them to the other end",
            where=where,
        )


def _end(edge: Edge, node: str) -> Options:
    """The options of a node's end of an edge."""
    first, second = options.end_options(edge[3])
    return first if edge[0] == node else second
