"""What would become of intents if something were otherwise; nothing of the lab is touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from testbed.engine.decide.decide import Decided, Decision, decide, standing_of
from testbed.engine.decide.setting import Setting, setting_of
from testbed.engine.decide.what_if import with_down, with_metrics
from testbed.engine.network import Network, key_of
from testbed.errors import TestbedError
from testbed.lab.access.inside import unknown
from testbed.lab.te.delivery import standing
from testbed.lab.te.held import held
from testbed.lab.te.listing import segment_words
from testbed.lab.te.live import live
from testbed.lab.te.store import Kept
from testbed.plan.model import Plan
from testbed.te.paths import spelled

What = Literal["stays", "moves", "degrades", "lost", "recovers", "new", "gone"]
MOST_METRIC = 0xFF_FFFE
_Pair = tuple[str, str, str, int]


@dataclass(frozen=True)
class Move:
    """One intent's traffic of one family: its path and segments before and after."""

    intent: str
    head_end: str
    endpoint: str
    family: int
    what: What
    before: tuple[str, ...]
    after: tuple[str, ...]
    before_segments: tuple[str, ...]
    after_segments: tuple[str, ...]
    status: str
    why: str

    def __str__(self) -> str:
        said = f"{self.intent}: {self.head_end} → {self.endpoint}, IPv{self.family} {self.what}"
        if self.what != "stays" and self.before:
            said += f"\n  from {spelled(self.before)}"
        if self.what != "stays" and self.after:
            said += f"\n  to   {spelled(self.after)}"
        return said + (f"\n  {self.status}: {self.why}" if self.why else "")


@dataclass(frozen=True)
class LinkLoad:
    """One direction of a link: what intents with a bandwidth put on it, in Mbit/s."""

    link: str
    tail: str
    head: str
    before: float
    after: float
    capacity: float | None

    def __str__(self) -> str:
        of = f" of {self.capacity:g}" if self.capacity is not None else ""
        return f"{self.tail} → {self.head}: {self.before:g} → {self.after:g} Mbit/s{of}"


@dataclass(frozen=True)
class WhatIf:
    """All intents, and the links that carry something before or after."""

    moves: tuple[Move, ...]
    loads: tuple[LinkLoad, ...]

    def to_json(self) -> dict[str, object]:
        """Its keys are stable."""
        return asdict(self)

    def lines(self) -> Iterator[str]:
        """What is otherwise than before, then loads."""
        changed = [move for move in self.moves if move.what != "stays"]
        yield from map(str, changed)
        stay = len(self.moves) - len(changed)
        yield f"{len(changed)} of {len(self.moves)} change, {stay} stay as they are"
        yield from map(str, self.loads)


@dataclass(frozen=True)
class Question:
    """What would be otherwise: nodes and links down, metrics of links."""

    down: Sequence[str] = ()
    metrics: Mapping[str, str] | None = None


def what_if(plan: Plan, kept: Kept, after: Kept, question: Question) -> WhatIf:
    """From the lab's intents on its network to others, or on another network."""
    setting, now = setting_of(plan), with_down(live(plan).network, (), held(plan))
    then = _changed(plan, setting, now, question)
    one = decide([w.intent for w in kept.intents], now, setting, standing(plan))
    intents = [written.intent for written in after.intents]
    other = decide(intents, then, setting, standing_of(one.decided))
    return WhatIf(tuple(_moves(one, other)), tuple(_loads(now, one, other)))


def _changed(plan: Plan, setting: Setting, now: Network, question: Question) -> Network:
    nodes = [word for word in question.down if word in plan.by_name]
    links = [_link(plan, setting, word) for word in question.down if word not in plan.by_name]
    metrics = {
        _link(plan, setting, word): _metric(word, value)
        for word, value in (question.metrics or {}).items()
    }
    return with_metrics(with_down(now, nodes, links), metrics)


def _link(plan: Plan, setting: Setting, word: str) -> str:
    name = setting.link_names.get(word)
    if name is None:
        raise unknown("node or link", word, [*plan.by_name, *setting.link_names])
    return name


def _metric(link: str, value: str) -> int:
    if value.isdecimal() and 1 <= int(value) <= MOST_METRIC:
        return int(value)
    fix = f"--metric {link}=50, from 1 to {MOST_METRIC}"
    raise TestbedError(f"metric {value!r} of {link} is no metric of IS-IS", fix=fix)


def _moves(one: Decision, other: Decision) -> Iterator[Move]:
    before, after = _by_pair(one), _by_pair(other)
    for pair in sorted({*before, *after}):
        was, becomes = before.get(pair), after.get(pair)
        then = becomes.primary if becomes else None
        now = was.primary if was else None
        intent, head_end, endpoint, family = pair
        yield Move(
            intent=intent,
            head_end=head_end,
            endpoint=endpoint,
            family=family,
            what=_what(was, becomes),
            before=now.nodes if now else (),
            after=then.nodes if then else (),
            before_segments=segment_words(now),
            after_segments=segment_words(then),
            status=becomes.status if becomes else "gone",
            why=becomes.reason if becomes else "",
        )


def _by_pair(decision: Decision) -> dict[_Pair, Decided]:
    return {
        (one.ask.intent.name, one.ask.source, one.ask.target, family): one
        for one in decision.decided
        for family in one.ask.families
    }


_RANK = {"Satisfied": 0, "Degraded": 1, "Unsatisfiable": 2}


def _what(was: Decided | None, becomes: Decided | None) -> What:
    if was is None:
        return "new"
    if becomes is None:
        return "gone"
    worse = _RANK[becomes.status] - _RANK[was.status]
    if worse:
        return "recovers" if worse < 0 else "degrades" if becomes.primary else "lost"
    return "stays" if _taken(was) == _taken(becomes) else "moves"


def _taken(one: Decided) -> object:
    return one.primary and ({key_of(a) for a in one.primary.adjacencies}, one.primary.segments)


def _loads(now: Network, one: Decision, other: Decision) -> Iterator[LinkLoad]:
    capacities = {key_of(a): a.capacity_mbit for a in now.adjacencies}
    for key in sorted({*one.load, *other.load}):
        tail, head, link = key
        before, after = (round(d.load.get(key, 0.0), 3) for d in (one, other))
        yield LinkLoad(link, tail, head, before, after, capacities.get(key))
