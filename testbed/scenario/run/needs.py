"""What a scenario may need of a lab that not every lab has."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum

from testbed.errors import TestbedError


class Need(str, Enum):
    """One such thing, by the word that `@scenario(needs=[…])` uses."""

    KUBERNETES = "kubernetes"  # it runs the pods
    IPIP = "ipip"  # the kernel of every node has this overlay
    VXLAN = "vxlan"

    @property
    def of_kernel(self) -> bool:
        """Is it known only once the nodes run?"""
        return self in (Need.IPIP, Need.VXLAN)


def parse_needs(words: Iterable[str]) -> tuple[Need, ...]:
    """The needs, in order. Raises TestbedError for a word that means nothing here."""
    return tuple(_parse_need(word) for word in words)


def _parse_need(word: str) -> Need:
    try:
        return Need(word)
    except ValueError:
        known = ", ".join(sorted(need.value for need in Need))
        raise TestbedError(f"unknown need {word!r}", fix=f"there are: {known}") from None


def lacking(needs: Collection[str], kubernetes: bool) -> str | None:
    """Why a scenario is not applicable to a lab with or without Kubernetes; None if it is.

    What the nodes' kernels lack is known only inside the lab (testbed.scenario.api.pools).
    """
    if Need.KUBERNETES in needs and not kubernetes:
        return "it needs Kubernetes; this lab has none (--cluster none)"
    return None
