"""Selects which of Kubernetes' end-to-end specs run, with a reason for each that does not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# Regular expressions on a spec's name, as ginkgo takes them.
FOCUS = (
    r"\[sig-network\].*"
    r"(\[Conformance\]|\[Feature:IPv6DualStack\]|\[Feature:NetworkPolicy\])"
)
SKIP = "SCTP"
# A word in a spec's name → why it cannot be asked of every machine.
_NOT_APPLICABLE = {SKIP: "it needs SCTP in the kernel"}


@dataclass(frozen=True)
class Group:
    """Specs that bear one tag in their names."""

    title: str
    tag: str


GROUPS = (
    Group("network conformance", "[Conformance]"),
    Group("dual stack", "[Feature:IPv6DualStack]"),
    Group("network policies", "[Feature:NetworkPolicy]"),
)


def group_of(spec: str) -> Group | None:
    """The group that a spec counts for; the first, if it bears several tags."""
    return next((group for group in GROUPS if group.tag in spec), None)


def why_not(spec: str) -> str | None:
    """Why a spec is not applicable, None if it is."""
    return next((why for word, why in _NOT_APPLICABLE.items() if word in spec), None)


@dataclass(frozen=True)
class Selection:
    """The names of the specs that are to pass, and of those not applicable with the reason."""

    wanted: tuple[str, ...]
    not_applicable: dict[str, str]

    def of(self, group: Group) -> list[str]:
        """The wanted specs of one group."""
        return [spec for spec in self.wanted if group_of(spec) == group]


def select(specs: Iterable[str]) -> Selection:
    """Split what FOCUS matches."""
    reasons = {spec: why_not(spec) for spec in sorted(specs)}
    return Selection(
        tuple(spec for spec, why in reasons.items() if why is None),
        {spec: why for spec, why in reasons.items() if why is not None},
    )
