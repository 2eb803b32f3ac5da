"""Which policies are used, and which binding SIDs lead into them: each depends on the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from testbed.agent.desired.binding_sids import Bindings, bind
from testbed.agent.desired.candidates import CandidateWithOrigin, Evaluation, evaluate
from testbed.agent.desired.head_end import name_policy
from testbed.agent.desired.inputs import Inputs, OwnSid
from testbed.srpolicy.model import Candidate
from testbed.srpolicy.validity import HeadEnd


@dataclass(frozen=True)
class InUse:
    """What becomes of candidates and of their binding SIDs; `problems`: sentences for people."""

    evaluation: Evaluation
    bindings: Bindings
    problems: tuple[str, ...]


def choose_in_use(
    inputs: Inputs,
    own_sids: tuple[OwnSid, ...],
    entries: Iterable[CandidateWithOrigin],
    known: HeadEnd,
) -> InUse:
    """One that is to be used with its binding SID alone and cannot have it gives way to the next.

    That is found out when it would be used (RFC 9256 §6.2.3), so choosing begins again without it.
    """
    entries = tuple(entries)
    unbound: dict[Candidate, str] = {}
    while True:
        evaluation = evaluate(inputs.config, entries, known, unbound)
        bindings = bind(inputs, own_sids, evaluation.evaluated)
        if not bindings.needed:
            problems = (f"{name_policy(c)} is not used: {why}" for c, why in unbound.items())
            return InUse(evaluation, bindings, tuple(problems))
        unbound |= bindings.needed
