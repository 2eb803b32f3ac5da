"""What a scenario may need of a lab that not every lab has."""

from __future__ import annotations

from collections.abc import Iterable

from testbed.errors import TestbedError

KUBERNETES = "kubernetes"
_LACKING = {KUBERNETES: "it needs Kubernetes; this lab has none (--cluster none)"}


def checked(needs: Iterable[str]) -> tuple[str, ...]:
    """The needs, in order. Raises TestbedError for a word that means nothing here."""
    needs = tuple(needs)
    for need in needs:
        if need not in _LACKING:
            raise TestbedError(
                f"unknown need {need!r}", fix=f"there are: {', '.join(sorted(_LACKING))}"
            )
    return needs


def lacking(needs: Iterable[str], kubernetes: bool) -> str | None:
    """Why a scenario is not applicable to a lab with or without Kubernetes; None if it is."""
    there = {KUBERNETES: kubernetes}
    return "; ".join(_LACKING[need] for need in needs if not there[need]) or None
