"""Links by name: of two nodes, or by an interface where several are parallel."""

from __future__ import annotations

import pytest

from testbed.errors import TestbedError
from testbed.lab.access.links import find_link, name_link
from testbed.plan.model import Plan
from testbed.topology.load import load_plan
from tests.paper_plan import paper_plan

PLAN = paper_plan()
TWINS = """\
from ipmininet.iptopo import IPTopo


class Twins(IPTopo):
    def build(self, *args, **kwargs):
        a, b, c = self.addRouters("ra", "rb", "rc")
        self.addLink(a, b)
        self.addLink(b, a)
        self.addLink(a, b)
        self.addLink(b, c)
        super().build(*args, **kwargs)
"""


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    file = tmp_path_factory.mktemp("topology") / "twins.py"
    file.write_text(TWINS)
    return load_plan(str(file))


def test_a_link_is_found_from_either_end() -> None:
    link = PLAN.links[0]
    assert find_link(PLAN, link.a.node, link.b.node) is link
    assert find_link(PLAN, link.b.node, link.a.node) is link
    assert name_link(PLAN, link) == f"{link.a.node} {link.b.node}"
    with pytest.raises(TestbedError, match="no link"):
        find_link(PLAN, "r1", "r1")
    with pytest.raises(TestbedError, match="no node 'r99'") as caught:
        find_link(PLAN, "r99", "r1")
    assert caught.value.fix
    with pytest.raises(TestbedError, match="no link 'r1 r2:r2-r3'") as caught:
        find_link(PLAN, "r1", "r2:r2-r3")
    assert caught.value.fix == "did you mean 'r1 r2'?"


def test_parallel_links_are_named_by_an_interface(twins: Plan) -> None:
    with pytest.raises(TestbedError, match="3 parallel links join ra and rb") as caught:
        find_link(twins, "ra", "rb")
    fix = str(caught.value.fix)
    assert fix == "name it by an interface: ra:ra-rb, ra:ra-rb.2, ra:ra-rb.3"
    for number, word in enumerate(fix.partition(": ")[2].split(", ")):
        assert find_link(twins, word, "rb") is twins.links[number]
        assert find_link(twins, "rb", word) is twins.links[number]
    assert find_link(twins, "rb:rb-ra.2", "ra") is twins.links[1]
    assert find_link(twins, "ra:ra-rb.3", "rb:rb-ra.3") is twins.links[2]


def test_every_link_is_found_by_its_name(twins: Plan) -> None:
    for link in twins.links:
        assert find_link(twins, *name_link(twins, link).split()) is link


@pytest.mark.parametrize(
    ("a", "b", "what"),
    [
        ("ra:ra-rb", "rb:rb-ra.2", "no link"),  # two ends of different links
        ("ra:ra-rb.9", "rb", "no interface of ra 'ra-rb.9'"),
        ("ra:", "rb", "no interface of ra ''"),
        ("ra:rb-ra", "rb", "no interface of ra 'rb-ra'"),
        ("ra", "rc", "no link"),
    ],
)
def test_names_that_fit_no_link(twins: Plan, a: str, b: str, what: str) -> None:
    with pytest.raises(TestbedError) as caught:
        find_link(twins, a, b)
    assert what in caught.value.what and caught.value.fix
