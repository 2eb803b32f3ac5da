"""Random topology files: refused at the line that is the cause, or a plan that is sound."""

from __future__ import annotations

import pytest
from hypothesis import given

from testbed.plan.model import Plan
from testbed.plan.problems import Problem
from testbed.plan.resolve import resolve
from testbed.plan.spf import demanded_routes
from testbed.render.everything import everything
from tests.fuzz import bounded
from tests.topology_strategies import read, topologies


@bounded(150, share=12)
@given(topologies())
def test_valid_and_sound_or_refused_at_the_cause(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    directory = tmp_path_factory.getbasetemp()
    plan, problems = read(directory, text)
    if plan is not None:
        check_plan(plan)
        return
    assert problems
    for problem in problems:
        assert problem.where is not None and problem.fix, problem
        _, left = read(directory, without_line(text, problem.where))
        # names of parallel links shift when one goes, and with them the words of their problems
        gone = count_of(problem, left) < count_of(problem, problems)
        assert gone or len(left) < len(problems), problem


def count_of(problem: Problem, among: list[Problem]) -> int:
    """How often this is found, at whatever line."""
    return sum((p.what, p.subject) == (problem.what, problem.subject) for p in among)


def without_line(text: str, where: str) -> str:
    lines = text.splitlines(keepends=True)
    number = int(where.partition(":")[2])
    assert "self.add" in lines[number - 1] or "pods_v" in lines[number - 1], where
    indent = "    " if "pods_v" in lines[number - 1] else "        "
    lines[number - 1] = f"{indent}pass\n"
    return "".join(lines)


def check_plan(plan: Plan) -> None:
    """Identifiers are unique, both ends share a subnet, and all files can be rendered."""
    addresses = [x.ip for port in plan.ports for x in port.addresses]
    addresses += [address for node in plan.nodes for address in node.loopbacks]
    assert len(set(addresses)) == len(addresses)
    ports = [(port.node, port.interface) for port in plan.ports]
    assert len(set(ports)) == len(ports)
    for link in plan.links:
        ends = [link.a.v6, link.b.v6]
        if link.lan is not None:
            node = next(p.node for p in (link.a, link.b) if p.node not in plan.router_names)
            ends = [link.end(node).v6, plan.router_port(node).v6]
        one, other = ends
        assert one is not None and other is not None and one.network == other.network
    light = resolve(plan, "none")
    files = everything(light)
    titles = {text.split(" net ")[1].split()[0] for name, text in files.items() if "isisd" in name}
    assert len(titles) == len(plan.routers)
    assert len(demanded_routes(plan)) == len(plan.routers)
