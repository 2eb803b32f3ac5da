"""The engine's policies at the injector: what would change, and changing it.

A policy keeps its NLRI for as long as its intent lives, so that a new path replaces the old one
in place; and what is new is announced before anything is withdrawn.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Literal, cast

from testbed.engine.decide.placing import Standing
from testbed.engine.decide.policies import segment_names
from testbed.errors import TestbedError
from testbed.host.files import write_json
from testbed.json_types import JsonObject
from testbed.lab import policies
from testbed.lab.policies import InjectedPolicy
from testbed.plan.identifiers import bgp_identifiers
from testbed.plan.model import Plan
from testbed.srpolicy.bgp.codec import CodecError, decode
from testbed.srpolicy.files.change import PolicyChange
from testbed.srpolicy.model import SRPolicy

What = Literal["added", "changed", "removed", "unchanged"]


@dataclass(frozen=True)
class Step:
    """What becomes of one policy; its segment lists before and after, as SIDs.

    It is of an intent, or the detour of a policy of people.
    """

    policy: str
    intent: str
    what: What
    was: tuple[str, ...]
    becomes: tuple[str, ...]
    detour_of: str = ""


@dataclass(frozen=True)
class Delivery:
    """All steps, and what is to be written and removed for them."""

    steps: tuple[Step, ...]
    announcements: dict[SRPolicy, JsonObject]
    removed: tuple[SRPolicy, ...]

    @property
    def changes(self) -> bool:
        """Is there anything to do?"""
        return any(step.what != "unchanged" for step in self.steps)


def delivery(plan: Plan, changes: Sequence[PolicyChange]) -> Delivery:
    """What it takes to have just these of the engine. Raises TestbedError where people's clash."""
    there = policies.injected(plan)
    _refuse_clashes(changes, [policy for policy in there if not policy.of_engine])
    own = {policy.key: policy for policy in there if policy.of_engine}
    announced, identifiers = policies.announced(plan), bgp_identifiers(plan)
    wanted = {c.policy: policies.announcement(plan, c, identifiers, owner_of(c)) for c in changes}
    steps = [_step(c, announced.get(c.policy), wanted[c.policy]) for c in changes]
    # what another process has withdrawn since the first reading is gone already
    gone = [policy for key, policy in own.items() if key not in wanted and key in announced]
    steps += [
        Step(p.name, p.owner, "removed", _lists(announced[p.key]), (), p.detour_of) for p in gone
    ]
    new = {key: value for key, value in wanted.items() if announced.get(key) != _as_read(value)}
    return Delivery(tuple(steps), new, tuple(policy.key for policy in gone))


def standing(plan: Plan) -> Standing:
    """The lists that are announced for intents now, by names of their waypoints."""
    names, announced = segment_names(plan), policies.announced(plan)
    found: dict[tuple[str, str, str, int], tuple[str, ...]] = {}
    for policy in policies.injected(plan):
        words = policy.name.split(".")
        # those that stand by have a fifth word; a new one may have come between the two readings
        if policy.owner and len(words) == 4 and policy.key in announced:
            sids = _lists(announced[policy.key])[:-1]
            intent, head_end, endpoint, family = words
            waypoints = tuple(names.get(IPv6Address(sid), sid) for sid in sids)
            found[intent, head_end, endpoint, int(family.removeprefix("v"))] = waypoints
    return found


def deliver(plan: Plan, what: Delivery) -> None:
    """Make before break."""
    directory = policies.store(plan)
    for key, announcement in what.announcements.items():
        write_json(directory / f"{policies.file_name(key)}.json", announcement)
    policies.remove(plan, what.removed)


def owner_of(change: PolicyChange) -> str:
    """The intent that a policy of the engine is of; empty of a detour."""
    if change.detour_of:
        return ""
    return change.name.partition(".")[0]  # names of intents have no dot


def _step(change: PolicyChange, was: JsonObject | None, becomes: JsonObject) -> Step:
    known = _lists(was) if was else ()
    what: What = "added" if was is None else "changed"
    if was == _as_read(becomes):
        what = "unchanged"
    return Step(change.name, owner_of(change), what, known, _lists(becomes), change.detour_of)


def _as_read(announcement: JsonObject) -> JsonObject:
    found: JsonObject = json.loads(json.dumps(announcement))
    return found


def _lists(announcement: JsonObject) -> tuple[str, ...]:
    """The SIDs of its one segment list; none if it cannot be read."""
    try:
        path = cast("list[dict[str, str]]", announcement["paths"])[0]
        candidate = decode(bytes.fromhex(path["nlri"]), bytes.fromhex(path["attrs"])).candidate
    except (CodecError, KeyError, IndexError, TypeError, ValueError):
        return ()
    return tuple(str(sid) for one in candidate.segment_lists for sid in one.sids)


def _refuse_clashes(changes: Iterable[PolicyChange], people: Sequence[InjectedPolicy]) -> None:
    """Of policies for one pair and family only one counts; people's are not touched."""
    for change in changes:
        for policy in people if not change.detour_of else ():
            if policies.clash(change, policy):
                assert change.candidate is not None
                head_end, family = change.candidate.head_ends[0], change.candidate.family
                raise TestbedError(
                    f"intent {owner_of(change)}: the policy {policy.name} steers IPv{family} "
                    f"traffic of {head_end} to {change.policy.endpoint} already",
                    why=f"it is of {policy.source}; of two policies only one would count",
                    fix=f"testbed policy delete {policy.name}; or leave the pair out of the intent",
                )
