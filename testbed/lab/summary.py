"""The labs of this machine, a line each, seen from outside of them."""

from __future__ import annotations

from dataclasses import dataclass

from testbed.host.labs import LabDir, lab_dir, others
from testbed.lab.state import recorded_plan


@dataclass(frozen=True)
class LabSummary:
    """One lab; what its record does not tell is None. `init` is the pid of its init."""

    name: str
    topology: str | None
    profile: str | None
    state: str
    init: int | None


def summaries() -> list[LabSummary]:
    """Every lab with a directory on this machine, by name."""
    return [_summarise(name) for name in others()]


def _summarise(name: str) -> LabSummary:
    lab = lab_dir(name)
    plan, pid = recorded_plan(lab), lab.init_pid()
    return LabSummary(
        name=name,
        topology=plan.topology if plan else None,
        profile=plan.profile if plan else None,
        state=_describe_state(lab, pid is not None, plan is not None),
        init=pid,
    )


def _describe_state(lab: LabDir, alive: bool, known: bool) -> str:
    if not alive:
        return "dead (testbed down removes what is left)"
    if known and not lab.built:
        return f"half built ({lab.up_command} continues)"
    return "up" if known else "up, made by another version (testbed up --recreate replaces it)"
