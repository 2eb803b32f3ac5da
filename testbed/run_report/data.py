"""All samples and recorded figures as data: CSV for tables, JSON with everything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from testbed.json_types import JsonObject
from testbed.run_report.claims import Claim
from testbed.run_report.quantities import flat
from testbed.run_report.source import Source
from testbed.run_report.summaries import CaseSummary, Pair
from testbed.run_report.timings import Recorded


def samples_csv(sources: Iterable[Source]) -> str:
    """A row for each sample of each run, warm-ups too; a column for each value that any has."""
    rows = [
        {"run": source.name, **dict(flat(sample.model_dump(mode="json")))}
        for source in sources
        if source.evaluation
        for sample in source.evaluation.samples
    ]
    return _csv(rows)


def samples_json(sources: Iterable[Source]) -> list[JsonObject]:
    """The same as they were stored, each with its run."""
    return [
        {"run": source.name, **sample.model_dump(mode="json")}
        for source in sources
        if source.evaluation
        for sample in source.evaluation.samples
    ]


def recorded_csv(recorded: Iterable[Recorded]) -> str:
    """A row for each number that a scenario recorded, or for what else it recorded."""
    return _csv(
        [
            {"run": one.run, "scenario": one.scenario, "figure": one.name, "value": value}
            for one in recorded
            for value in (one.numbers or (one.words,))
        ]
    )


def summary_json(
    sources: Sequence[Source],
    claims: Sequence[Claim],
    summaries: dict[str, list[CaseSummary]],
    compared: dict[str, list[Pair]],
) -> JsonObject:
    """What the tables of the page say."""
    from dataclasses import asdict

    return {
        "schema_version": 1,
        "runs": [_run(source) for source in sources],
        "claims": [asdict(claim) for claim in claims],
        "cases": [_case(run, one) for run, own in summaries.items() for one in own],
        "comparisons": [_comparison(run, pair) for run, own in compared.items() for pair in own],
    }


def _run(source: Source) -> JsonObject:
    settings = source.evaluation.settings if source.evaluation else None
    return {
        "run": source.name,
        "directory": str(Path(source.directory).resolve()),
        "standing": source.standing,
        "record": source.record.model_dump(mode="json") if source.record else None,
        "evaluation": settings.model_dump(mode="json") if settings else None,
        "altered": list(source.altered),
        "notes": list(source.notes),
    }


def _case(run: str, summary: CaseSummary) -> JsonObject:
    return {
        "run": run,
        "case": summary.id,
        "samples": summary.samples,
        "marked": summary.marked,
        "paths": list(summary.paths),
        "quantities": {
            key: {
                "n": mean.count,
                "mean": mean.mean,
                "median": mean.median,
                "low": mean.interval.low if mean.interval else None,
                "high": mean.interval.high if mean.interval else None,
            }
            for key, mean in summary.quantities.items()
        },
    }


def _comparison(run: str, pair: Pair) -> JsonObject:
    verdict = pair.comparison.everything
    interval = verdict.ratio.interval
    return {
        "run": run,
        "case": pair.case.id,
        "reference": pair.reference.id,
        "verdict": verdict.kind,
        "words": pair.comparison.words,
        "n": verdict.ratio.count,
        "ratio": verdict.ratio.value,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "notes": list(pair.comparison.notes),
    }


def _csv(rows: Sequence[dict[str, object]]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    made = io.StringIO()
    writer = csv.DictWriter(made, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return made.getvalue()
