"""The commands in a fix mean the lab that the error is about."""

from __future__ import annotations

import pytest

from testbed.cli.advice import Lab, commands, in_lab
from testbed.cli.main import option_place

MINE = Lab("mine", "testbed up grid -n mine --cluster none --set rows=1", usual=False)
USUAL = Lab("testbed", "testbed up grid -n testbed", usual=True)


@pytest.mark.parametrize(
    ("fix", "completed"),
    [
        ("testbed status", "testbed status -n mine"),
        (
            "testbed status; testbed logs r1.zebra",
            "testbed status -n mine; testbed logs -n mine r1.zebra",
        ),
        ("`testbed status` says it", "`testbed status -n mine` says it"),
        ("testbed exec r1 vtysh -c 'show'", "testbed exec -n mine r1 vtysh -c 'show'"),
        ("testbed policy list, or wait", "testbed policy list -n mine, or wait"),
        ("`testbed down`, then `testbed up`", f"`testbed down -n mine`, then `{MINE.up_command}`"),
        (
            "testbed up --cluster kubernetes --recreate, or testbed down",
            "testbed up grid -n mine --set rows=1 --cluster kubernetes --recreate, "
            "or testbed down -n mine",
        ),
        ("testbed kubectl get pods -A", "TESTBED_NAME=mine testbed kubectl get pods -A"),
        ("testbed up ring.py -n other", "testbed up ring.py -n other"),
        ("testbed artefacts fetch", "testbed artefacts fetch"),
        ("testbed no-such", "testbed no-such"),
    ],
)
def test_a_fix_names_the_lab(fix: str, completed: str) -> None:
    said = in_lab(f"no\n  why: testbed status\n  fix: {fix}", MINE, option_place)
    assert said == f"no\n  why: testbed status\n  fix: {completed}"


def test_a_problem_names_the_lab_too() -> None:
    problem = "h1: no route to ::/0 (`testbed up` repairs it); `testbed logs r1.zebra`"
    assert in_lab(problem, MINE, option_place) == (
        f"h1: no route to ::/0 (`{MINE.up_command}` repairs it); `testbed logs -n mine r1.zebra`"
    )


def test_the_usual_lab_needs_no_name_but_its_topology() -> None:
    said = in_lab("no\n  fix: testbed status; testbed up", USUAL, option_place)
    assert said == "no\n  fix: testbed status; testbed up grid -n testbed"


def test_commands_are_found_in_quotes_and_as_parts() -> None:
    fix = "do it; testbed status, or `testbed up` repairs; testbed logs r1.zebra"
    assert list(commands(fix)) == ["testbed status", "testbed up", "testbed logs r1.zebra"]
