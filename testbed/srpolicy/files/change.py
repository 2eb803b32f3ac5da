"""Describes the changes that a policy file asks for, with line numbers for lint."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address

from testbed.srpolicy.model import Candidate, SRPolicy


@dataclass(frozen=True)
class Lines:
    """Where a candidate's parts stand in its file (1-based); `segments` per list, per segment."""

    policy: int
    endpoint: int
    binding_sid: int | None = None
    segments: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class PolicyChange:
    """One candidate to announce, or (`withdraw`) one NLRI to take back.

    `name` is for people: metadata.name, or one made of the NLRI. `named`: it is a policy's own
    name, under which all its candidates are replaced together. `next_hop` as the file has it.
    `protect`: the TE engine is to offer a detour; `detour_of`: it is one, of the policy so called.
    """

    policy: SRPolicy
    candidate: Candidate | None
    source: str
    lines: Lines
    name: str
    withdraw: bool = False
    next_hop: IPv6Address | None = None
    named: bool = False
    protect: bool = False
    detour_of: str = ""

    @property
    def where(self) -> str:
        """file:line of the policy."""
        return f"{self.source}:{self.lines.policy}"
