"""What is said of words about a lab: links, policies, pictures; the fix's word is taken."""

from __future__ import annotations

from ipaddress import IPv6Address
from pathlib import Path

import pytest
from typer.testing import CliRunner

from testbed.cli.main import app
from testbed.errors import TestbedError
from testbed.lab import policies
from testbed.lab.access.links import find_link
from testbed.lab.policies import InjectedPolicy
from testbed.srpolicy.bgp.encode import encode_attributes
from testbed.srpolicy.model import Candidate, Segment, SegmentList
from testbed.topology import load
from tests.unit.fixes.applied import is_printed_by
from tests.unit.fixes.applied_words import FULL, listed


@pytest.mark.parametrize(
    ("ends", "key"),
    [
        (("r1", "r22"), "testbed/lab/access/inside.py: did you mean {close[0]}?"),
        (
            ("ra", "rb"),
            "testbed/lab/access/links.py: name it by an interface: "
            "{', '.join((f'{node}:{_end(x, node)}' for x in found))}",
        ),
    ],
)
def test_the_words_for_a_link(tmp_path: Path, ends: tuple[str, str], key: str) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from testbed.topology import LabTopo\n"
        "class Mine(LabTopo):\n"
        "    def build(self, **options):\n"
        "        self.addRouters('r1', 'r2', 'ra', 'rb')\n"
        "        self.addLinks(('r1', 'r2'), ('r2', 'ra'), ('ra', 'rb'), ('ra', 'rb'))\n"
        "        super().build(**options)\n"
    )
    plan = load.load_plan(str(file))
    with pytest.raises(TestbedError) as refused:
        find_link(plan, *ends)
    fix = refused.value.fix or ""
    assert is_printed_by(key, fix)
    quoted = fix.split("'")
    told = [ends[0], quoted[1]] if len(quoted) > 1 else [listed(fix), ends[1]]
    assert find_link(plan, *told) in plan.links


@pytest.mark.parametrize("there", [["one", "two"], []])
def test_policies_to_withdraw(monkeypatch: pytest.MonkeyPatch, there: list[str]) -> None:
    injected = [InjectedPolicy(name, 0, 94, "fd11::1000", "f.yaml", (), 4) for name in there]
    monkeypatch.setattr(policies, "injected", lambda _: injected)
    key = (
        "testbed/lab/policies.py: injected are: {', '.join(known)}"
        if there
        else "testbed/lab/policies.py: nothing is injected"
    )
    with pytest.raises(TestbedError) as refused:
        policies.select(FULL, [], every=False)
    assert is_printed_by(key, refused.value.fix)
    if there:
        told = listed(refused.value.fix or "")
        assert [p.name for p in policies.select(FULL, [told], every=False)] == [told]
    with pytest.raises(TestbedError) as unknown_name:
        policies.select(FULL, ["onee"], every=False)
    near = (
        "testbed/lab/access/inside.py: did you mean {close[0]}?"
        if there
        else "testbed/lab/access/inside.py: there is none"
    )
    assert is_printed_by(near, unknown_name.value.fix)


@pytest.mark.parametrize("suffix", [".svg", ".png", ".dot"])
def test_a_kind_of_picture(tmp_path: Path, suffix: str) -> None:
    runner = CliRunner()
    refused = runner.invoke(app, ["graph", "basic", "-o", str(tmp_path / "x.gif")])
    error = refused.exception
    assert isinstance(error, TestbedError)
    assert is_printed_by("testbed/cli/graph.py: use .svg, .png or .dot", error.fix)
    assert suffix in (error.fix or "")
    drawn = tmp_path / f"x{suffix}"
    assert runner.invoke(app, ["graph", "basic", "-o", str(drawn)]).exit_code == 0
    assert drawn.stat().st_size > 100


def test_a_policy_too_long_for_bgp() -> None:
    def policy(lists: int) -> Candidate:
        one = SegmentList((Segment(IPv6Address("fcff:6::1"), 1),) * 12)
        return Candidate(endpoint=IPv6Address("fd11::1000"), segment_lists=(one,) * lists, color=9)

    key = "testbed/srpolicy/bgp/encode.py: use fewer or shorter segment lists"
    with pytest.raises(TestbedError) as refused:
        encode_attributes(policy(40), IPv6Address("fd00::1"), ())
    assert is_printed_by(key, refused.value.fix)
    assert encode_attributes(policy(2), IPv6Address("fd00::1"), ())
