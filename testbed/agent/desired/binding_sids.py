"""Binding SIDs (RFC 9256 §6): what a policy in use can be entered by, as routes. Pure.

A packet of the SR domain that visits the binding SID is put into a further outer header with the
policy's segments (End.B6.Encaps, RFC 8986 §4.13). The address has to lie in the node's own SID
pool, which alone is routed to the node. Those of the paper's policies lie in a pool that is routed
to nobody: they name a policy, and no packet is ever sent to one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address

from testbed.agent.contract import BEST_EFFORT, INSTALLED
from testbed.agent.desired.candidates import Evaluated
from testbed.agent.desired.head_end import name_policy, own_pool
from testbed.agent.desired.inputs import Inputs, OwnSid
from testbed.agent.desired.overlays.srv6 import hops
from testbed.agent.desired.remembered import remember_last
from testbed.agent.desired.routes import ENTRY, Route
from testbed.agent.model.objects import POLICY_POOL
from testbed.srpolicy.model import Candidate

_DROPS = "drops what enters, as its policy is invalid (Drop-Upon-Invalid)"


@dataclass(frozen=True)
class Bindings:
    """Of each policy in use that has a binding SID, what became of it; and what that takes.

    `problems`: those that are not installed although they were meant to be. `needed`: candidates in
    use that are invalid without it (Specified-BSID-Only), and what is wrong with it.
    """

    states: Mapping[Evaluated, str] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    problems: tuple[tuple[Evaluated, str], ...] = ()
    needed: Mapping[Candidate, str] = field(default_factory=dict)


def bind(inputs: Inputs, own_sids: Iterable[OwnSid], evaluated: Iterable[Evaluated]) -> Bindings:
    """A route for each binding SID that is available (RFC 9256 §6.2); the others are told of."""
    having = tuple(
        e for e in evaluated if (e.chosen or e.drops) and e.entry.candidate.binding_sid is not None
    )
    taken = {own.sid: f"the node's End.DT{own.family} SID" for own in own_sids}
    taken |= {own.sid: "a local SID that was replaced" for own in inputs.replaced_sids}
    return _bind(Inputs(inputs.config, inputs.capabilities, inputs.objects), having, taken)


@remember_last
def _bind(
    ground: Inputs, having: tuple[Evaluated, ...], taken: Mapping[IPv6Address, str]
) -> Bindings:
    states: dict[Evaluated, str] = {}
    routes: list[Route] = []
    problems: list[tuple[Evaluated, str]] = []
    needed: dict[Candidate, str] = {}
    used = dict(taken)
    for one in having:  # in a stable order, by endpoint and family
        candidate = one.entry.candidate
        sid = candidate.binding_sid
        assert sid is not None
        if pool := _policy_pool(ground, one, sid):
            fault = f"it is a name: {pool} is routed to no node"
            states[one] = f"not installed: a name, as {pool} is routed to no node"
        elif fault := _fault(ground, candidate, sid, used):
            states[one] = f"not installed: {fault}"
            why = f"binding SID {sid} of the {name_policy(candidate)} is not installed: {fault}"
            problems.append((one, why))
        else:
            used[sid] = f"that of the {name_policy(candidate)}"
            states[one] = _DROPS if one.drops else INSTALLED
            routes.append(_entry(ground, one, sid))
        if fault and one.chosen and candidate.specified_sid_only:
            needed[candidate] = (
                f"its binding SID {sid} is needed (Specified-BSID-Only), and {fault}"
            )
    return Bindings(states, tuple(routes), tuple(problems), needed)


def _entry(ground: Inputs, one: Evaluated, sid: IPv6Address) -> Route:
    if one.drops:
        return Route(f"{sid}/128", refusal="blackhole")
    return Route(f"{sid}/128", hops(ground, one.entry.candidate.segment_lists, ENTRY))


def _policy_pool(ground: Inputs, one: Evaluated, sid: IPv6Address) -> str:
    """The pool that only gives policies names, if the binding SID is of it."""
    pool = next((p for p in ground.objects.pools if p.name == POLICY_POOL), None)
    if pool is not None and sid in pool.cidr:
        return f"{pool.name} ({pool.cidr})"
    return "its pool" if one.entry.origin == BEST_EFFORT else ""


def _fault(
    ground: Inputs, candidate: Candidate, sid: IPv6Address, used: Mapping[IPv6Address, str]
) -> str:
    """Why a binding SID is not available here; empty if it is."""
    own = own_pool(ground.config, ground.objects.pools)
    if own is None or sid not in own:
        return f"it is not one of this node's SIDs ({own}), so that nobody would route it here"
    if sid in used:
        return f"it is {used[sid]}"
    if candidate.family != 6:
        return (
            "what enters by it is an IPv6 packet, and the policy's last segment takes out "
            f"IPv{candidate.family}"
        )
    if not ground.capabilities.binding:
        return "this kernel lacks End.B6.Encaps"
    return ""
