"""What the shell offers when TAB is pressed: labs, nodes, pods, programs, scenarios, policies.

Completion never asks for a password and never fails: what only root may read (pods, programs,
policies) is offered to root alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from testbed.plan.model import Plan

Completer = Callable[[typer.Context, str], list[str]]


def offering(names: Callable[[str], Iterable[str]]) -> Completer:
    """A completer that offers what `names` finds in the lab of the command line."""

    def complete(context: typer.Context, incomplete: str) -> list[str]:
        lab = context.params.get("name") or os.environ.get("TESTBED_NAME") or "testbed"
        try:
            return [n for n in names(str(lab)) if n.startswith(incomplete)]
        except Exception:  # a traceback would stand in the user's command line
            return []

    return complete


def schemas(_: str) -> Iterable[str]:
    """Names of the published schemas."""
    from testbed.cli.printed import forms, printed

    return [*printed(), *forms()]


def labs(_: str) -> Iterable[str]:
    """Names of the labs of this machine."""
    from testbed.host.labs import others

    return others()


def nodes(lab: str) -> list[str]:
    """Routers, hosts and cluster nodes of a lab."""
    return list(_recorded_plan(lab).by_name)


def interfaces(lab: str) -> list[str]:
    """Interfaces of a lab's links."""
    return [port.interface for link in _recorded_plan(lab).links for port in (link.a, link.b)]


def link_ends(lab: str) -> list[str]:
    """Nodes, and NODE:INTERFACE of each end of a link."""
    ports = (port for link in _recorded_plan(lab).links for port in (link.a, link.b))
    return nodes(lab) + [f"{port.node}:{port.interface}" for port in ports]


def nodes_and_pods(lab: str) -> list[str]:
    """What `exec`, `path` and `capture` take."""
    return nodes(lab) + pods(lab)


def pods(lab: str) -> list[str]:
    """Pods of a lab, for root."""
    from testbed.orchestrators.registry import orchestrator_of

    plan = _enter_as_root(lab)
    return [pod.name for pod in orchestrator_of(plan).pods(plan)] if plan else []


def programs(lab: str) -> list[str]:
    """Programs of a lab, for root."""
    from testbed.lab.access.inside import program_rows

    return [row[0] for row in program_rows()] if _enter_as_root(lab) else []


def policies(lab: str) -> list[str]:
    """SR Policies that people injected into a lab, for root."""
    from testbed.lab.policies import injected

    plan = _enter_as_root(lab)
    return [policy.name for policy in injected(plan) if not policy.of_engine] if plan else []


def intents(lab: str) -> list[str]:
    """Intents of a lab, for root."""
    from testbed.lab.te.store import read

    plan = _enter_as_root(lab)
    return read(plan).names if plan and plan.injectors else []


def scenarios(_: str) -> list[str]:
    """The scenarios that come with the project."""
    from testbed.scenario.run import registry

    return [s.name for s in registry.shipped()]


def runs(_: str) -> list[str]:
    """Names of the recorded runs."""
    from testbed.cli.runs import run_store

    return [run.name for run in run_store().runs()]


def topologies(_: str) -> list[str]:
    """The topologies that come with the project."""
    from testbed.topology.load import shipped

    return shipped()


def _recorded_plan(lab: str) -> Plan:
    """The lab's plan as it lies on the host, where everybody may read it."""
    from testbed.host.labs import lab_dir
    from testbed.plan.model import Plan

    return Plan.model_validate_json(lab_dir(lab).plan_file.read_bytes())


def _enter_as_root(lab: str) -> Plan | None:
    """Enter a lab, as root; others may not, and nobody asks them for a password here."""
    if os.geteuid() != 0:
        return None
    from testbed.host.labs import lab_dir
    from testbed.lab.state import enter

    return enter(lab_dir(lab))
