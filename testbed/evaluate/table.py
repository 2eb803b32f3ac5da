"""The result of a run as rows: each case, and how it compares with its references. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from typing_extensions import TypedDict

from testbed.evaluate.cases import BY_ID, Case
from testbed.evaluate.sample import GIGA, Sample
from testbed.evaluate.statistics import summarise
from testbed.evaluate.verdict import compare


class CaseRow(TypedDict):
    """A case: goodput in bit/s with its 95 % t interval, of measured samples.

    `marked`: how many of them were disturbed. `comparisons`: id of the reference → verdict.
    """

    case: str
    samples: int
    marked: int
    mean_bps: float | None
    median_bps: float | None
    low_bps: float | None
    high_bps: float | None
    retransmits: float | None
    comparisons: dict[str, str]


def rows(samples: Sequence[Sample], cases: Iterable[str]) -> list[CaseRow]:
    """One per case, in the order of `cases`."""
    wanted = list(cases)
    return [_row(samples, case, wanted) for case in wanted]


def _row(samples: Sequence[Sample], case: str, among: Sequence[str]) -> CaseRow:
    own = [s for s in samples if s.case == case and s.is_measured]
    goodput = summarise(s.values.throughput_bps for s in own)
    again = summarise(s.values.retransmits for s in own)
    there = [r.id for r in references(BY_ID[case]) if r.id in among]
    return CaseRow(
        case=case,
        samples=len(own),
        marked=sum(bool(s.marks) for s in own),
        mean_bps=goodput.mean,
        median_bps=goodput.median,
        low_bps=goodput.t.low if goodput.t else None,
        high_bps=goodput.t.high if goodput.t else None,
        retransmits=again.mean,
        comparisons={r: compare(samples, case, r).words for r in there},
    )


def references(case: Case) -> list[Case]:
    """What a case is compared with: other overlays, no overlay, and SRv6 of one segment."""
    if case.placement == "same-node" or case.overlay == "none":
        return []
    found = []
    if case.overlay == "srv6":
        found += [replace(case, overlay=o, segments=0) for o in ("vxlan", "ipip", "routed")]
    if case.segments > 1:
        found.append(replace(case, segments=1))
    bare = replace(case, overlay="none", segments=0, traffic="pod-to-pod")
    return [r for r in [*found, bare] if r.id in BY_ID]


def in_words(row: CaseRow) -> list[str]:
    """The cells of a row for people: case, samples, goodput, comparisons."""
    mean, low, high = (row[key] for key in ("mean_bps", "low_bps", "high_bps"))
    goodput = "" if mean is None else f"{mean / GIGA:.2f}"
    if mean is not None and low is not None and high is not None:
        goodput += f" ± {(high - low) / 2 / GIGA:.2f}"
    marked = f" ({row['marked']} marked)" if row["marked"] else ""
    said = [f"{_short(ref)}: {words}" for ref, words in row["comparisons"].items()]
    return [row["case"], f"{row['samples']}{marked}", goodput, "; ".join(said)]


def _short(reference: str) -> str:
    """What tells the reference from the case."""
    case = BY_ID[reference]
    return f"to {case.overlay}" + (" of 1 segment" if case.segments else "")
