"""Scenarios' controls can fail: a cut that nobody felt, and a probe that was lost elsewhere."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from testbed.errors import CheckFailed, TestbedError
from testbed.prove.expectation import Expectation, via
from testbed.prove.packets import Observation
from testbed.prove.path import Hop, Trace
from testbed.prove.proof import Endpoint, Proof
from testbed.prove.verdict import Verdict
from testbed.scenario.api import paths
from testbed.scenario.api.check import Check
from testbed.scenario.run import registry
from tests.paper_plan import paper_plan

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAN = paper_plan()
SIDS = tuple(map(ip_address, ("fcff:6::1", "fcff:8::1", "fcdd::12aa:d460:b250:45:b04")))


def seen(node: str, outgoing: bool) -> Observation:
    outer = {"outer_src": ip_address("fd11::1000"), "outer_dst": SIDS[0], "hop_limit": 60}
    inner = {"inner_src": ip_address("10.0.0.1"), "inner_dst": ip_address("10.0.0.2")}
    header = {"segments": SIDS, "segments_left": 2, "inner_hop_limit": 63}
    place = {"node": node, "interface": "x", "outgoing": outgoing, "tag": b"t" * 16}
    return Observation(**outer, **inner, **header, **place)  # type: ignore[arg-type]


def proof_of_loss_at(node: str) -> Proof:
    """Steered over r6, r8 at worker1, and seen at `node` last."""
    hops = (
        Hop("worker1", None, seen("worker1", True)),
        Hop(node, seen(node, False), None),
    )
    expectation: Expectation = via(PLAN, ["r6", "r8"], "worker2")
    src, dst = (Endpoint(f"pod-{n}", ip_address(f"10.0.0.{i}"), n) for i, n in _ENDS)
    trace = Trace(b"t" * 16, hops, delivered=False)
    return Proof(PLAN, src, dst, expectation, (trace,), (), Verdict(False, ("lost",)))


_ENDS = ((1, "worker1"), (2, "worker2"))


@pytest.mark.parametrize(("lost_at", "holds"), [("r6", True), ("r4", False)])
def test_a_loss_is_looked_for_at_its_node(
    lost_at: str, holds: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "prove", lambda *_: proof_of_loss_at(lost_at))
    check = Check()
    path = paths.PathCheck(PLAN, check, "a", "b", 4, tmp_path)
    try:
        path.is_lost_at("r6", because="segment not processed", segments=("r6", "r8"))
    except CheckFailed as failed:
        assert "r4" in str(failed)
    assert [c.passed for c in check.done] == [holds]


@dataclass
class Stream:
    lost: int
    longest_gap: float = 0.1

    def flowing(self, count: int, timeout: float) -> None: ...


@dataclass
class Lab:
    """A testbed whose cuts lose so many packets."""

    lost: int
    plan: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(profile="paper"))

    def pod(self, node: str) -> str:
        return node

    @contextmanager
    def traffic(self, *_: object, **__: object) -> Iterator[Stream]:
        yield Stream(self.lost)

    def path(self, *_: object, **__: object) -> SimpleNamespace:
        return SimpleNamespace(uses_segments=lambda *_: None)

    def inject(self, file: str) -> None: ...

    def wait_chosen(self, *_: object) -> None: ...

    def cut(self, a: str, b: str) -> None: ...

    def mend(self, a: str, b: str) -> None: ...


def test_a_cut_that_nobody_feels_shows_nothing() -> None:
    scenario = registry.find("link-failure")
    check = Check()
    scenario.function(Lab(lost=130), check)
    assert check.done and all(c.passed for c in check.done)
    with pytest.raises(CheckFailed, match="packets lost by the cut"):
        scenario.function(Lab(lost=0), Check())


def test_a_control_without_node_and_cause_is_refused_with_the_way_to_say_it(
    tmp_path: Path,
) -> None:
    path = paths.PathCheck(paper_plan(), Check(), "worker1", "worker2", 4, tmp_path)
    with pytest.raises(TestbedError, match="neither which node") as refused:
        path.fails("r6", "r8")
    assert 'is_lost_at(NODE, because="segment not processed"' in str(refused.value.fix)
