"""A result is passed on as soon as it is there, so that a run that is killed has it on record."""

from __future__ import annotations

from pathlib import Path

from testbed.host.progress import Progress
from testbed.scenario.run import runner
from testbed.scenario.run.needs import Need
from testbed.scenario.run.registry import Scenario
from testbed.scenario.run.result import ScenarioResult


def test_each_result_is_passed_on_before_the_next_scenario(tmp_path: Path) -> None:
    """Of scenarios that this lab cannot run: no lab is made."""
    scenarios = [
        Scenario(name, Path(f"{name}.py"), "X.", ("C1",), "full", needs=(Need.KUBERNETES,))
        for name in ("one", "two")
    ]
    seen: list[tuple[str, list[str]]] = []

    def keep(result: ScenarioResult) -> None:
        seen.append((result.scenario, sorted(path.name for path in tmp_path.iterdir())))

    results = runner.run(scenarios, runner.Options(None, tmp_path), Progress(quiet=True), keep)
    assert [result.scenario for result in results] == ["one", "two"]
    assert seen == [("one", ["one"]), ("two", ["one", "two"])]
