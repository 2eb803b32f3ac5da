"""Names links in commands: by their two nodes, and by an interface where several are parallel."""

from __future__ import annotations

from testbed.errors import TestbedError
from testbed.lab.access.inside import unknown
from testbed.plan.model import Link, Plan, Port


def find_link(plan: Plan, a: str, b: str) -> Link:
    """The link between two ends, each `NODE` or `NODE:INTERFACE`.

    Raises TestbedError where there is none, or where one of several parallel links is to be named.
    """
    for word in (a, b):
        if _node_of(word) not in plan.by_name:
            raise unknown("node", _node_of(word), list(plan.by_name))
        _check_interface(plan, word)
    found = [link for link in plan.links if _joins(link, a, b)]
    if not found:
        there = [name_link(plan, link) for link in plan.links]
        raise unknown("link", f"{a} {b}", there)
    if len(found) > 1:
        node = _node_of(a)
        raise TestbedError(
            f"{len(found)} parallel links join {node} and {_node_of(b)}",
            why="which one is meant?",
            fix="name it by an interface: " + ", ".join(f"{node}:{_end(x, node)}" for x in found),
        )
    return found[0]


def name_link(plan: Plan, link: Link) -> str:
    """The two words that name the link in a command."""
    a, b = link.a.node, link.b.node
    parallel = sum({x.a.node, x.b.node} == {a, b} for x in plan.links) > 1
    return f"{a}:{link.a.interface} {b}" if parallel else f"{a} {b}"


def _joins(link: Link, a: str, b: str) -> bool:
    ends = (link.a, link.b)
    return any(_is_end(x, a) and _is_end(y, b) for x, y in (ends, ends[::-1]))


def _is_end(port: Port, word: str) -> bool:
    node, colon, interface = word.partition(":")
    return port.node == node and (not colon or port.interface == interface)


def _check_interface(plan: Plan, word: str) -> None:
    node, colon, interface = word.partition(":")
    interfaces = [port.interface for port in plan.ports_of(node)]
    if colon and interfaces and interface not in interfaces:
        raise unknown(f"interface of {node}", interface, interfaces)


def _node_of(word: str) -> str:
    return word.partition(":")[0]


def _end(link: Link, node: str) -> str:
    return link.end(node).interface
