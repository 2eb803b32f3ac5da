"""TE from outside the nodes: SR Policies at the injector, ConfigMaps in the API directory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from testbed.agent.model import selector
from testbed.errors import TestbedError
from testbed.host.files import write_json
from testbed.kube.documents import KubeObject
from testbed.lab.access.inside import unknown
from testbed.orchestrators.api import Api
from testbed.paths import NODES
from testbed.plan.model import Plan
from testbed.render import cluster as render
from testbed.srpolicy.bgp.codec import encode_attributes, encode_nlri
from testbed.srpolicy.files.change import PolicyChange
from testbed.srpolicy.model import SRPolicy


def store(plan: Plan) -> Path:
    """Directory of the desired policies of the lab's injector. Raises TestbedError."""
    if not plan.injectors:
        raise TestbedError(
            f"topology {plan.topology!r} has no injector", fix="addInjector() in the topology"
        )
    return NODES / plan.injectors[0].name / "policies"


def inject(plan: Plan, changes: Iterable[PolicyChange]) -> None:
    """Announce or withdraw SR Policies over BGP; all are encoded before any is sent."""
    directory = store(plan)
    encoded = [
        (change, None if change.withdraw else _announcement(plan, change)) for change in changes
    ]
    for change, announcement in encoded:
        file = directory / f"{file_name(change.policy)}.json"
        if announcement is None:
            file.unlink(missing_ok=True)
        else:
            write_json(file, announcement)


def left_out(there: Iterable[InjectedPolicy], changes: Sequence[PolicyChange]) -> list[SRPolicy]:
    """What an edited file no longer has: injected under one of its names, and not in it."""
    names = {change.name for change in changes if not change.withdraw}
    kept = {change.policy for change in changes}
    return [p.key for p in there if p.name in names and p.key not in kept]


def withdraw(plan: Plan, policies: Iterable[SRPolicy]) -> None:
    """Take policies back: a true BGP withdraw."""
    for policy in policies:
        (store(plan) / f"{file_name(policy)}.json").unlink(missing_ok=True)


@dataclass(frozen=True)
class InjectedPolicy:
    """A policy that the injector is to announce: its name, its key, where it came from."""

    name: str
    distinguisher: int
    color: int
    endpoint: str
    source: str
    head_ends: tuple[str, ...] = ()

    @property
    def key(self) -> SRPolicy:
        """Its NLRI."""
        return SRPolicy(self.distinguisher, self.color, IPv6Address(self.endpoint))


def injected(plan: Plan) -> list[InjectedPolicy]:
    """What the injector is to announce."""
    if not plan.injectors:
        return []
    return [_read_policy(file) for file in sorted(store(plan).glob("*.json"))]


def select(plan: Plan, names: Sequence[str], every: bool) -> list[InjectedPolicy]:
    """The injected policies of these names, or all. Raises TestbedError for one that is not."""
    there = injected(plan)
    known = sorted({policy.name for policy in there})
    if not names and not every:
        now = f"injected are: {', '.join(known)}" if known else "nothing is injected"
        raise TestbedError("name policies, or give --all", fix=now)
    for wanted in names:
        if wanted not in known:
            raise unknown("injected policy", wanted, known)
    return [policy for policy in there if every or policy.name in names]


def _read_policy(file: Path) -> InjectedPolicy:
    try:
        about = json.loads(file.read_text())["about"]
        return InjectedPolicy(**{**about, "head_ends": tuple(about["head_ends"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TestbedError(
            "a file of an injected policy cannot be read",
            where=str(file),
            why=str(error),
            fix=f"testbed exec {file.parts[-3]} rm {file}, then apply the policy again",
        ) from None


def file_name(policy: SRPolicy) -> str:
    """One file per NLRI, so that the same key always replaces."""
    return f"{policy.distinguisher}.{policy.color}.{int(policy.endpoint):032x}"


def _announcement(plan: Plan, change: PolicyChange) -> dict[str, object]:
    assert change.candidate is not None
    next_hop = change.next_hop or plan.address_v6(plan.injectors[0].name)
    nlri = encode_nlri(change.policy)
    attrs = encode_attributes(change.candidate, next_hop, route_targets(plan, change))
    key = change.policy
    return {
        "about": asdict(
            InjectedPolicy(
                change.name,
                key.distinguisher,
                key.color,
                str(key.endpoint),
                change.source,
                tuple(change.candidate.head_ends),
            )
        ),
        "paths": [{"nlri": nlri.hex(), "attrs": attrs.hex()}],
    }


def route_targets(plan: Plan, change: PolicyChange) -> list[IPv4Address]:
    """One route target per head end meant, `node address : 0`; none means every head end."""
    assert change.candidate is not None
    targets = []
    for name in change.candidate.head_ends:
        address = plan.address_v4(name) if name in plan.by_name else None
        if address is None:
            raise TestbedError(
                f"head end {name!r} has no IPv4 address for its route target",
                where=change.where,
                fix="name a cluster node of this lab",
            )
        targets.append(address)
    return targets


def selected_by(plan: Plan, api: Api) -> Callable[[str], list[str]]:
    """Of a node selector: the nodes of the API that it selects now, as the agents read it."""

    def selected(text: str) -> list[str]:
        matches = selector.parse(text)
        wanted = [(n.name, render.node_object(plan, n)) for n in plan.cluster]
        found = [(name, document) for name, w in wanted if (document := api.get(w))]
        return [name for name, d in found if matches(d["metadata"].get("labels") or {})]

    return selected


def apply_objects(api: Api, documents: Iterable[KubeObject]) -> list[str]:
    """Put objects into the lab's API; `kind/name` of each."""
    applied = []
    for document in documents:
        api.apply(document)
        applied.append(_kind_and_name(document))
    return applied


def delete_objects(api: Api, documents: Iterable[KubeObject]) -> list[str]:
    """Remove objects from the lab's API; `kind/name` of each that was there."""
    return [_kind_and_name(document) for document in documents if api.delete(document)]


def _kind_and_name(document: KubeObject) -> str:
    return f"{str(document['kind']).lower()}/{document['metadata']['name']}"
