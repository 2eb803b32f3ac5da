"""A candidate path under check, with its lines in the policy file or ConfigMap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from testbed.plan.model import Plan
from testbed.srpolicy.files.change import Lines, PolicyChange
from testbed.srpolicy.files.configmap import NodeConfig
from testbed.srpolicy.model import Candidate


@dataclass(frozen=True)
class Subject:
    """A candidate with the lines that messages point at."""

    candidate: Candidate
    source: str
    lines: Lines
    from_configmap: bool = False
    protect: bool = False

    @property
    def where(self) -> str:
        """file:line of the policy."""
        return f"{self.source}:{self.lines.policy}"

    @property
    def endpoint_at(self) -> str:
        """file:line of its endpoint."""
        return f"{self.source}:{self.lines.endpoint}"

    @property
    def binding_sid_at(self) -> str:
        """file:line of its binding SID."""
        return f"{self.source}:{self.lines.binding_sid or self.lines.policy}"

    def segment_at(self, segment_list: int, segment: int) -> str:
        """file:line of one segment (both counted from 0)."""
        lines = self.lines.segments
        known = segment_list < len(lines) and segment < len(lines[segment_list])
        line = lines[segment_list][segment] if known else self.lines.policy
        return f"{self.source}:{line}"

    def head_ends(self, plan: Plan) -> tuple[str, ...]:
        """The nodes that use it: those named, else every cluster node but the endpoint."""
        if self.candidate.head_ends:
            return self.candidate.head_ends
        return tuple(
            n.name for n in plan.cluster if plan.address_v6(n.name) != self.candidate.endpoint
        )


def from_changes(changes: Iterable[PolicyChange]) -> list[Subject]:
    """The candidates that a policy file announces; withdrawals need no check."""
    return [
        Subject(change.candidate, change.source, change.lines, protect=change.protect)
        for change in changes
        if change.candidate is not None and not change.withdraw
    ]


def from_configs(configs: Iterable[NodeConfig]) -> list[Subject]:
    """Every policy of the ConfigMaps, head end by head end."""
    return [
        Subject(policy.candidate, config.source, policy.lines, from_configmap=True)
        for config in configs
        for policy in config.policies
    ]
