"""Checks intents against a plan before anything is computed; each finding at its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from testbed.engine.intents import conflicts
from testbed.engine.intents.model import Intent, is_pattern, matching
from testbed.engine.intents.names import Names
from testbed.engine.intents.read import API_SERVER, Written
from testbed.plan.model import Plan, Role
from testbed.te.lint.findings import Finding
from testbed.te.lint.policies import in_file_order

_SINGULAR = {
    "nodes": "node",
    "links": "link",
    "affinity": "affinity",
    "srlg": "shared risk link group",
}


def lint_intents(plan: Plan, intents: Sequence[Written]) -> list[Finding]:
    """Findings on the intents of a file, in file order."""
    names = Names(plan)
    findings = list(_repeated(intents))
    for written in intents:
        findings += lint_alone(names, written)
    claims = Claims(names)
    findings += [found for written in intents if (found := claims.take(written))]
    findings += _groups(names, intents)
    return in_file_order(findings)


def lint_alone(names: Names, written: Written) -> list[Finding]:
    """Findings on one intent, whatever others there are."""
    return [
        *_ends(names, written),
        *_family(names.plan, written),
        *_resources(names, written),
        *conflicts.check(names, written),
        *_limits(names.plan, written),
        *_objective(names.plan, written),
    ]


def _repeated(intents: Iterable[Written]) -> Iterator[Finding]:
    first: dict[str, Written] = {}
    for written in intents:
        name = written.intent.name
        if first.setdefault(name, written) is not written:
            line = first[name].where.rpartition(":")[2]
            what = f"two intents are called {name}: the first on line {line}"
            yield Finding("error", written.where, what, "give one another name")


def _ends(names: Names, written: Written) -> Iterator[Finding]:
    """Names that are no cluster node's, and ends between which there is no pair."""
    intent, wrong = written.intent, False
    for key, words in (("from", intent.sources), ("to", intent.targets)):
        for number, word in enumerate(words):
            if not matching((word,), names.ends):
                wrong = True
                where = written.at("spec", key, number)
                yield Finding("error", where, *_no_end(names, key, word))
    if not wrong and not any(intent.pairs(names.ends)):
        what = f"from and to are the same node, {intent.sources[0]}"
        where = written.at("spec", "to")
        others = [name for name in names.ends if name not in intent.sources]
        fix = f"name another node, e.g. {others[0]}" if others else "a plan needs two cluster nodes"
        yield Finding("error", where, what, fix)


def _no_end(names: Names, key: str, word: str) -> tuple[str, str]:
    node = names.plan.by_name.get(word)
    if node is not None and node.role is not Role.CLUSTER:
        what = f"{key} {word} is a {node.role.value}: paths of intents end at cluster nodes"
        return what, names.suggest("", names.ends)
    if is_pattern(word):
        return f"{key} {word} is no cluster node", names.suggest("", names.ends)
    return f"{key} {word} is no cluster node", names.suggest(word, names.ends)


def _family(plan: Plan, written: Written) -> Iterator[Finding]:
    """A policy steers pods' traffic, so there have to be pods of a family that is asked for."""
    where = written.at("spec", "family")
    if where == written.at("spec"):
        return  # it is not asked for: what there is is steered
    pools = {4: plan.pools.pods_v4, 6: plan.pools.pods_v6}
    others = [f"IPv{family}" for family, pool in pools.items() if pool]
    for family in written.intent.families:
        if pools[family] is None:
            what = f"{plan.topology} has no IPv{family} pods"
            yield Finding("error", where, what, f"family: {others[0]}" if others else None)


def _resources(names: Names, written: Written) -> Iterator[Finding]:
    """Names of nodes, links, affinities and groups that the plan does not have."""
    known = {
        "nodes": names.nodes,
        "links": names.links.keys(),
        "affinity": names.affinity,
        "srlg": names.srlg,
    }
    for side in ("avoid", "require"):
        resources = getattr(written.intent, side)
        for kind, among in known.items():
            for word in sorted(getattr(resources, kind) - among):
                where = written.at("spec", side, kind, *_position(written, side, kind, word))
                what = f"{side}: {_unknown(names, kind, word)}"
                yield Finding("error", where, what, names.suggest(word, among))


def _position(written: Written, side: str, kind: str, word: str) -> list[int]:
    listed = written.document.content["spec"].content[side].content[kind].content
    return [i for i, item in enumerate(listed) if str(item.content) == word][:1]


def _unknown(names: Names, kind: str, word: str) -> str:
    if kind == "nodes" and word in names.plan.by_name:
        return f"no path crosses {word}, a {names.plan.node(word).role.value}"
    return f"there is no {_SINGULAR[kind]} {word}"


def _limits(plan: Plan, written: Written) -> Iterator[Finding]:
    intent = written.intent
    if intent.max_segments is not None and intent.max_segments > plan.max_segments:
        what = (
            f"maxSegments {intent.max_segments}, the plan has max_segments {plan.max_segments}: "
            "more would not fit the pods' MTU"
        )
        where = written.at("spec", "maxSegments")
        yield Finding("error", where, what, f"maxSegments: {plan.max_segments}, or leave it out")
    if intent.encoding == "usid" and plan.encoding != "usid":
        where = written.at("spec", "encoding")
        what = f"routers have no micro SIDs (RFC 9800): {plan.topology} has encoding srh"
        fix = "leave encoding out, or give the topology encoding = 'usid'"
        yield Finding("error", where, what, fix)


def _objective(plan: Plan, written: Written) -> Iterator[Finding]:
    """What cannot tell one path from another, as no link says anything of it."""
    links = plan.links
    delays = any(x.te.delay_us is not None or x.shaping.delay for x in links)
    capacities = any(x.te.capacity is not None or x.shaping.bandwidth for x in links)
    lacking = {
        "delay": None if delays else ("delay", "te_delay"),
        "spare-bandwidth": None if capacities else ("capacity", "capacity"),
    }.get(written.intent.optimise)
    if lacking is not None:
        what = f"optimise: no link has a {lacking[0]}, so that all paths are alike"
        fix = f"give links {lacking[1]} in the topology file"
        yield Finding("warning", written.at("spec", "optimise"), what, fix)


class Claims:
    """Which intent has whose traffic, of those that were asked about, in their order."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._taken: dict[tuple[int, str, str, int], Written] = {}

    def take(self, written: Written) -> Finding | None:
        """Traffic that another intent has already which is as close to it; else take all of it."""
        keys = list(self._keys(written.intent))
        for key in keys:
            other = self._taken.get(key)
            if other is not None and other.intent.name != written.intent.name:
                return _overlap(written, other, key)
        self._taken |= {key: written for key in keys if key not in self._taken}
        return None

    def _keys(self, intent: Intent) -> Iterator[tuple[int, str, str, int]]:
        closeness = intent.closeness
        for source, target in intent.pairs(self._names.ends):
            for family in intent.families:
                yield closeness, source, target, family


def _overlap(written: Written, other: Written, key: tuple[int, str, str, int]) -> Finding:
    _, source, target, family = key
    file, _, line = other.where.rpartition(":")
    here = file == written.document.source != API_SERVER
    near = f"line {line}" if here else f"which {file} has"
    what = (
        f"IPv{family} traffic from {source} to {target} is {other.intent.name}'s already ({near})"
    )
    fix = "leave the pair out of one of them, or make them one intent"
    return Finding("error", written.where, what, fix)


def _groups(names: Names, intents: Sequence[Written]) -> Iterator[Finding]:
    """Groups of disjoint paths with a single path, or by groups of links that there are not."""
    members: dict[str, list[Written]] = {}
    for written in intents:
        if written.intent.disjoint is not None:
            members.setdefault(written.intent.disjoint.group, []).append(written)
    for group, those in members.items():
        if len(those) == 1 and _has_one_path(names, those[0].intent):
            where = those[0].at("spec", "disjoint", "group")
            what = f"nothing else is in the group {group}, from which this would be disjoint"
            yield Finding("warning", where, what, "give another intent the same group")
    for written in (written for those in members.values() for written in those):
        disjoint = written.intent.disjoint
        if disjoint and disjoint.separation == "srlg" and not names.srlg:
            where = written.at("spec", "disjoint", "from")
            what = "from srlg: no link is in a shared risk link group"
            fix = "from: link; or give links srlg in the topology file"
            yield Finding("warning", where, what, fix)


def _has_one_path(names: Names, intent: Intent) -> bool:
    pairs = intent.pairs(names.ends)
    return next(pairs, None) is not None and next(pairs, None) is None
