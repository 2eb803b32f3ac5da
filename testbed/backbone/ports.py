"""Finds the namespace and interface where the end of a link can be cut or shaped."""

from __future__ import annotations

from testbed.plan.model import Plan, Port
from testbed.providers.registry import provider_of


def port_end(plan: Plan, port: Port) -> tuple[str | None, str]:
    """Network namespace (None: the lab's own) and interface of a port."""
    if port.node in {n.name for n in plan.namespaced}:
        return port.node, port.interface
    return provider_of(plan).port_end(plan, port)
