"""The one place that knows which node overlays there are, and which one a plan has."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from testbed.orchestrators.overlays.base import NodeOverlay
from testbed.plan.model import Plan
from testbed.plan.traits import OVERLAYS, OverlayTraits


def _make_agents() -> NodeOverlay:
    from testbed.orchestrators.overlays.agent import AgentOverlay

    return AgentOverlay()


def _make_calico_vpp() -> NodeOverlay:
    from testbed.orchestrators.overlays.calico_vpp import CalicoVpp

    return CalicoVpp()


# By the name in `--overlay`.
_FACTORIES: dict[str, Callable[[], NodeOverlay]] = {
    "agent": _make_agents,
    "calico-vpp": _make_calico_vpp,
}


def register(name: str, traits: OverlayTraits, factory: Callable[[], NodeOverlay]) -> None:
    """Add a node overlay: `--overlay NAME` takes it, and everything else finds it here."""
    OVERLAYS[name] = traits
    _FACTORIES[name] = factory


@cache
def overlay(name: str) -> NodeOverlay:
    """The node overlay of this name (KeyError if there is none); one per process."""
    return _FACTORIES[name]()


def overlay_of(plan: Plan) -> NodeOverlay:
    """What carries the pods' packets of this plan."""
    return overlay(plan.overlay)
