"""Finds what an intent asks for and rules out at once."""

from __future__ import annotations

from collections.abc import Iterator

from testbed.engine.intents.model import Intent
from testbed.engine.intents.names import Names
from testbed.engine.intents.read import Written
from testbed.plan.model import Link
from testbed.te.lint.findings import Finding

KINDS = ("nodes", "links", "affinity", "srlg")


def check(names: Names, written: Written) -> Iterator[Finding]:
    """Contradictions within one intent."""
    intent = written.intent
    yield from _both(written)
    yield from _avoided_ends(names, written)
    for word in sorted(intent.require.links & names.links.keys()):
        why = _ruled_out(intent, names.links[word])
        if why:
            where = written.at("spec", "require", "links")
            yield Finding(
                "error", where, f"it requires the link {word}, {why}", "drop one of the two"
            )


def _both(written: Written) -> Iterator[Finding]:
    intent = written.intent
    for kind in KINDS:
        avoided: frozenset[str] = getattr(intent.avoid, kind)
        required: frozenset[str] = getattr(intent.require, kind)
        for word in sorted(avoided & required):
            where = written.at("spec", "require", kind)
            what = f"{kind}: {word} is to be avoided, and required"
            yield Finding("error", where, what, "drop one of the two")


def _avoided_ends(names: Names, written: Written) -> Iterator[Finding]:
    """Nodes and links to be avoided without which an end is not reached."""
    intent = written.intent
    avoided = {names.links[x] for x in intent.avoid.links if x in names.links}
    if not avoided and not intent.avoid.nodes:
        return
    ends = list(dict.fromkeys(end for pair in intent.pairs(names.ends) for end in pair))
    for end in ends:
        link = names.plan.uplink(end) if names.plan.links_of(end) else None
        router = link.peer(end).node if link else ""
        for word in (end, router):
            if word in intent.avoid.nodes:
                where = written.at("spec", "avoid", "nodes")
                every = "is an end of it" if word == end else f"is {end}'s only router"
                yield Finding(
                    "error", where, f"{word} is to be avoided, and {every}", f"keep {word}"
                )
        if link in avoided:
            where = written.at("spec", "avoid", "links")
            what = f"{link.a.interface} is to be avoided, and is {end}'s only link"
            yield Finding("error", where, what, f"keep {link.a.interface}")


def _ruled_out(intent: Intent, link: Link) -> str:
    """Why a link cannot be on a path of the intent; empty if it can."""
    ends = sorted({link.a.node, link.b.node} & intent.avoid.nodes)
    if ends:
        return f"and avoids its end {ends[0]}"
    for words, own, what in (
        (intent.avoid, link.te.affinity, "affinity"),
        (intent.avoid, link.te.srlg, "srlg"),
    ):
        shared = sorted(getattr(words, what) & set(own))
        if shared:
            return f"and avoids its {what} {shared[0]}"
    lacking = sorted(intent.require.affinity - set(link.te.affinity))
    if lacking:
        return f"which lacks the affinity {lacking[0]} that it requires"
    missing = sorted(intent.require.srlg - set(link.te.srlg))
    return f"which is not in the srlg {missing[0]} that it requires" if missing else ""
