"""What the runs of a report say of each claim; C10 by the ratios of evaluations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from testbed.records.claims.ledger import NO_SCENARIO, ClaimRow, ledger
from testbed.run_report.source import Source
from testbed.run_report.summaries import Pair

_MEASURED = "C10"
_LEGACY = ("vxlan", "ipip")


@dataclass(frozen=True)
class Claim:
    """`reasons`: why the answer is no better one; `verdicts`: what it is from."""

    id: str
    says: str
    answer: str
    reasons: tuple[str, ...]
    verdicts: tuple[str, ...]


def claims(
    sources: Sequence[Source],
    scenarios: Mapping[str, Sequence[str]],
    compared: Mapping[str, Sequence[Pair]],
) -> list[Claim]:
    """A row for each claim. `scenarios`: name → claims; `compared`: run → its comparisons."""
    rows = ledger([s.record for s in sources if s.record], scenarios)
    return [_claim(row, compared) for row in rows]


def _claim(row: ClaimRow, compared: Mapping[str, Sequence[Pair]]) -> Claim:
    measured = row["claim"] == _MEASURED and any(map(_legacy, compared.values()))
    answer, missing = str(row["answer"]), list(row["missing"])
    verdicts = [
        f"{one['scenario']} {one['verdict']}: {one['nodes']}/{one['cluster']}, "
        f"{one['at'].date().isoformat()}, {one['commit'][:7] or 'commit not known'}, {one['run']}"
        for one in row["verdicts"]
    ]
    if measured:
        missing = [why for why in missing if why != NO_SCENARIO]
        verdicts += [
            f"{run}: {_title(pair)}: {pair.comparison.words}"
            for run, own in compared.items()
            for pair in _legacy(own)
        ]
        if not row["verdicts"]:
            answer = _answer([pair for own in compared.values() for pair in _legacy(own)])
    reasons = tuple(text for text in (row["why"], *missing) if text)
    return Claim(row["claim"], row["says"], answer, reasons, tuple(verdicts))


def _legacy(own: Sequence[Pair]) -> list[Pair]:
    """SRv6 of one segment against the overlays that the claim names, each at its own MTU."""
    return [
        pair
        for pair in own
        if pair.reference.overlay in _LEGACY
        and pair.case.segments == 1
        and not pair.case.again
        and pair.case.mtu == "own"
    ]


def _answer(own: Sequence[Pair]) -> str:
    kinds = {pair.comparison.everything.kind for pair in own}
    if "slower" in kinds:
        return "deviates"
    if "not enough data" in kinds:
        return "not enough data"
    return "reproduced"


def _title(pair: Pair) -> str:
    case = pair.case
    streams = f"{case.streams} stream{'s' * (case.streams > 1)}"
    return (
        f"SRv6 to {pair.reference.overlay}, {case.traffic}, {case.protocol.upper()}, "
        f"IPv{case.family}, {streams}"
    )
