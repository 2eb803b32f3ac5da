"""What commands ask of the TE engine: plan intents on the network as it is now, and deliver."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from testbed.engine.decide.decide import Decision, Memory, decide
from testbed.engine.decide.policies import policies_of
from testbed.engine.decide.setting import setting_of
from testbed.engine.decide.what_if import with_down
from testbed.engine.intents.load import load_intents
from testbed.engine.network import Network
from testbed.errors import TestbedError
from testbed.lab.access.inside import unknown
from testbed.lab.policies import OF_OBJECT, injected
from testbed.lab.te import store
from testbed.lab.te.delivery import Delivery, deliver, delivery, owner_of, standing
from testbed.lab.te.detours import Guard, detours, guards
from testbed.lab.te.held import held
from testbed.lab.te.live import Live, live
from testbed.lab.te.store import Kept
from testbed.plan.model import Plan
from testbed.srpolicy.files.change import PolicyChange
from testbed.te.lint.findings import Finding

_FROM_THERE = "the engine takes it from there"


@dataclass(frozen=True)
class Planned:
    """Intents, what is decided for them, their policies, and what delivering them changes.

    `held`: links that are up, and not used yet. `guards`: policies of people that are protected.
    """

    kept: Kept
    live: Live
    decision: Decision
    changes: tuple[PolicyChange, ...]
    delivery: Delivery
    held: tuple[str, ...]
    guards: tuple[Guard, ...] = ()

    @property
    def protected(self) -> set[str]:
        """The names of the policies of people that are protected."""
        return {guard.guarded.policy for guard in self.guards}


def planned(
    plan: Plan,
    kept: Kept,
    hold: Callable[[Network], tuple[str, ...]] | None = None,
    memory: Memory | None = None,
    quick: bool = False,
) -> Planned:
    """These intents on the network as it is; nothing is changed.

    `hold` says of a network which links are not to be used; without it the engine's file does.
    `quick`: as `decide` has it.
    """
    now = live(plan)
    unused = held(plan) if hold is None else hold(now.network)
    now = replace(now, network=with_down(now.network, (), unused))
    intents = [written.intent for written in kept.intents]
    stands = standing(plan) if any(one.bandwidth_mbit for one in intents) else {}
    decision = decide(intents, now.network, setting_of(plan), stands, memory, quick)
    changes = [
        replace(change, source=OF_OBJECT) if owner_of(change) in kept.objects else change
        for change in policies_of(plan, decision.decided, kept.colors, now.local_sids)
    ]
    guarded = tuple(guards(plan, now))
    changes += detours(plan, guarded)
    return Planned(kept, now, decision, tuple(changes), delivery(plan, changes), unused, guarded)


def with_file(plan: Plan, text: str, source: str) -> tuple[Kept, list[Finding]]:
    """The lab's intents and those of a file. Raises LintFailed."""
    kept = store.read(plan)
    new, findings = load_intents(plan, text, source, kept.intents)
    for written in new:
        if written.intent.name in kept.objects:
            raise TestbedError(
                f"the intent {written.intent.name} is an object of the API server",
                where=written.where,
                why=_FROM_THERE,
                fix=f"testbed kubectl edit intent {written.intent.name}; "
                "or give this one another name",
            )
    taken = (policy.color for policy in injected(plan))
    return store.merged(kept, new, taken), findings


def apply(plan: Plan, text: str | None, source: str) -> tuple[Planned, list[Finding]]:
    """Keep a file's intents beside the others, plan them all, deliver; None: those that are kept.

    Nothing is kept or changed where anything of it is refused.
    """
    with store.locked(plan):
        found: list[Finding] = []
        kept = store.read(plan)
        if text is not None:
            kept, found = with_file(plan, text, source)
        return _take(plan, kept), found


def delete(plan: Plan, names: Sequence[str]) -> Planned:
    """Forget intents; their policies go, and the others are planned anew."""
    with store.locked(plan):
        kept = store.read(plan)
        require_known(kept, names)
        for name in names:
            if name in kept.objects:
                raise TestbedError(
                    f"the intent {name} is an object of the API server",
                    why=_FROM_THERE,
                    fix=f"testbed kubectl delete intent {name}",
                )
        return _take(plan, store.without(kept, names))


def require_known(kept: Kept, names: Sequence[str]) -> None:
    """Raises TestbedError for a name of no intent."""
    for name in names:
        if name not in kept.names:
            raise unknown("intent", name, kept.names)


def _take(plan: Plan, kept: Kept) -> Planned:
    found = planned(plan, kept)
    store.write(plan, kept)
    deliver(plan, found.delivery)
    return found
