"""What a scenario needs and may be set to, and what a run makes of it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from testbed.cli.main import app
from testbed.errors import TestbedError
from testbed.host.progress import Progress
from testbed.scenario.run import needs, registry, runner, settings
from testbed.scenario.run.junit import write_junit
from testbed.scenario.run.result import ScenarioResult

NEEDY = '''
from testbed.scenario import scenario


@scenario(claims=["C1"], needs=["kubernetes"])
def needy(testbed, check, seconds=60, share=0.5, name="r8"):
    """It asks for much."""
'''


@pytest.fixture
def needy(tmp_path: Path) -> Path:
    file = tmp_path / "needy.py"
    file.write_text(NEEDY)
    return file


def run_light(file: Path, directory: Path) -> ScenarioResult:
    """Run it where no lab of ours would have Kubernetes: no lab is made for that."""
    options = runner.Options(lab=None, evidence=directory, cluster="none")
    return runner.run([registry.load(file)], options, Progress(quiet=True))[0]


def test_a_scenario_says_what_it_needs_and_takes(needy: Path) -> None:
    found = registry.load(needy)
    assert found.needs == ("kubernetes",)
    assert found.settings == {"seconds": 60, "share": 0.5, "name": "r8"}


def test_an_unknown_need_is_refused(needy: Path) -> None:
    needy.write_text(NEEDY.replace('"kubernetes"', '"warp drive"'))
    with pytest.raises(TestbedError, match="warp drive"):
        registry.load(needy)


def test_a_need_is_lacking_only_without_it() -> None:
    assert needs.lacking(["kubernetes"], kubernetes=True) is None
    assert needs.lacking([], kubernetes=False) is None
    assert "needs Kubernetes" in str(needs.lacking(["kubernetes"], kubernetes=False))


def test_not_applicable_is_neither_passed_nor_failed(needy: Path, tmp_path: Path) -> None:
    result = run_light(needy, tmp_path / "evidence")
    assert (result.verdict, result.failure) == ("not applicable", None)
    assert "needs Kubernetes" in str(result.reason)
    assert (tmp_path / "evidence/needy/result.json").exists()


def test_junit_skips_what_is_not_applicable(needy: Path, tmp_path: Path) -> None:
    write_junit([run_light(needy, tmp_path / "evidence")], tmp_path / "x.xml")
    suite = ElementTree.parse(tmp_path / "x.xml").getroot()[0]
    assert suite.attrib["skipped"] == "1"
    assert suite.attrib["failures"] == suite.attrib["errors"] == "0"
    (skipped,) = suite.iter("skipped")
    assert "needs Kubernetes" in skipped.attrib["message"]


def test_settings_have_the_type_of_their_default() -> None:
    known: dict[str, str | int | float] = {"seconds": 60, "share": 0.5, "name": "r8"}
    given = settings.parse_settings(known, {"seconds": "5", "share": "1", "another": "x"})
    assert given == {"seconds": 5, "share": 1.0}
    with pytest.raises(TestbedError, match=r"--with seconds=soon"):
        settings.parse_settings(known, {"seconds": "soon"})


@pytest.mark.parametrize(
    ("option", "words"),
    [("second=5", "no scenario of this run has that setting"), ("seconds=x", "not of type int")],
)
def test_settings_are_checked_before_anything_runs(needy: Path, option: str, words: str) -> None:
    result = CliRunner().invoke(app, ["run", str(needy), "--with", option])
    assert isinstance(result.exception, TestbedError)
    assert words in result.exception.what


def test_a_lab_that_did_not_come_up_is_taken_down(
    needy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def no_lab(*arguments: str) -> None:
        said.append(arguments[0])
        if arguments[0] == "up":
            raise TestbedError("no room for a lab")

    monkeypatch.setattr(runner, "testbed", no_lab)
    options = runner.Options(lab=None, evidence=tmp_path / "evidence", cluster="kubernetes")
    result = runner.run([registry.load(needy)], options, Progress(quiet=True))[0]
    assert (result.verdict, said) == ("error", ["up", "down"])
    assert "no room for a lab" in str(result.failure)
