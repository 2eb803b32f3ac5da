"""The one place that knows which providers there are, and which one a plan or a node has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from testbed.host.supervisor import ProgramState, Supervisor
from testbed.plan.model import Node, Plan
from testbed.plan.traits import PROVIDERS, ProviderTraits
from testbed.providers.base import NodeHandle, Provider, Services

T = TypeVar("T")


def _make_namespaces() -> Provider:
    from testbed.providers.namespaces.provider import Namespaces

    return Namespaces()


def _make_vagrant() -> Provider:
    from testbed.providers.vagrant.provider import Vagrant

    return Vagrant()


# By the name in `--nodes`. The first is the provider of every node that no other one claims.
_FACTORIES: dict[str, Callable[[], Provider]] = {
    "namespace": _make_namespaces,
    "vagrant": _make_vagrant,
}


def register(name: str, traits: ProviderTraits, factory: Callable[[], Provider]) -> None:
    """Add a provider: `--nodes NAME` takes it, and everything else finds it here."""
    PROVIDERS[name] = traits
    _FACTORIES[name] = factory


@cache
def provider(name: str) -> Provider:
    """The provider of this name (KeyError if there is none); one per process."""
    return _FACTORIES[name]()


def provider_of(plan: Plan) -> Provider:
    """What the cluster nodes of this plan are made of."""
    return provider(plan.backend)


def providers() -> list[Provider]:
    """All providers, the one that claims every node last."""
    return [provider(name) for name in reversed(_FACTORIES)]


def handle(name: str) -> NodeHandle:
    """The node of this name."""
    found = (one.find(name) for one in providers())
    return next(node for node in found if node is not None)


def services_of(name: str) -> Services:
    """What keeps a node's programs running: the machine's systemd, the node's or lab's own."""
    return handle(name).services


def on_each(do: Callable[[Node], T], nodes: Sequence[Node]) -> list[T]:
    """The same for several nodes: one after the other, or at once where each has a kernel.

    Raises what the first of them raises.
    """
    if not any(handle(node.name).own_kernel for node in nodes):
        return [do(node) for node in nodes]
    with ThreadPoolExecutor(len(nodes)) as pool:
        return list(pool.map(do, nodes))


def all_states() -> dict[str, ProgramState]:
    """Every program of the lab and of its nodes, by name; see Supervisor.states()."""
    states = Supervisor().states()
    for one in providers():
        states.update(one.states())
    return states
