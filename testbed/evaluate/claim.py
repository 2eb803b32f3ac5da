"""What an evaluation says of the paper's claim on throughput (C10). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from testbed.evaluate.cases import BY_ID, Case, Overlay
from testbed.evaluate.sample import Sample
from testbed.evaluate.verdict import compare

_LEGACY: tuple[Overlay, ...] = ("vxlan", "ipip")


@dataclass(frozen=True)
class Answer:
    """`words` of each comparison; those that say slower, and those that need more samples."""

    words: tuple[str, ...]
    slower: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


def answer(samples: Sequence[Sample], cases: Iterable[str]) -> Answer | None:
    """SRv6 of one segment against the legacy overlays that were measured; None if none was."""
    measured = {sample.case for sample in samples if sample.is_measured}
    found = [
        (case, reference, compare(samples, case.id, reference.id))
        for case in (BY_ID[name] for name in cases if name in BY_ID)
        for reference in _references(case)
        if {case.id, reference.id} <= measured
    ]
    if not found:
        return None
    said = [
        (f"{case.id} to {other.overlay}: {comparison.words}", comparison.everything.kind)
        for case, other, comparison in found
    ]
    return Answer(
        tuple(words for words, _ in said),
        tuple(words for words, kind in said if kind == "slower"),
        tuple(words for words, kind in said if kind == "not enough data"),
    )


def _references(case: Case) -> list[Case]:
    """At each overlay's own MTU, as the paper measured."""
    if (case.overlay, case.segments, case.mtu, case.again) != ("srv6", 1, "own", False):
        return []
    return [replace(case, overlay=overlay, segments=0) for overlay in _LEGACY]
