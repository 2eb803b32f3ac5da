"""Which handle a node has: that of a virtual machine, or of a node in namespaces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, TypeVar

from testbed.plan.model import Node
from testbed.providers.base import NodeHandle, Services
from testbed.providers.namespaces import services
from testbed.providers.namespaces.node import ContainerNode
from testbed.providers.vagrant import node as guests

T = TypeVar("T")


def handle(name: str) -> NodeHandle:
    """The node of this name."""
    return guest(name) or ContainerNode(name)


def services_of(name: str) -> Services:
    """What keeps a node's programs running: the machine's systemd, the node's or lab's own."""
    return handle(name).services


def on_each(do: Callable[[Node], T], nodes: Sequence[Node]) -> list[T]:
    """The same for several nodes: one after the other, or at once where each is a machine.

    Raises what the first of them raises.
    """
    if not any(guests.record_text(node.name) for node in nodes):
        return [do(node) for node in nodes]
    with ThreadPoolExecutor(len(nodes)) as pool:
        return list(pool.map(do, nodes))


def all_states() -> dict[str, dict[str, Any]]:
    """Every program of the lab and of its nodes, by name; see Supervisor.states()."""
    states = services.all_states()
    for name in guests.names():
        states.update(services_of(name).states())
    return states


@lru_cache
def _connected(record: str) -> guests.GuestNode:
    """One connection per machine and process."""
    return guests.of_record(record)


def guest(name: str) -> guests.GuestNode | None:
    """The node of this name, if it is a virtual machine; one connection per process."""
    record = guests.record_text(name)
    return _connected(record) if record is not None else None
