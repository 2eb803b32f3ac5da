"""Detours for the policies of people that ask for them: what the engine announces, and says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

from testbed.agent.contract import BGP, CONFIGMAP
from testbed.engine.compute.spf import Routing
from testbed.engine.decide.detour import Guarded, Way, way_of
from testbed.engine.decide.waypoints import waypoints_of
from testbed.engine.decide.what_if import with_down
from testbed.engine.network import Network
from testbed.host.files import write_json
from testbed.lab import policies, protected
from testbed.lab.te import store
from testbed.lab.te.held import fresh
from testbed.lab.te.live import Live
from testbed.plan.model import Plan
from testbed.srpolicy.files.change import Lines, PolicyChange
from testbed.srpolicy.model import Candidate, SRPolicy

FIRST = 0xE0000000  # discriminator of detours: the highest wins among equal preferences
_SAID = "detours.json"  # what the engine has to say of them


@dataclass(frozen=True)
class Guard:
    """What becomes of a protected policy on a head end; `idle`: why it is left alone."""

    guarded: Guarded
    way: Way
    idle: str = ""

    @property
    def detoured(self) -> bool:
        """Does it get a detour?"""
        return not self.idle and bool(self.way.gone) and bool(self.way.lists)

    @property
    def lost(self) -> bool:
        """Does nothing lead there?"""
        return not self.idle and not self.way.lists

    @property
    def why(self) -> str:
        """In words; empty while it goes its own way."""
        if self.idle:
            return self.idle
        if self.lost:
            return f"nothing leads to {self.guarded.endpoint}"
        if not self.way.gone:
            return ""
        gone = f"{', '.join(self.way.gone)} cannot be visited"
        return f"detour of the policy {self.guarded.policy} {self.way.how}, as {gone}"

    @property
    def problem(self) -> str:
        """For `status`; empty while it goes its own way."""
        one = self.guarded
        about = f"{one.head_end}: the policy {one.policy} to {one.endpoint} for IPv{one.family}"
        if self.idle:
            return f"{about} asks for protection and has none: {self.idle}"
        return f"{about}: {self.why}" if self.why else ""


def guards(plan: Plan, live: Live) -> list[Guard]:
    """Of all protected policies, by name and head end."""
    named: dict[str, list[Candidate]] = {}
    for change in policies.protected(plan):
        if change.candidate is not None:
            named.setdefault(change.name, []).append(change.candidate)
    if not named:
        return []
    now = _ways(plan, live.network)
    unsettled = fresh(plan)
    before = _ways(plan, with_down(live.network, (), unsettled)) if unsettled else now
    detoured = {policy.name for policy in policies.injected(plan) if policy.detour_of}
    found = []
    for name, candidates in sorted(named.items()):
        for guarded in _by_head_end(plan, live, name, candidates):
            way = now(guarded)
            if not way.gone and detour_name(guarded) in detoured:
                way = before(guarded)  # routers need a moment for their routes
            found.append(Guard(guarded, way, _why_idle(live, plan, guarded)))
    return found


def _ways(plan: Plan, network: Network) -> Callable[[Guarded], Way]:
    return partial(way_of, Routing(network), waypoints_of(plan, network))


def detours(plan: Plan, found: Iterable[Guard]) -> list[PolicyChange]:
    """What the injector is to announce for them, until their own ways are there again."""
    wanted = [guard for guard in found if guard.detoured]
    if not wanted:
        return []
    taken = {policy.key for policy in policies.injected(plan) if not policy.of_engine}
    return [_detour(plan, guard, taken) for guard in wanted]


def _by_head_end(
    plan: Plan, live: Live, name: str, candidates: list[Candidate]
) -> Iterator[Guarded]:
    endpoint = plan.owner(candidates[0].endpoint)
    if endpoint is None:
        return
    for node in plan.cluster:
        mine = [c for c in candidates if not c.head_ends or node.name in c.head_ends]
        if mine and node.name != endpoint and node.name in live.network.nodes:
            received = live.received.get(node.name, {})
            valid = [candidate for candidate in mine if candidate.key in received]
            best = sorted(valid or mine, key=lambda c: (-c.preference, -c.distinguisher))
            yield Guarded(name, node.name, endpoint, best[0].family or 0, tuple(best))


def _why_idle(live: Live, plan: Plan, guarded: Guarded) -> str:
    """Where its head end does not use it: a detour would come before what it uses."""
    status = live.statuses.get(guarded.head_end)
    if status is None:
        return ""
    if status.te_mode == CONFIGMAP:
        return "policies by BGP do not count in TE mode configmap; `testbed mode bgp`"
    used = status.chosen_policy(str(plan.address_v6(guarded.endpoint)), guarded.family)
    if used is None or used.source not in (BGP, CONFIGMAP):
        return ""
    own = {candidate.key for candidate in guarded.candidates}
    color = guarded.candidates[0].color
    if SRPolicy(used.distinguisher, used.color, guarded.candidates[0].endpoint) in own:
        return ""
    if used.distinguisher >= FIRST and used.color == color:
        return ""
    return f"{guarded.head_end} uses another policy, of colour {used.color}"


def _detour(plan: Plan, guard: Guard, taken: set[SRPolicy]) -> PolicyChange:
    one, best = guard.guarded, guard.guarded.candidates[0]
    candidate = replace(
        best,
        segment_lists=guard.way.lists,
        distinguisher=_distinguisher(plan, one, best, taken),
        priority=None,
        head_ends=(one.head_end,),
        specified_sid_only=False,
    )
    name, source = detour_name(one), f"policy {one.policy}"
    return PolicyChange(candidate.key, candidate, source, Lines(1, 1), name, detour_of=one.policy)


def detour_name(one: Guarded) -> str:
    """What it is called beside people's policies."""
    return f"{one.policy}.detour.{one.head_end}"


def _distinguisher(plan: Plan, one: Guarded, best: Candidate, taken: set[SRPolicy]) -> int:
    """Of one colour and endpoint, another one for each head end and family, and for no other's."""
    place = [node.name for node in plan.cluster].index(one.head_end)
    numbers = count(FIRST + place * 2 + (one.family == 6), 2 * len(plan.cluster))
    return next(n for n in numbers if SRPolicy(n, best.color, best.endpoint) not in taken)


def tell(plan: Plan, found: Iterable[Guard]) -> None:
    """Have `status` say what is not as people wrote it."""
    file = store.directory(plan) / _SAID
    problems = [guard.problem for guard in found if guard.problem]
    if problems or file.exists():
        write_json(file, problems, mode=0o600)


def told(plan: Plan) -> list[str]:
    """What the engine has said last of the protected policies that there are."""
    if not plan.injectors:
        return []
    try:
        problems: list[str] = json.loads((store.directory(plan) / _SAID).read_text())
    except (OSError, ValueError):
        return []
    return problems if protected.names(policies.store(plan)) else []
