"""The result of a run as rows: each case, and how it compares with its references. Pure."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace

from typing_extensions import TypedDict

from testbed.evaluate.cases import BY_ID, Case
from testbed.evaluate.sample import GIGA, Sample, Values
from testbed.evaluate.statistics import summarise
from testbed.evaluate.verdict import compare

MILLI = 1e-3


class CaseRow(TypedDict):
    """A case: goodput in bit/s with its 95 % t interval, of measured samples.

    `marked`: how many of them were disturbed. `comparisons`: id of the reference → verdict. The
    others are means: `cpu_s_per_gb` of all nodes together, `packets_per_gb` on the wire.
    """

    case: str
    samples: int
    marked: int
    mean_bps: float | None
    median_bps: float | None
    low_bps: float | None
    high_bps: float | None
    retransmits: float | None
    loss: float | None
    jitter_s: float | None
    packets_per_s: float | None
    rtt_idle_s: float | None
    rtt_load_s: float | None
    cpu_s_per_gb: float | None
    packets_per_gb: float | None
    comparisons: dict[str, str]


def rows(samples: Sequence[Sample], cases: Iterable[str]) -> list[CaseRow]:
    """One per case, in the order of `cases`. What has no sample is no reference."""
    measured = {s.case for s in samples if s.is_measured}
    return [_row(samples, case, measured) for case in cases]


def _row(samples: Sequence[Sample], case: str, among: Container[str]) -> CaseRow:
    own = [s for s in samples if s.case == case and s.is_measured]
    goodput = summarise(s.values.throughput_bps for s in own)
    there = [r.id for r in references(BY_ID[case]) if r.id in among]
    return CaseRow(
        case=case,
        samples=len(own),
        marked=sum(bool(s.marks) for s in own),
        mean_bps=goodput.mean,
        median_bps=goodput.median,
        low_bps=goodput.t.low if goodput.t else None,
        high_bps=goodput.t.high if goodput.t else None,
        retransmits=_mean(own, lambda v: v.retransmits),
        loss=_mean(own, lambda v: v.loss),
        jitter_s=_mean(own, lambda v: v.jitter_s),
        packets_per_s=_mean(own, lambda v: v.packets_per_s),
        rtt_idle_s=_mean(own, lambda v: v.rtt_idle_s),
        rtt_load_s=_mean(own, lambda v: v.rtt_load_s),
        cpu_s_per_gb=_mean(own, lambda v: sum(v.cpu_s_per_gb.values()) or None),
        packets_per_gb=_mean(own, _packets_per_gb),
        comparisons={r: compare(samples, case, r).words for r in there},
    )


def _mean(samples: Iterable[Sample], of: Callable[[Values], float | None]) -> float | None:
    return summarise(of(s.values) for s in samples).mean


def _packets_per_gb(values: Values) -> float | None:
    if not values.wire_packets or not values.payload_bytes:
        return None
    return values.wire_packets * GIGA / values.payload_bytes


def references(case: Case) -> list[Case]:
    """What a case is compared with: other overlays, no overlay, and SRv6 of one segment.

    A control is compared with what it repeats.
    """
    if case.again:
        return [replace(case, again=False)]
    if case.placement == "same-node" or case.overlay == "none":
        return []
    found = []
    if case.overlay == "srv6":
        found += [replace(case, overlay=o, segments=0) for o in ("vxlan", "ipip", "routed")]
    if case.segments > 1:
        found.append(replace(case, segments=1))
    bare = replace(case, overlay="none", segments=0, traffic="pod-to-pod")
    return [r for r in [*found, bare] if r.id in BY_ID]


def cells(row: CaseRow) -> list[str]:
    """Of a row for people: case, samples, goodput, round-trip times, processors, comparisons."""
    mean, low, high = (row[key] for key in ("mean_bps", "low_bps", "high_bps"))
    goodput = _in(GIGA, mean)
    if mean is not None and low is not None and high is not None:
        goodput += f" ± {(high - low) / 2 / GIGA:.2f}"
    marked = f" ({row['marked']} marked)" if row["marked"] else ""
    said = [f"{_short(row['case'], ref)}: {words}" for ref, words in row["comparisons"].items()]
    trips = [_in(MILLI, row[key]) for key in ("rtt_idle_s", "rtt_load_s")]
    return [
        row["case"],
        f"{row['samples']}{marked}",
        goodput,
        " / ".join(trip or "-" for trip in trips) if any(trips) else "",
        _in(1, row["cpu_s_per_gb"]),
        "; ".join(said),
    ]


def _in(unit: float, value: float | None) -> str:
    return "" if value is None else f"{value / unit:.2f}"


def _short(case_id: str, reference: str) -> str:
    """What tells the reference from the case."""
    case = BY_ID[reference]
    if BY_ID[case_id].again:
        return "to itself"
    return f"to {case.overlay}" + (" of 1 segment" if case.segments else "")
