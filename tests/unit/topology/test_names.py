"""Names that people give nodes: each that cannot be is refused once, with its line and a fix."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.topology.dns_label import as_label, is_label
from tests.unit.topology.topology_file import TWO, plan_of, problems_of, write

NAMES = {
    "Paris": "paris",
    "new york": "new-york",
    "as1_r2": "as1-r2",
    "r.5": "r-5",
    "K\u00f6ln": "koln",
    "-r6": "r6",
    "r7-": "r7",
    "r8/9": "r8-9",
    "3com": "com",
    "\u4eac": "",
    "": "",
}


def adding(names: list[str]) -> str:
    """Two linked routers, and a line for each further one."""
    return TWO + "\n".join(f"self.addLink(r1, self.addRouter({name!r}))" for name in names)


def test_all_are_refused_at_once_each_with_a_name_that_can_be(tmp_path: Path) -> None:
    found = problems_of(write(tmp_path, adding(list(NAMES))))
    assert [p.where for p in found] == [f"mine.py:{6 + n}" for n in range(len(NAMES))]
    assert [p.subject for p in found] == list(NAMES)
    assert all("a DNS label" in p.what and "a letter first" in p.what for p in found)
    assert [p.fix for p in found] == [
        f"rename it, e.g. to {label!r}" if label else "rename it" for label in NAMES.values()
    ]


def test_names_of_the_fixes_are_valid(tmp_path: Path) -> None:
    found = problems_of(write(tmp_path, adding(list(NAMES))))
    better = [said[1] for p in found if (said := re.search("e.g. to '(.*)'", p.fix))]
    assert {router.name for router in plan_of(tmp_path, adding(better)).routers} >= set(better)


@given(st.text(max_size=80))
def test_any_text_becomes_a_label_or_nothing(text: str) -> None:
    label = as_label(text)
    assert label == "" or is_label(label)
    assert not is_label(text) or label == text


@pytest.mark.parametrize(
    ("one", "other", "longest"),
    [
        ("amsterdam", "rotterdam", "amsterdam-rotterdam"),
        ("r1", "a-router-of-some-place", "r1-a-router-of-some-place"),
        ("a" * 63, "b", f"{'a' * 63}-b"),
    ],
)
def test_a_link_whose_interfaces_have_no_room_is_one_finding(
    tmp_path: Path, one: str, other: str, longest: str
) -> None:
    body = f'a, b = self.addRouters("{one}", "{other}")\nself.addLink(a, b)'
    (problem,) = problems_of(write(tmp_path, body))
    assert (problem.where, problem.subject) == ("mine.py:5", f"{one}-{other}")
    assert problem.what == (
        f"interface name {longest!r} has {len(longest)} characters, Linux allows 15"
    )
    assert problem.fix == "shorten one of the two node names"


def test_interface_names_of_parallel_links_need_room_for_their_number(tmp_path: Path) -> None:
    body = 'a, b = self.addRouters("abcdefg", "hijklmn")\nself.addLink(a, b)\n'
    assert plan_of(tmp_path, body)
    (problem,) = problems_of(write(tmp_path, body + "self.addLink(b, a)"))
    assert problem.where == "mine.py:6"
