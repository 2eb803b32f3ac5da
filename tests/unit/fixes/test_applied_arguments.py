"""What is said of calls with arguments that mean nothing: each fix is followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.fixes.applied_topology import Mended, check_mended

HERE = "testbed/topology/arguments.py: "
EVALUATION = "testbed/topology/evaluate_main.py: "

CASES = {
    "a number for a node's name": Mended(
        HERE + "name one of: {_names(topo.g.node)}", "self.addLink(r1, 3)", "3", '"r2"'
    ),
    "too few arguments": Mended(
        HERE + "write it as {name}({', '.join(_parameters(signature))})",
        "self.addLink(r1)",
        "addLink(r1)",
        "addLink(r1, r2)",
    ),
    "a number as a name": Mended(
        HERE + "give it a name, e.g. {_free_name(topo, given['name'])}",
        "self.addLink(r1, self.addRouter(3))",
        "addRouter(3)",
        "addRouter('n1')",
    ),
    "two names of one router": Mended(
        HERE + "make each router by a call of its own; give options by name",
        'self.addLink(r1, self.addRouter("r3", {}))',
        '"r3", {}',
        '"r3"',
    ),
    "a list of routers": Mended(
        HERE + "if these are names, write {method}(*{_show(item)})",
        'self.addLinks(*[(r1, each) for each in self.addRouters(["r3", "r4"])])',
        '["r3"',
        '*["r3"',
    ),
    "a list of links": Mended(
        HERE + "write {method}(*{_show(item)})", "self.addLinks([(r1, r2)])", "([", "(*["
    ),
    "a link without parentheses": Mended(
        HERE + "put each link in parentheses", "self.addLinks(r1, r2)", "(r1, r2)", "((r1, r2))"
    ),
    "no overlay": Mended(HERE + "remove it", "self.addOverlay(3)", "self.addOverlay(3)", "pass"),
    "an overlay of a number": Mended(
        HERE + "name nodes and links that are there; nodes are: {_names(there)}",
        'self.addSubnet(nodes=[r1, 3], subnets=["2001:db8:7::/64"])',
        "[r1, 3]",
        "[r1, r2]",
    ),
    "an exception of what was called": Mended(
        EVALUATION + "correct what {called}() is given",
        "import json; json.loads('{')",
        "'{'",
        "'{}'",
    ),
    "what Mininet keeps": Mended(
        EVALUATION + "build it by addRouter, addHost, addClusterNode, addInjector and addLink "
        "alone, and leave what Mininet keeps to itself; if the file does so, this is a bug in "
        "testbed",
        'self.setNodeInfo("r1", 3)',
        'self.setNodeInfo("r1", 3)',
        "pass",
        elsewhere=True,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_printed_fix_mends_the_file(tmp_path: Path, case: Mended) -> None:
    check_mended(tmp_path, case)
