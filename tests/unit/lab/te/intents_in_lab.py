"""A lab whose network is given, with an intent in it, for tests of the TE engine at work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.engine.decide.what_if import with_down
from testbed.engine.from_plan import network_of
from testbed.engine.network import Network
from testbed.lab import policies
from testbed.lab.te import engine, what_if
from testbed.lab.te.changes import intent_plan
from testbed.lab.te.live import Live
from tests.paper_plan import paper_plan

PLAN = paper_plan()
SIDS = {node.name: node.cluster.local_sids for node in PLAN.cluster if node.cluster}
GOLD = """apiVersion: testbed/v1
kind: Intent
metadata: {name: gold}
spec: {from: worker1, to: worker2, family: IPv4, avoid: {links: [r4-r6]}}
"""
SetNetwork = Callable[[Network], None]


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SetNetwork:
    """Gives the lab this network; it has no intent and no policy yet."""
    (tmp_path / "gobgp/policies").mkdir(parents=True)
    monkeypatch.setattr(policies, "NODES", tmp_path)

    def set_network(network: Network) -> None:
        for module in (engine, what_if):
            monkeypatch.setattr(module, "live", lambda _: Live(network, SIDS))

    set_network(network_of(PLAN))
    return set_network


def cut(*links: str) -> Network:
    return with_down(network_of(PLAN), (), links)


def apply(text: str | None = GOLD) -> list[str]:
    planned, _ = engine.apply(PLAN, text, "gold.yaml" if text else "")
    return list(intent_plan(PLAN, planned).lines())


def files() -> dict[str, str]:
    return {f.name: f.read_text() for f in sorted(policies.store(PLAN).glob("*.json"))}
