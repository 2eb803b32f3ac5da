"""A report of an evaluation and of a run of scenarios, made once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from testbed.evaluate.sample import Sample
from testbed.records.store import Store
from testbed.run_report.contents import Contents
from testbed.run_report.source import find_all
from testbed.run_report.write import write
from tests.unit.records.recorded import going_on, outcome, record
from tests.unit.run_report.synthetic import cases, evaluation, scenario

SCENARIOS = {"te-bgp": ("C5", "C8"), "link-failure": ("C7",), "node-join": ("C4",)}
GAPS = [0.13, 0.9, 1.02, 1.37]


@dataclass(frozen=True)
class Made:
    """Where the report is, and what it is of."""

    directory: Path
    contents: Contents
    samples: list[Sample]

    @property
    def page(self) -> str:
        """The text of the page."""
        return (self.directory / "index.html").read_text()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Two runs: 26 cases of four blocks, and three scenarios."""
    base = tmp_path_factory.mktemp("report")
    chosen = cases("veth", "none", "vxlan", "srv6", longest=2)
    samples = evaluation(base / "paper", chosen, 4, marked=[2])
    store = Store(base / "runs")
    with going_on(store, record()) as recorder:
        directory = store.directory / record().run
        scenario(directory, "te-bgp")
        recorder.add(outcome("te-bgp", claims=("C5", "C8")))
        scenario(directory, "link-failure", figures={"seconds without traffic, each": GAPS})
        recorder.add(outcome("link-failure", claims=("C7",)))
        failure = "its pod is not reached\n  why: expected delivered; seen lost"
        scenario(directory, "node-join", verdict="fail", failure=failure)
        recorder.add(outcome("node-join", claims=("C4",), verdict="fail", failure=failure))
    sources = find_all([str(base / "paper"), "latest"], store, base / "evaluations")
    contents = Contents(sources, SCENARIOS)
    write(contents, base / "report", "Report of both", "0123456789ab")
    return Made(base / "report", contents, samples)
