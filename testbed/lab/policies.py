"""SR Policies at the injector: announced, withdrawn, and what is there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.files import write_json
from testbed.json_types import JsonObject, get_objects, get_text
from testbed.lab import protected as protection
from testbed.lab.access.inside import unknown
from testbed.paths import NODES
from testbed.plan.identifiers import bgp_identifiers
from testbed.plan.model import Plan
from testbed.srpolicy.bgp.codec import decode, encode_attributes, encode_nlri
from testbed.srpolicy.files.change import Lines, PolicyChange
from testbed.srpolicy.model import SRPolicy
from testbed.te.owners import closest_name

_OF_PEOPLE = b'"owner": ""'  # in the file of a policy that no intent has
OF_OBJECT = "an intent of the API server"  # the source of such an intent's policies
_NO_BINDING_SID = b'"binding_sid": ""'
_FEW = 20  # changes for which files are searched before they are parsed


def store(plan: Plan) -> Path:
    """Directory of the desired policies of the lab's injector. Raises TestbedError."""
    if not plan.injectors:
        raise TestbedError(
            f"topology {plan.topology!r} has no injector",
            fix="in the topology's build(), self.addLink(ROUTER, self.addInjector('gobgp')); "
            "then `testbed up --recreate`",
        )
    return NODES / plan.injectors[0].name / "policies"


def inject(plan: Plan, changes: Sequence[PolicyChange]) -> list[Outcome]:
    """Announce or withdraw SR Policies over BGP; all are encoded before any is sent.

    What a policy's new form lacks is withdrawn once the rest is announced, so that traffic never
    falls back in between.
    """
    directory, announcements = store(plan), _encode(plan, changes)
    outcomes, gone = compare(changes, _of_people(directory, changes))
    for key, announcement in announcements.items():
        write_json(directory / f"{file_name(key)}.json", announcement)
    remove(plan, [*(c.policy for c in changes if c.withdraw), *gone])
    protection.note(directory, any(change.protect for change in changes))
    return outcomes


def preview_injection(plan: Plan, changes: Sequence[PolicyChange]) -> list[Outcome]:
    """What `inject` would do, as outcomes; raises what it would raise, and writes nothing."""
    directory, announcements = store(plan), _encode(plan, changes)
    outcomes, _ = compare(changes, _of_people(directory, changes))
    as_read = {key: json.loads(json.dumps(value)) for key, value in announcements.items()}
    return mark_known(outcomes, as_read, announced(plan))


def mark_known(
    outcomes: Iterable[Outcome],
    wanted: Mapping[SRPolicy, JsonObject],
    announced: Mapping[SRPolicy, JsonObject],
) -> list[Outcome]:
    """The outcomes, with those told apart that are announced already: `changed`, `unchanged`."""

    def marked(outcome: Outcome) -> Outcome:
        was = announced.get(outcome.key)
        if outcome.what != "announced" or was is None:
            return outcome
        return replace(outcome, what="unchanged" if was == wanted[outcome.key] else "changed")

    return [marked(outcome) for outcome in outcomes]


def _encode(plan: Plan, changes: Iterable[PolicyChange]) -> dict[SRPolicy, JsonObject]:
    identifiers = bgp_identifiers(plan)
    return {c.policy: announcement(plan, c, identifiers) for c in changes if not c.withdraw}


def _of_people(directory: Path, changes: Sequence[PolicyChange]) -> list[InjectedPolicy]:
    """What people injected. Raises TestbedError if a change is about what the TE engine steers."""
    there = _concerned(directory, changes)
    for change in changes:
        for policy in there:
            if policy.owner and clash(change, policy):
                raise TestbedError(
                    f"the intent {policy.owner} steers this traffic",
                    where=change.where,
                    why=f"by its policy {policy.name}; of two policies only one would count",
                    fix=_take_back(policy),
                )
    return [policy for policy in there if not policy.of_engine]


def _take_back(policy: InjectedPolicy) -> str:
    """What ends a policy that an intent has."""
    if policy.source == OF_OBJECT:
        return f"testbed kubectl delete intent {policy.owner}"
    return f"testbed te delete {policy.owner}"


def clash(change: PolicyChange, policy: InjectedPolicy) -> bool:
    """Are the two for the same traffic of a head end, or of one NLRI?"""
    candidate = change.candidate
    if change.policy == policy.key:
        return True
    if change.withdraw or candidate is None or candidate.endpoint != policy.key.endpoint:
        return False
    alike = candidate.family is None or policy.family in (0, candidate.family)
    ends, others = set(candidate.head_ends), set(policy.head_ends)
    return alike and (not ends or not others or bool(ends & others))


def compare(
    changes: Sequence[PolicyChange], there: Iterable[InjectedPolicy]
) -> tuple[list[Outcome], list[SRPolicy]]:
    """What becomes of each change, and the policies that go because their name has a new form."""
    known = {policy.key: policy for policy in there}
    outcomes = [_describe_change(change, known.get(change.policy)) for change in changes]
    sources = {change.name: change.source for change in changes}
    gone = left_out(known.values(), changes)
    for key in gone:
        name = known[key].name
        outcomes.append(Outcome(name, "withdrawn", key, f"{sources[name]} does not have it"))
    return outcomes, gone


def _describe_change(change: PolicyChange, was: InjectedPolicy | None) -> Outcome:
    if change.withdraw and was is None:
        return Outcome(change.name, "not announced", change.policy, "nothing to withdraw")
    if change.withdraw:
        return Outcome(change.name, "withdrawn", change.policy)
    return Outcome(change.name, "announced", change.policy, _describe_replaced(change, was))


def _describe_replaced(change: PolicyChange, was: InjectedPolicy | None) -> str:
    """Empty where nothing is replaced but an earlier form of the same policy and family."""
    family = change.candidate.family if change.candidate else None
    if was is None:
        return ""
    same = (was.name, was.family, was.source) == (change.name, family or 0, change.source)
    steered = f", which steered IPv{was.family}" if was.family else ""
    return "" if same else f"replaces {was.name} of {was.source}{steered}"


def left_out(there: Iterable[InjectedPolicy], changes: Sequence[PolicyChange]) -> list[SRPolicy]:
    """What an edited file no longer has: injected under one of its names, and not in it."""
    names = {change.name for change in changes if not change.withdraw}
    kept = {change.policy for change in changes}
    return [p.key for p in there if p.name in names and p.key not in kept]


def withdraw(plan: Plan, policies: Iterable[SRPolicy]) -> None:
    """Take policies of people back: a true BGP withdraw."""
    remove(plan, policies)
    if plan.injectors:
        protection.note(store(plan))


def remove(plan: Plan, policies: Iterable[SRPolicy]) -> None:
    """Take policies back, and tell nobody else."""
    for policy in policies:
        (store(plan) / f"{file_name(policy)}.json").unlink(missing_ok=True)


@dataclass(frozen=True)
class Outcome:
    """What became of a policy, as `policy apply` says it."""

    name: str
    what: str
    key: SRPolicy
    note: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.what} {self.key}" + (f": {self.note}" if self.note else "")


@dataclass(frozen=True)
class InjectedPolicy:
    """A policy that the injector is to announce: its name, its key, where it came from.

    `family` 0: its segment lists do not say. `binding_sid`: empty if it has none. `owner`: the
    intent that the TE engine made it for; `detour_of`: the policy that it made it for; both empty:
    it is people's. `protect`: it gets a detour when it needs one.
    """

    name: str
    distinguisher: int
    color: int
    endpoint: str
    source: str
    head_ends: tuple[str, ...] = ()
    family: int = 0
    owner: str = ""
    binding_sid: str = ""
    protect: bool = False
    detour_of: str = ""

    @property
    def of_engine(self) -> bool:
        """Is it none of people?"""
        return bool(self.owner or self.detour_of)

    @property
    def key(self) -> SRPolicy:
        """Its NLRI."""
        return SRPolicy(self.distinguisher, self.color, IPv6Address(self.endpoint))


def injected(plan: Plan) -> list[InjectedPolicy]:
    """What the injector is to announce, as far as its files can be read."""
    return _readable(store(plan)) if plan.injectors else []


def bindable(plan: Plan) -> list[PolicyChange]:
    """The injected policies that have binding SIDs, as far as their files can be read."""
    files = store(plan).glob("*.json") if plan.injectors else ()
    found = []
    for file in sorted(files):
        with suppress(TestbedError, OSError, ValueError, KeyError, TypeError):
            content = file.read_bytes()
            if _NO_BINDING_SID not in content:
                found.append(_read_change(_read_policy(file), json.loads(content)))
    return found


def protected(plan: Plan) -> list[PolicyChange]:
    """The candidates of people's policies that ask for detours, as far as they can be read."""
    found = []
    for file in protection.files(store(plan)):
        with suppress(TestbedError, OSError, ValueError, KeyError, TypeError):
            found.append(_read_change(_read_policy(file), json.loads(file.read_text())))
    return found


def _read_change(policy: InjectedPolicy, content: JsonObject) -> PolicyChange:
    """The policy as if its file were applied now; which lines it had is not known."""
    path = get_objects(content, "paths")[0]
    nlri, attrs = (bytes.fromhex(get_text(path, key)) for key in ("nlri", "attrs"))
    candidate = replace(decode(nlri, attrs).candidate, head_ends=policy.head_ends)
    return PolicyChange(
        policy.key, candidate, policy.source, Lines(1, 1), policy.name, protect=policy.protect
    )


def discard_unreadable(plan: Plan) -> list[Path]:
    """Remove the files that say of no policy what it is; the injector withdraws what they were."""
    unreadable = [file for file in sorted(store(plan).glob("*.json")) if not _is_readable(file)]
    for file in unreadable:
        file.unlink(missing_ok=True)
    return unreadable


def _readable(directory: Path) -> list[InjectedPolicy]:
    """What of the directory can be read: one bad file keeps nobody from applying others."""
    found = []
    for file in sorted(directory.glob("*.json")):
        with suppress(TestbedError):
            found.append(_read_policy(file))
    return found


def _concerned(directory: Path, changes: Sequence[PolicyChange]) -> list[InjectedPolicy]:
    """Those that share a key or a name with a change, and those of intents: others may be many."""
    names = [json.dumps(change.name).encode() for change in changes]
    if len(names) > _FEW:
        return _readable(directory)
    keys = {f"{file_name(change.policy)}.json" for change in changes}
    found = []
    for file in sorted(directory.glob("*.json")):
        if file.name in keys or _matters(file, names):
            with suppress(TestbedError):
                found.append(_read_policy(file))
    return found


def _matters(file: Path, names: Sequence[bytes]) -> bool:
    try:
        content = file.read_bytes()
    except OSError:
        return True  # reading it says what is wrong
    return _OF_PEOPLE not in content or any(name in content for name in names)


def _is_readable(file: Path) -> bool:
    with suppress(TestbedError):
        return bool(_read_policy(file))
    return False


def announced(plan: Plan) -> dict[SRPolicy, JsonObject]:
    """By key, the files of those policies that can be read, and stay while they are."""
    directory = store(plan)
    found: dict[SRPolicy, JsonObject] = {}
    for policy in _readable(directory):
        with suppress(OSError, ValueError):  # another process withdraws it meanwhile
            text = (directory / f"{file_name(policy.key)}.json").read_text()
            found[policy.key] = json.loads(text)
    return found


def select(plan: Plan, names: Sequence[str], every: bool) -> list[InjectedPolicy]:
    """People's policies of these names, or all of them. Raises TestbedError for one that is not."""
    for policy in injected(plan):
        if policy.owner and policy.name in names:
            raise TestbedError(
                f"the policy {policy.name} is of the intent {policy.owner}",
                fix=_take_back(policy),
            )
        if policy.detour_of and policy.name in names:
            raise TestbedError(
                f"the policy {policy.name} is a detour of the policy {policy.detour_of}",
                why="it goes with that, or when that needs none any more",
                fix=f"testbed policy delete {policy.detour_of}",
            )
    there = [policy for policy in injected(plan) if not policy.of_engine]
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


def announcement(
    plan: Plan, change: PolicyChange, identifiers: Mapping[str, IPv4Address], owner: str = ""
) -> JsonObject:
    """What the injector's file of a policy says."""
    assert change.candidate is not None
    next_hop = change.next_hop or plan.address_v6(plan.injectors[0].name)
    nlri = encode_nlri(change.policy)
    attrs = encode_attributes(change.candidate, next_hop, route_targets(plan, change, identifiers))
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
                change.candidate.family or 0,
                owner,
                str(change.candidate.binding_sid or ""),
                change.protect,
                change.detour_of,
            )
        ),
        "paths": [{"nlri": nlri.hex(), "attrs": attrs.hex()}],
    }


def route_targets(
    plan: Plan, change: PolicyChange, identifiers: Mapping[str, IPv4Address]
) -> list[IPv4Address]:
    """One route target per head end meant, `BGP identifier : 0` (RFC 9830 §4.2.1).

    None means every head end. An IPv6-only node has an identifier too.
    """
    assert change.candidate is not None
    cluster = [node.name for node in plan.cluster]
    for name in change.candidate.head_ends:
        if name not in cluster:
            raise TestbedError(
                f"{name!r} is no head end",
                where=change.where,
                why=f"the cluster nodes are {', '.join(cluster)}" if cluster else None,
                fix=closest_name(name, cluster) or "name a cluster node of this lab",
            )
    return [identifiers[name] for name in change.candidate.head_ends]
