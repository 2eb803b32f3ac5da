"""What is said of words for scenarios and their settings: the fix's word is taken."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from testbed.cli.main import app
from testbed.errors import TestbedError
from testbed.scenario.run import registry
from testbed.scenario.run.needs import parse_needs
from testbed.scenario.run.settings import check
from tests.unit.fixes.applied import is_printed_by, suggested
from tests.unit.fixes.applied_words import Refused, check_taken, listed

CASES = {
    "scenario, near": Refused(
        "testbed/scenario/run/registry.py: did you mean {by_lower[near[0]]}?",
        registry.find,
        "smok",
        suggested,
    ),
    "scenario, far": Refused(
        "testbed/scenario/run/registry.py: there are: {', '.join(names)}",
        registry.find,
        "zzzz",
        listed,
    ),
    "need": Refused(
        "testbed/scenario/run/needs.py: there are: {known}",
        lambda name: parse_needs([name]),
        "zzz",
        listed,
    ),
    "value of a setting": Refused(
        "testbed/scenario/run/settings.py: its default is {default}",
        lambda text: check({"a": {"rate": 5}}, {"rate": text}),
        "fast",
        lambda fix: fix.split()[-1],
    ),
    "setting": Refused(
        "testbed/scenario/run/settings.py: there are: {', '.join(available)}",
        lambda name: check({"a": {"rate": 5}}, {name: "1"}),
        "speed",
        lambda fix: listed(fix).split()[0],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_word_of_the_fix_is_taken(case: Refused) -> None:
    check_taken(case)


def test_scenarios_have_to_be_named() -> None:
    runner = CliRunner()
    error = runner.invoke(app, ["run"]).exception
    assert isinstance(error, TestbedError)
    assert is_printed_by("testbed/cli/run.py: testbed run --list", error.fix)
    told = runner.invoke(app, (error.fix or "").split()[1:])
    assert told.exit_code == 0 and "te-bgp" in told.stdout
