"""Selects the active candidate per endpoint and family (RFC 9256 §2.9), whatever arrived first.

Candidates of different colours compete here, because a pod prefix knows only its next hop and
family. What §2.9 leaves open between colours is settled by the lower colour, then by content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address

from testbed.srpolicy.model import Candidate
from testbed.srpolicy.validity import structure

Problems = Callable[[Candidate], Sequence[str]]
Target = tuple[IPv6Address, "int | None"]


@dataclass(frozen=True)
class NotChosen:
    """A candidate that lost, and why; `valid` tells whether it could have won."""

    candidate: Candidate
    reason: str
    valid: bool


@dataclass(frozen=True)
class Selection:
    """The outcome for one endpoint and family."""

    chosen: Candidate | None
    others: tuple[NotChosen, ...]


def select(candidates: Iterable[Candidate], problems: Problems = structure) -> Selection:
    """Choose among the candidates of one endpoint and family; invalid ones never win."""
    valid, others = [], []
    for candidate in sorted(set(candidates), key=_rank_candidate):
        faults = problems(candidate)
        if faults:
            others.append(NotChosen(candidate, "; ".join(faults), valid=False))
        else:
            valid.append(candidate)
    if not valid:
        return Selection(None, tuple(others))
    lost = [NotChosen(c, _explain_loss(valid[0], c), valid=True) for c in valid[1:]]
    return Selection(valid[0], (*lost, *others))


_Rank = tuple[int, int, int, int, int, str]


def _rank_candidate(c: Candidate) -> _Rank:
    """Smaller is better; a total order over distinct candidates."""
    return (
        -c.preference,
        -c.protocol_origin,
        c.originator.value,
        -c.distinguisher,
        c.color,
        c.text,
    )


def _explain_loss(winner: Candidate, loser: Candidate) -> str:
    """The first step of §2.9 at which the loser lost."""
    steps = (
        f"preference {loser.preference} is lower than {winner.preference}",
        f"protocol origin {_format_origin(loser)} yields to {_format_origin(winner)}",
        f"originator {_format_originator(loser)} is higher than {_format_originator(winner)}",
        f"discriminator {loser.distinguisher} is lower than {winner.distinguisher}",
        f"colour {loser.color} is higher than {winner.color}",
    )
    for sentence, lost, won in zip(
        steps, _rank_candidate(loser), _rank_candidate(winner), strict=False
    ):
        if lost != won:
            return sentence
    return "equal in everything that RFC 9256 compares; settled by content"


def _format_originator(candidate: Candidate) -> str:
    return f"AS{candidate.originator.asn} {candidate.originator.address}"


def _format_origin(candidate: Candidate) -> str:
    return candidate.protocol_origin.name.lower()
