"""What `up` says when the plan has changed: every difference in words, none where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.host.labs import LabDir
from testbed.lab.access.inside import unknown
from testbed.lab.state import differences, recorded_plan
from testbed.plan.model import Plan, Shaping
from tests.paper_plan import paper_plan

PLAN = paper_plan()


def without_node(plan: Plan, name: str) -> Plan:
    nodes = tuple(n for n in plan.nodes if n.name != name)
    links = tuple(x for x in plan.links if name not in (x.a.node, x.b.node))
    # validated anew: a copy would keep the cached look-up tables of the old plan
    return Plan.model_validate(
        plan.model_copy(update={"nodes": nodes, "links": links}).model_dump()
    )


def test_the_same_plan_has_none() -> None:
    again = Plan.model_validate_json(PLAN.model_dump_json())
    assert differences(PLAN, again) == []


def test_where_it_was_written_does_not_count() -> None:
    moved = tuple(n.model_copy(update={"where": "elsewhere.py:9"}) for n in PLAN.nodes)
    assert differences(PLAN, PLAN.model_copy(update={"nodes": moved})) == []


def test_nodes_that_come_and_go() -> None:
    small = without_node(PLAN, "worker2")
    assert "node worker2 is new" in differences(small, PLAN)
    assert "node worker2 is gone" in differences(PLAN, small)
    assert any(d.startswith("link ") and d.endswith(" is gone") for d in differences(PLAN, small))


def test_a_changed_link() -> None:
    first = PLAN.links[0]
    slow = first.model_copy(update={"shaping": Shaping(bandwidth=None, delay="5ms", loss=None)})
    changed = PLAN.model_copy(update={"links": (slow, *PLAN.links[1:])})
    assert differences(PLAN, changed) == [f"link {first.a.interface} changes"]


def test_a_changed_option() -> None:
    assert differences(PLAN, PLAN.model_copy(update={"asn": 64999})) == [f"asn: {PLAN.asn} → 64999"]


def test_a_change_that_has_no_words_of_its_own_is_still_one() -> None:
    pools = PLAN.pools.model_copy(update={"pods_v4": None})
    assert differences(PLAN, PLAN.model_copy(update={"pools": pools})) == ["pools or options"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b'{"nodes": 7}'])
def test_an_unreadable_record_is_none(tmp_path: Path, content: bytes) -> None:
    lab = LabDir("x", tmp_path)
    assert recorded_plan(lab) is None
    lab.path.mkdir()
    lab.plan_file.write_bytes(content)
    assert recorded_plan(lab) is None


def test_a_plan_survives_its_record(tmp_path: Path) -> None:
    lab = LabDir("x", tmp_path)
    lab.path.mkdir()
    lab.plan_file.write_text(PLAN.model_dump_json())
    assert recorded_plan(lab) == PLAN


def test_unknown_names_get_the_closest_or_all() -> None:
    assert unknown("node", "wroker1", ["worker1", "r1"]).fix == "did you mean 'worker1'?"
    assert unknown("node", "zzz", ["b", "a"]).fix == "there are: a, b"


def test_a_long_list_of_names_is_cut() -> None:
    fix = unknown("program", "x", [f"r{n}.isisd" for n in range(10, 50)]).fix
    assert fix is not None
    assert fix.startswith("there are: r10.isisd, r11.isisd") and fix.endswith(" and 32 more")
    assert unknown("program", "x", []).fix == "there is none"
