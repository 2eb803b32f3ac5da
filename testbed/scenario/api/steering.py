"""`testbed.te`: SR Policies by BGP and by ConfigMap, and what the head ends make of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from functools import partial
from ipaddress import IPv6Address
from pathlib import Path

from testbed.agent.contract import BGP, PolicyStatus
from testbed.engine.decide.policies import segment_names
from testbed.errors import CheckFailed
from testbed.lab import objects, policies
from testbed.lab.te import engine, store
from testbed.lab.te.follow import TAKEN_UP
from testbed.lab.te.held import held
from testbed.lab.te.listing import IntentRow, intent_rows
from testbed.lab.te.loads import LinkLoads, link_loads
from testbed.lab.te.what_if import Question, WhatIf, what_if
from testbed.orchestrators import agents
from testbed.providers.namespaces.services import log_file
from testbed.scenario.api.context import Context
from testbed.scenario.api.manifests import Object
from testbed.scenario.api.programs import Programs
from testbed.srpolicy.files.change import PolicyChange
from testbed.srpolicy.model import SRPolicy
from testbed.te.load import load_configmaps, load_policy_file

PATIENCE = 30.0  # seconds until a head end has a policy


class Steering:
    """Traffic engineering in the lab; all of it is taken back when the scenario ends."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def inject(
        self, file: str | Path, force: bool = False, patience: float = PATIENCE
    ) -> list[PolicyChange]:
        """Announce the SR Policies of a file over BGP (a name means scenarios/policies/).

        Returns when the head ends have them, also where they replace others of the same key; each
        has `patience` seconds for that.
        """
        plan = self._context.plan
        changes, _ = load_policy_file(plan, self._find(file), force, policies.bindable(plan))
        self._context.undo.callback(self.withdraw, changes)
        policies.inject(self._context.plan, changes)
        for change in changes:
            self._wait_announced(change, patience)
        return changes

    def chosen_count(self, source: str) -> dict[str, int]:
        """How many policies of this source each head end has chosen."""
        names = [node.name for node in self._context.present_nodes()]
        return {name: self._count_chosen(name, source) for name in names}

    def _count_chosen(self, node: str, source: str) -> int:
        found = self._context.status(node).policies
        return sum(policy.chosen and policy.source == source for policy in found)

    def inject_many(self, file: str | Path) -> list[PolicyChange]:
        """As inject(), of very many policies that name their head ends.

        Returns when each head end has chosen as many of BGP as the file has for it.
        """
        changes, _ = load_policy_file(self._context.plan, self._find(file))
        self._context.undo.callback(self.withdraw_many, changes)
        policies.inject(self._context.plan, changes)
        candidates = (change.candidate for change in changes if change.candidate)
        wanted = Counter(name for candidate in candidates for name in candidate.head_ends)
        what = f"{len(changes)} policies of BGP to be chosen"
        self._context.wait_on_each_node(what, partial(self._count_chosen, source=BGP), wanted)
        return changes

    def withdraw_many(self, changes: list[PolicyChange]) -> None:
        """Take them back; returns when no head end has any of them."""
        policies.withdraw(self._context.plan, [c.policy for c in changes])
        keys = {(c.policy.distinguisher, c.policy.color, str(c.policy.endpoint)) for c in changes}

        def count_left(node: str) -> int:
            found = self._context.status(node).policies
            return sum((p.distinguisher, p.color, p.endpoint) in keys for p in found)

        none = {node.name: 0 for node in self._context.present_nodes()}
        what = f"{len(changes)} policies to be gone"
        self._context.wait_on_each_node(what, count_left, none)

    def _find(self, file: str | Path) -> Path:
        path = Path(file)
        return path if path.is_absolute() or path.exists() else self._context.policies / path

    def withdraw(self, changes: list[PolicyChange]) -> None:
        """Take the policies back; returns when no head end has them any more."""
        policies.withdraw(self._context.plan, [c.policy for c in changes])
        for change in changes:
            self.wait_policy(change.policy, present=False)

    def apply_intents(self, file: Path) -> None:
        """Give the TE engine a file's intents; returns when the head ends have the policies.

        The first ones wait for links that the engine does not use yet: a scenario before may
        have cut them.
        """
        plan = self._context.plan
        before = set(store.read(plan).names)
        if not before:
            self._context.wait_for(
                "the engine to use all links that are up",
                lambda: (None if (unused := held(plan)) else True, f"not yet: {unused}"),
                PATIENCE,
            )
        found, _ = engine.apply(plan, file.read_text(), file.name)
        new = [name for name in found.kept.names if name not in before]
        if new:
            self._context.undo.callback(self._delete_left, new)
        for change in found.changes:
            self._wait_announced(change, PATIENCE)

    def _delete_left(self, names: Sequence[str]) -> None:
        kept = store.read(self._context.plan).names
        self.delete_intents([name for name in names if name in kept])

    def intents(self) -> list[IntentRow]:
        """What the TE engine would decide now, pair by pair."""
        plan = self._context.plan
        return intent_rows(engine.planned(plan, store.read(plan)))

    def announced(self) -> dict[str, object]:
        """What the injector is to announce, policy by policy."""
        return {str(key): dict(a) for key, a in policies.announced(self._context.plan).items()}

    @property
    def engine(self) -> str:
        """The program that plans intents."""
        return f"{self._context.plan.injectors[0].name}.te"

    def kill_engine(self) -> None:
        """kill -9 of the TE engine; returns when its successor has planned all intents."""
        log = log_file(self.engine)
        before = log.read_text().count(TAKEN_UP)
        Programs(self._context).kill(self.engine)
        self._context.wait(
            "the new engine to have planned", lambda: log.read_text().count(TAKEN_UP) > before
        )

    def loads(self) -> LinkLoads:
        """What the intents with a bandwidth put on links. Raises CheckFailed if there are none."""
        plan = self._context.plan
        found = link_loads(engine.planned(plan, store.read(plan)).decision)
        if found is None:
            raise CheckFailed("no intent with a bandwidth is carried")
        return found

    def in_use(self, head_end: str, endpoint: str, family: int) -> tuple[str, ...] | None:
        """Names of the waypoints of the list that an intent gave a head end; None: best effort."""
        chosen = self.chosen(head_end, endpoint, family)
        return self._waypoints(chosen) if chosen.source == BGP else None

    def candidates(
        self, head_end: str, endpoint: str, family: int
    ) -> list[tuple[int, tuple[str, ...]]]:
        """Preferences and waypoints of what came by BGP, what is in use first."""
        address = str(self._context.plan.address_v6(endpoint))
        found = [
            policy
            for policy in self._context.status(head_end).policies
            if (policy.endpoint, policy.family, policy.source) == (address, family, BGP)
        ]
        found.sort(key=lambda policy: (not policy.chosen, -policy.preference))
        return [(policy.preference, self._waypoints(policy)) for policy in found]

    def _waypoints(self, policy: PolicyStatus) -> tuple[str, ...]:
        """Of its one segment list."""
        names = segment_names(self._context.plan)
        sids = [sid for one in policy.segment_lists for sid in one.segments[:-1]]
        return tuple(names.get(IPv6Address(sid), sid) for sid in sids)

    def delete_intents(self, names: Sequence[str]) -> None:
        """Take the TE engine these intents; their policies are withdrawn."""
        engine.delete(self._context.plan, names)

    def what_if(self, down: Sequence[str]) -> WhatIf:
        """What would become of the intents with these nodes or links down."""
        plan = self._context.plan
        kept = store.read(plan)
        return what_if(plan, kept, kept, Question(down))

    def apply(self, file: str | Path) -> list[Object]:
        """Apply TE ConfigMaps."""
        beside = objects.te_configs_in(self._context.api)
        documents, _ = load_configmaps(self._context.plan, self._find(file), beside=beside)
        objects.apply_objects(self._context.api, documents)
        self._context.undo.callback(self.unapply, documents)
        return documents

    def unapply(self, documents: list[Object]) -> None:
        """Delete TE ConfigMaps."""
        objects.delete_objects(self._context.api, documents)

    def mode(self, mode: str) -> None:
        """Switch the TE source of every node: bgp or configmap."""
        self._context.undo.callback(self._write_mode, self._context.plan.te_mode)
        self._write_mode(mode)

    def _write_mode(self, mode: str) -> None:
        agents.write_te_mode(mode, self._context.api)
        self._context.wait(
            f"TE mode {mode} everywhere",
            lambda: all(
                self._context.status(n.name).te_mode == mode for n in self._context.present_nodes()
            ),
        )

    def chosen(self, head_end: str, endpoint: str, family: int) -> PolicyStatus:
        """The policy that a head end uses towards a node; its source is "none" if there is none."""
        address = str(self._context.plan.address_v6(endpoint))
        found = self._context.status(head_end).chosen_policy(address, family)
        return found or PolicyStatus.none(address)

    def first_segment(self, head_end: str, endpoint: str, family: int) -> str | None:
        """The first segment in use towards a node."""
        lists = self.chosen(head_end, endpoint, family).segment_lists
        return lists[0].segments[0] if lists else None

    def wait_chosen(self, head_end: str, endpoint: str, family: int, source: str) -> None:
        """Wait until a head end uses a policy of this source (best-effort, bgp, configmap)."""
        self._context.wait(
            f"{head_end} to use {source} towards {endpoint} for IPv{family}",
            lambda: self.chosen(head_end, endpoint, family).source == source,
            lambda: json.dumps(self.chosen(head_end, endpoint, family).to_json()),
        )

    def _wait_announced(self, change: PolicyChange, patience: float) -> None:
        if not change.withdraw and change.candidate is not None:
            lists = sorted([str(s.sid) for s in x.segments] for x in change.candidate.segment_lists)
            self.wait_policy(change.policy, True, change.candidate.head_ends, lists, patience)

    def wait_policy(
        self,
        policy: SRPolicy,
        present: bool,
        head_ends: tuple[str, ...] = (),
        lists: list[list[str]] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """Wait until the head ends (default: all but the endpoint) have the policy, or not.

        With `lists`, until a valid one has just these segment lists.
        """
        owner = self._context.plan.owner(policy.endpoint)
        names = head_ends or tuple(n.name for n in self._context.present_nodes() if n.name != owner)
        self._context.wait(
            f"{policy} to be {'present' if present else 'gone'} at {', '.join(names)}",
            lambda: all(self._has_policy(name, policy, lists) is present for name in names),
            timeout=patience,
        )

    def _has_policy(self, head_end: str, policy: SRPolicy, lists: list[list[str]] | None) -> bool:
        wanted = (policy.distinguisher, policy.color, str(policy.endpoint))
        return any(
            (p.distinguisher, p.color, p.endpoint) == wanted
            and p.source == BGP
            and (lists is None or not p.valid or _segment_lists(p) == lists)
            for p in self._context.status(head_end).policies
        )


def _segment_lists(policy: PolicyStatus) -> list[list[str]]:
    return sorted(list(found.segments) for found in policy.segment_lists)
