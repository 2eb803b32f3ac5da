"""Commands that errors print, in a lab that has another name and topology than the usual ones."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest

from testbed.cli.advice import commands
from tests.integration.lab_driver import Lab
from tests.integration.sandbox import lab_name
from tests.unit.fixes.collect import printed

pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    lab = Lab(lab_name("fixes"), None)
    try:
        lab.run("up", "basic", "--cluster", "none")
        yield lab
    finally:
        lab.run("down")


def fix_of(lab: Lab, key: str, *arguments: str) -> str:
    """The fix that a command prints; it exits with 2, for what was typed.

    `key`: module and text of the code, as in `tests/unit/fixes`.
    """
    found = re.search(r"^  fix: (.*)$", lab.run(*arguments, expect=2).stderr, re.MULTILINE)
    assert found
    assert key in {fix.key for fix in printed()}
    return found[1]


def type_in(lab: Lab, command: str) -> str:
    """What a printed command says; nothing but the command names the lab."""
    assert f"-n {lab.name}" in command
    return lab.run(*shlex.split(command)[1:], TESTBED_NAME="").stdout


def test_a_node_for_a_program(lab: Lab) -> None:
    (command,) = commands(
        fix_of(lab, "testbed/lab/access/inside.py: testbed logs {there[0]}{others}", "logs", "r1")
    )
    assert type_in(lab, command)


def test_a_misspelt_node(lab: Lab) -> None:
    told = re.search(
        r"did you mean '(\w+)'",
        fix_of(
            lab, "testbed/lab/access/inside.py: did you mean {close[0]}?", "exec", "woker1", "true"
        ),
    )
    assert told
    lab.run("exec", told[1], "true")


def test_a_misspelt_link(lab: Lab) -> None:
    told = re.search(
        r"did you mean '(\w+)'",
        fix_of(
            lab,
            "testbed/lab/access/inside.py: did you mean {close[0]}?",
            *("link", "up", "r1", "woker1"),
        ),
    )
    assert told
    lab.run("link", "up", "r1", told[1])


def test_a_pod_that_is_not_there_and_one_that_is(lab: Lab) -> None:
    (command,) = commands(
        fix_of(lab, "testbed/orchestrators/pod.py: testbed pod list", "pod", "delete", "zzz")
    )
    there = type_in(lab, command).split("\n")[1].split()[0]
    (delete,) = commands(
        fix_of(
            lab,
            "testbed/orchestrators/light/pods.py: testbed pod delete {name}, or rename",
            "pod",
            "create",
            there,
            "--node",
            "worker1",
        )
    )
    type_in(lab, delete)
    lab.run("pod", "create", there, "--node", "worker1")


def test_no_machines(lab: Lab) -> None:
    """What it would bring up is of this lab's topology."""
    (command,) = commands(
        fix_of(
            lab,
            "testbed/providers/vagrant/shell.py: "
            "testbed up --cluster kubernetes --nodes vagrant --recreate",
            "vagrant",
            "status",
        )
    )
    assert command.startswith(f"testbed up basic -n {lab.name} ")
    assert "--cluster none" not in command
