"""Checks SR Policies and TE ConfigMaps against a plan before anything is applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from testbed.plan.model import LocalSids, Plan
from testbed.srpolicy.files.change import PolicyChange
from testbed.srpolicy.files.configmap import NodeConfig
from testbed.srpolicy.model import Candidate
from testbed.srpolicy.validity import structure
from testbed.te.lint import binding_sids, protection, segments, stitching
from testbed.te.lint import local_sids as lint_localsids
from testbed.te.lint.findings import Finding
from testbed.te.lint.nodes import unknown_node
from testbed.te.lint.subject import Subject, from_changes, from_configs
from testbed.te.owners import SIDS, Kind, Owners


def lint_policies(
    plan: Plan,
    changes: Iterable[PolicyChange],
    local_sids: Mapping[str, LocalSids] | None = None,
    beside: Iterable[PolicyChange] = (),
) -> list[Finding]:
    """Findings on SR Policies for BGP, in file order. `local_sids`: as the lab has them now.

    `beside`: policies of the lab, which stay; they may be entered by their binding SIDs.
    """
    changes = list(changes)
    policies = bindable(changes, beside)
    subjects = from_changes(changes)
    return in_file_order(
        _lint_subjects(plan, subjects, Owners(plan, local_sids, policies), policies)
    )


def bindable(
    changes: Iterable[PolicyChange], beside: Iterable[PolicyChange] = ()
) -> list[Candidate]:
    """The candidates that will be there: those of the file, and others that it does not replace."""
    new = [change for change in changes if change.candidate is not None and not change.withdraw]
    keys, names = {change.policy for change in new}, {change.name for change in new}
    stay = [b for b in beside if b.policy not in keys and b.name not in names]
    return [change.candidate for change in (*new, *stay) if change.candidate is not None]


def lint_configmaps(
    plan: Plan,
    configs: Sequence[NodeConfig],
    local_sids: Mapping[str, LocalSids] | None = None,
    beside: Iterable[NodeConfig] = (),
) -> list[Finding]:
    """Findings on TE ConfigMaps; their own local SIDs count for their policies.

    `beside`: the lab's ConfigMaps.
    """
    named = {config.node for config in configs}
    stay = [config for config in beside if config.node not in named]
    policies = [candidate for config in (*configs, *stay) for candidate in config.candidates]
    owners = Owners(plan, local_sids)
    findings = [f for config in configs for f in lint_localsids.check(owners, config)]
    merged = lint_localsids.merged(owners, configs)
    subjects = from_configs(configs)
    findings += _lint_subjects(plan, subjects, Owners(plan, merged, policies), policies)
    for config in configs:
        if config.node not in {n.name for n in plan.cluster}:
            findings.append(unknown_node(plan, config.node, f"{config.source}:{config.line}"))
    return in_file_order(findings)


def _lint_subjects(
    plan: Plan, subjects: Sequence[Subject], owners: Owners, policies: Sequence[Candidate]
) -> list[Finding]:
    findings: list[Finding] = []
    for subject in subjects:
        findings += _check_structure(subject)
        findings += _check_colour(subject)
        findings += _check_head_ends(plan, subject)
        findings += _check_endpoint(owners, subject)
        findings += _check_family(plan, subject)
        findings += _check_flags(plan, subject)
        findings += segments.check(owners, subject)
        findings += stitching.check(owners, subject)
        findings += protection.check(owners, subject)
    findings += binding_sids.check(owners, subjects, policies)
    return findings


def _check_colour(subject: Subject) -> Iterator[Finding]:
    """RFC 9256 §2.1: a colour is not zero. ConfigMaps have none."""
    if subject.candidate.color == 0 and not subject.from_configmap:
        yield Finding(
            "error", subject.where, "colour 0 names no policy (RFC 9256)", "use 1 or more"
        )


def _check_structure(subject: Subject) -> Iterator[Finding]:
    for fault in structure(subject.candidate):
        fix = None
        if "must be 18" in fault:
            fix = "add behavior: 18 (End.DT6) or 19 (End.DT4) to the last segment"
        elif "Specified-BSID-Only" in fault:
            fix = "add bindingSid, or leave specifiedBindingSidOnly out"
        yield Finding("error", subject.where, fault, fix)


def _check_head_ends(plan: Plan, subject: Subject) -> Iterator[Finding]:
    candidate = subject.candidate
    cluster = {n.name for n in plan.cluster}
    for name in candidate.head_ends:
        if name not in cluster:
            if not subject.from_configmap:
                yield unknown_node(plan, name, subject.where)
        elif plan.address_v6(name) == candidate.endpoint:
            yield Finding(
                "error",
                subject.endpoint_at,
                f"head end {name} is the endpoint: a node needs no tunnel to itself",
                "name the node that the traffic goes to",
            )


def _check_family(plan: Plan, subject: Subject) -> Iterator[Finding]:
    """A policy steers pods' traffic, so there have to be pods of its family."""
    pools = {4: plan.pools.pods_v4, 6: plan.pools.pods_v6}
    family = subject.candidate.family
    if family in pools and pools[family] is None:
        others = [f"IPv{other}" for other, pool in pools.items() if pool]
        yield Finding(
            "error",
            subject.where,
            f"the policy steers IPv{family}, but {plan.topology} has no IPv{family} pods",
            f"let it steer {others[0]}" if others else None,
        )


def _check_flags(plan: Plan, subject: Subject) -> Iterator[Finding]:
    """What the testbed's agents do, and nothing is known of others."""
    flags = {
        "specifiedBindingSidOnly": subject.candidate.specified_sid_only,
        "dropUponInvalid": subject.candidate.drop_upon_invalid,
    }
    for field, is_set in flags.items():
        if is_set and not plan.overlay_traits.agents:
            yield Finding(
                "error",
                subject.where,
                f"{plan.overlay_traits.title} is not known to do {field}",
                f"leave {field} out, or use a lab with overlay agent",
            )


def _check_endpoint(owners: Owners, subject: Subject) -> Iterator[Finding]:
    endpoint = subject.candidate.endpoint
    node = owners.endpoint(endpoint)
    if node is None:
        owned = owners.get(endpoint)
        what = f"no node has the endpoint address {endpoint}"
        if owned is not None:
            what = f"endpoint {endpoint} is {_add_possessive(owned.node)} {_name_kind(owned.kind)}"
            what += ", not the address of a cluster node"
        known = ", ".join(str(x) for x in owners.of_kind(Kind.NODE))
        fix = owners.closest(endpoint, Kind.NODE) or f"the cluster nodes are {known or 'none'}"
        if owned is not None and owned.node in owners.local_sids:
            fix = f"did you mean {owners.plan.address_v6(owned.node)} ({owned.node})?"
        yield Finding("error", subject.endpoint_at, what, fix)
    elif node.cluster and node.cluster.joins_later:
        what = f"endpoint {endpoint} is {node.name}, which joins later"
        yield Finding("warning", subject.endpoint_at, f"{what}: invalid until then")


def _add_possessive(name: str) -> str:
    return f"{name}'s"


def _name_kind(kind: Kind) -> str:
    if kind in SIDS:
        return f"{kind.value} SID"
    return "loopback" if kind is Kind.END else "interface"


def in_file_order(findings: Iterable[Finding]) -> list[Finding]:
    """The findings sorted by file and line, without duplicates."""

    def place(finding: Finding) -> tuple[str, int]:
        source, _, line = finding.where.rpartition(":")
        return source, int(line) if line.isdigit() else 0

    return sorted(dict.fromkeys(findings), key=place)
