"""The one place that knows which orchestrators there are, and which one a plan has."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from testbed.orchestrators.base import Orchestrator
from testbed.plan.model import Plan
from testbed.plan.traits import ORCHESTRATORS, OrchestratorTraits


def _make_kubernetes() -> Orchestrator:
    from testbed.orchestrators.kubernetes.orchestrator import Kubernetes

    return Kubernetes()


def _make_light() -> Orchestrator:
    from testbed.orchestrators.light.orchestrator import Light

    return Light()


# By the name in `--cluster`.
_FACTORIES: dict[str, Callable[[], Orchestrator]] = {
    "kubernetes": _make_kubernetes,
    "none": _make_light,
}


def register(name: str, traits: OrchestratorTraits, factory: Callable[[], Orchestrator]) -> None:
    """Add an orchestrator: `--cluster NAME` takes it, and everything else finds it here."""
    ORCHESTRATORS[name] = traits
    _FACTORIES[name] = factory


@cache
def orchestrator(name: str) -> Orchestrator:
    """The orchestrator of this name (KeyError if there is none); one per process."""
    return _FACTORIES[name]()


def orchestrator_of(plan: Plan) -> Orchestrator:
    """What runs the pods of this plan."""
    return orchestrator(plan.orchestrator)
