"""What `te plan` and `te apply` say: policies that change, and intents that lack something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from testbed.lab.te.engine import Planned
from testbed.lab.te.listing import IntentRow, intent_rows
from testbed.lab.te.loads import LinkLoads, link_loads
from testbed.lab.te.words import SidNames
from testbed.plan.model import Plan
from testbed.te.paths import spelled

_SIGNS = {"added": "+", "changed": "~", "removed": "-"}


@dataclass(frozen=True)
class PolicyStep:
    """What becomes of a policy of the engine; its segments before and after, by name.

    It is of an intent, or the detour of a policy of people.
    """

    policy: str
    intent: str
    what: Literal["added", "changed", "removed", "unchanged"]
    was: tuple[str, ...]
    becomes: tuple[str, ...]
    detour_of: str = ""

    def __str__(self) -> str:
        said = f"{_SIGNS.get(self.what, '=')} {self.policy} {self.what}"
        if self.becomes:
            said += f": {spelled(self.becomes)}"
        if self.what == "changed" and self.was != self.becomes:
            said += f", was {spelled(self.was)}"
        return said


@dataclass(frozen=True)
class IntentPlan:
    """All policies of the engine with what becomes of them, and all intents.

    `loads`: of links; None if no intent with a bandwidth is carried, or if not asked for.
    """

    policies: tuple[PolicyStep, ...]
    intents: tuple[IntentRow, ...]
    loads: LinkLoads | None = None

    def to_json(self) -> dict[str, object]:
        """Its keys are stable."""
        return asdict(self)

    def lines(self) -> Iterator[str]:
        """Policies that change."""
        return (str(step) for step in self.policies if step.what != "unchanged")

    def lacking(self) -> Iterator[str]:
        """Intents that do not have all they want."""
        for row in self.intents:
            if row.status in ("Degraded", "Unsatisfiable"):
                families = ", ".join(f"IPv{family}" for family in row.families)
                pair = f"{row.head_end} → {row.endpoint}, {families}"
                yield f"{row.intent}: {pair}: {row.status}: {row.why}"


def intent_plan(plan: Plan, planned: Planned, loads: bool = False) -> IntentPlan:
    """Of what was planned; rows say `announced` of the injector before it is delivered.

    `loads`: with the load of links, which takes a linear program.
    """
    names = SidNames(plan, planned.live.local_sids)
    steps = (
        PolicyStep(s.policy, s.intent, s.what, names.of(s.was), names.of(s.becomes), s.detour_of)
        for s in planned.delivery.steps
    )
    of_links = link_loads(planned.decision) if loads else None
    return IntentPlan(tuple(steps), tuple(intent_rows(planned)), of_links)
