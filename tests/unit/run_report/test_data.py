"""The data beside the page have every sample and every value."""

from __future__ import annotations

import csv
import json

from testbed.run_report.data import recorded_csv, samples_csv
from tests.unit.run_report.conftest import GAPS, Made


def test_every_sample_is_a_row_with_its_values(made: Made) -> None:
    with (made.directory / "samples.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(r["case"], r["block"], r["position"]) for r in rows] == [
        (s.case, str(s.block), str(s.position)) for s in made.samples
    ]
    for row, sample in zip(rows, made.samples, strict=True):
        assert row["run"] == "paper"
        assert row["kind"] == sample.kind
        assert float(row["values.throughput_bps"]) == sample.values.throughput_bps
        for node, seconds in sample.values.cpu_s_per_gb.items():
            assert float(row[f"values.cpu_s_per_gb.{node}"]) == seconds
        assert row["marks"] == "; ".join(sample.marks)


def test_json_has_the_samples_as_they_were_stored(made: Made) -> None:
    found = json.loads((made.directory / "samples.json").read_text())
    assert [{k: v for k, v in one.items() if k != "run"} for one in found] == [
        sample.model_dump(mode="json") for sample in made.samples
    ]


def test_the_summary_says_what_the_samples_do(made: Made) -> None:
    found = json.loads((made.directory / "report.json").read_text())
    case = found["cases"][0]
    own = [
        s.values.throughput_bps
        for s in made.samples
        if s.case == case["case"] and s.is_measured and s.values.throughput_bps
    ]
    said = case["quantities"]["throughput_bps"]
    assert said["n"] == len(own) == 4
    assert abs(said["mean"] / (sum(own) / len(own)) - 1) < 1e-12
    assert said["low"] < said["mean"] < said["high"]
    assert case["marked"] == 1
    assert {c["reference"] for c in found["comparisons"]} <= {c["case"] for c in found["cases"]}
    assert [run["run"] for run in found["runs"]] == ["paper", "20260102-030405"]


def test_each_recorded_number_is_a_row(made: Made) -> None:
    rows = list(csv.DictReader(recorded_csv(made.contents.recorded).splitlines()))
    assert [float(row["value"]) for row in rows] == GAPS
    assert {row["scenario"] for row in rows} == {"link-failure"}


def test_without_samples_the_table_is_empty(made: Made) -> None:
    assert samples_csv(made.contents.sources[1:]).strip() == ""
