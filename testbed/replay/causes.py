"""The likely cause of a difference between two runs: an ordered list of rules; pure.

The first rule that applies names the cause. What a run was told to do goes before what it was done
with, and what is narrow before what is wide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from testbed.replay.areas import Area, Effect, Unlike

ALL: tuple[Effect, ...] = ("verdict", "rate", "time", "count")
_DIGEST = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")  # of a commit, or of a file
CHANCE = "nothing that is recorded differs: chance, or what is not recorded"
DISTURBED = "other load: more samples of one run are marked as disturbed"


@dataclass(frozen=True)
class Rule:
    """Where the area differs, it explains these effects; others only if nothing else does."""

    area: Area
    says: str
    explains: tuple[Effect, ...] = ALL


RULES: tuple[Rule, ...] = (
    Rule("scenario", "the scenario's file is another"),
    Rule("policy", "another policy was in place"),
    Rule("kind of lab", "the lab is of another kind"),
    Rule("topology", "the network is another"),
    Rule("options", "the run was asked for something else"),
    Rule("MTU", "packets have another size", ("rate", "verdict", "count")),
    Rule("timer profile", "the routers' timers are others", ("time", "verdict", "count")),
    Rule("CPU quota", "control groups give it other processor time"),
    Rule("sysctl", "the kernel is set in another way"),
    Rule("kernel", "the kernel is another"),
    Rule("programs", "programs have other versions"),
    Rule("testbed", "the testbed's own code is another"),
    Rule("processor", "the machine is another", ("rate", "time", "verdict")),
    Rule("distribution", "the distribution is another"),
    Rule("packages", "Python's packages are others"),
    Rule("variables", "the testbed's variables are others"),
)


@dataclass(frozen=True)
class Cause:
    """`area` is None if no condition explains it; `others` are areas that differ as well."""

    area: Area | None
    says: str
    others: tuple[Area, ...] = ()


def likely_cause(effect: Effect, unlike: Sequence[Unlike], disturbed: bool = False) -> Cause:
    """The first rule whose area differs and that explains the effect; else the first that differs.

    `disturbed`: is one run's value more disturbed than the other's?
    """
    differing = [rule for rule in RULES if any(one["area"] == rule.area for one in unlike)]
    fitting = [rule for rule in differing if effect in rule.explains]
    if not fitting and disturbed:
        return Cause(None, DISTURBED, tuple(rule.area for rule in differing))
    if not differing:
        return Cause(None, CHANCE)
    first = (fitting or differing)[0]
    others = tuple(rule.area for rule in differing if rule is not first)
    doubt = "" if fitting else ", which hardly explains it, but is all that differs"
    return Cause(first.area, f"{first.says}: {_named(first.area, unlike)}{doubt}", others)


def _named(area: Area, unlike: Iterable[Unlike]) -> str:
    """The first of what differs there, and how many more."""
    own = [one for one in unlike if one["area"] == area]
    first = own[0]
    a, b = (short(value) for value in (first["a"], first["b"]))
    more = f", and {len(own) - 1} more" if len(own) > 1 else ""
    return f"{first['name']}, {a} → {b}{more}"


def short(value: str | None) -> str:
    """A value for people: of a digest, its beginning."""
    if value is None:
        return "not there"
    if _DIGEST.fullmatch(value):
        return f"{value[:12]}…"
    return value if len(value) <= 40 else f"{value[:39]}…"
