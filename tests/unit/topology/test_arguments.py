"""Calls with arguments that mean nothing are refused in words about what was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.errors import TestbedError, shown
from testbed.plan.problems import Problem
from testbed.topology.load import load_plan
from tests.unit.topology.topology_file import TWO, problems_of, write

# The call; words of what is said; the fix.
CASES = [
    ("addLink(r1, 3)", "addLink('r1', 3): 3 is no node's name", "name one of: 'r1', 'r2'"),
    ("addLink(r1, None)", "None is no node's name", "name one of"),
    ("addLink(r1, ['r2'])", "['r2'] is no node's name", "name one of"),
    ("addLink(r1)", "addLink(): missing a required argument: 'node2'", "addLink(node1, node2, "),
    ("addLinks(r1, r2)", "addLinks('r1'): a link is written as", "put each link in parentheses"),
    ("addLinks([(r1, r2)])", "a link is written as", "write addLinks(*[('r1', 'r2')])"),
    ("addLinks((r1, 3))", "3 is no node's name", "name one of"),
    ("addLinks((r1, r2, 5))", "a dictionary of options", "put each link"),
    ("addLinks((r1, r2, {1: 2}))", "a dictionary of options", "put each link"),
    ("addRouter(3)", "addRouter(3): the name of a node is text", "a name, e.g. 'n1'"),
    ("addRouter('r3', 'r4')", "a router has one name", "make each router by a call of its own"),
    ("addRouter()", "missing a required argument: 'name'", "addRouter(name, routerDescription, "),
    ("addRouters(['r3', 'r4'])", "a name is expected", "write addRouters(*['r3', 'r4'])"),
    ("addRouters('r3', 3)", "addRouters(3): the name of a node is text", "a name, e.g. 'n1'"),
    ("addHost(['h'])", "addHost(['h']): the name of a node is text", "a name, e.g. 'h'"),
    ("addHost('h', '2001:db8::1')", "too many positional", "write it as addHost(name, **kwargs)"),
    ("addSwitch(None)", "addSwitch(None): the name of a node", "a name, e.g. 'n1'"),
    ("addHub(3)", "addHub(3): the name of a node", "a name, e.g. 'n1'"),
    ("addNode(['x'])", "addNode(['x']): the name of a node", "a name, e.g. 'x'"),
    ("addClusterNode(3)", "addClusterNode(3): the name", "a name, e.g. 'n1'"),
    ("addInjector(['r1'])", "addInjector(['r1']): the name", "a name, e.g. 'n1'"),
    ("addOverlay('x')", "addOverlay('x'): that is no overlay", "remove it"),
    ("addSubnet(nodes=[r1, 3], subnets=['fc::/64'])", "there is no node 3", "nodes are: 'r1', "),
    ("addSubnet(links=[(r1, r1)], subnets=['fc::/64'])", "no link ('r1', 'r1')", "that are there"),
    ("addSubnet(links=[5], subnets=['fc::/64'])", "there is no link 5", "that are there"),
    ("addLink(r1, r2, params1={3: 4})", "its keys are names of options", "correct params1"),
    ("setNodeInfo('r1', 3)", "what it built cannot be read: TypeError", "build it by addRouter"),
    ("g.add_edge('r1', 3)", "what it built cannot be read: TypeError", "build it by addRouter"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_a_call_that_means_nothing_is_refused(tmp_path: Path, case: tuple[str, str, str]) -> None:
    call, what, fix = case
    (problem,) = problems_of(write(tmp_path, TWO + f"self.{call}\n", "LabTopo"))
    has_line = not what.startswith("what it built")
    assert problem.where == ("mine.py:6" if has_line else "mine.py")
    assert what in problem.what and fix in problem.fix


def test_an_error_in_a_function_that_was_called_names_it(tmp_path: Path) -> None:
    body = TWO + "import json; json.loads('{')\n"
    (problem,) = problems_of(write(tmp_path, body))
    assert problem.where == "mine.py:6" and problem.what.startswith("loads(): JSONDecodeError")
    assert problem.fix == "correct what loads() is given"


@pytest.mark.parametrize(
    ("ending", "why"), [("os._exit(3)", "exit code 3"), ("os.kill(os.getpid(), 9)", "signal 9")]
)
def test_a_file_that_ends_python_is_told_so(tmp_path: Path, ending: str, why: str) -> None:
    with pytest.raises(TestbedError) as caught:
        load_plan(write(tmp_path, TWO + f"import os; {ending}\n"))
    assert caught.value.what == "reading the topology ended without a result"
    assert why in (caught.value.why or "") and "os._exit()" in (caught.value.fix or "")


def test_control_characters_are_printed_quoted(tmp_path: Path) -> None:
    body = TWO + 'self.addLink(r1, self.addRouter("a\\x1b[31m\\nb"))\n'
    problems = problems_of(write(tmp_path, body))
    said = "\n".join(map(str, problems))
    assert "\x1b" not in said and r"'a\x1b[31m\nb': " in said
    assert len(said.splitlines()) == 2 * len(problems)
    name = Problem(what="w", subject="r1", fix="f", where="a\nb.py:3")
    assert str(name).startswith(r"'a\nb.py:3': r1: w")
    assert str(TestbedError("w", where="a\rb")).startswith(r"'a\rb': w")
    assert shown("ä b") == "ä b"
