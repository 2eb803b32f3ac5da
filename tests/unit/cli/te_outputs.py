"""What the commands of the TE engine print as data, on a network that is as planned or cut."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.backbone import link_state
from testbed.cli import engine
from testbed.engine.from_plan import network_of
from testbed.lab import policies, protection
from testbed.lab.te import engine as te_engine
from testbed.lab.te import what_if as te_what_if
from testbed.lab.te.live import Live
from tests.repository import ROOT
from tests.shipped_plans import shipped_plan
from tests.unit.cli.said import said
from tests.unit.engine.linkstate.test_linkstate import HOSTNAMES

Patch = pytest.MonkeyPatch


def _te_topology(patch: Patch, _: Path) -> str:
    database = (ROOT / "tests/unit/engine/linkstate/frr-8.4-cut.txt").read_text()
    patch.setattr(engine, "enter", lambda _: shipped_plan("full"))
    patch.setattr(link_state, "_ask", lambda _, what: HOSTNAMES if "host" in what else database)
    return said("te", "topology", "-o", "json")


def _te_protection(patch: Patch, _: Path) -> str:
    database = (ROOT / "tests/unit/engine/linkstate/frr-8.4-cut.txt").read_text()
    patch.setattr(engine, "enter", lambda _: shipped_plan("full", repair="node"))
    patch.setattr(link_state, "_ask", lambda _, what: HOSTNAMES if "host" in what else database)
    patch.setattr(protection, "places_in", lambda _: frozenset())
    return said("te", "protection", "-o", "json")


INTENT = """apiVersion: testbed/v1
kind: Intent
metadata: {name: gold}
spec: {from: worker1, to: worker2, avoid: {nodes: [r7]}, protect: true, bandwidth: 10}
"""


def _te(patch: Patch, directory: Path, *words: str) -> str:
    """With an intent that is kept, on a network that is as planned."""
    plan = shipped_plan("full")
    sids = {node.name: node.cluster.local_sids for node in plan.cluster if node.cluster}
    (directory / "gobgp/policies").mkdir(parents=True)
    patch.setattr(engine, "enter", lambda _: plan)
    patch.setattr(policies, "NODES", directory)
    now = Live(network_of(plan), sids)
    for module in (te_engine, te_what_if):
        patch.setattr(module, "live", lambda _: now)
    te_engine.apply(plan, INTENT, "gold.yaml")
    return said("te", *words, "-o", "json")


def _te_plan(patch: Patch, directory: Path) -> str:
    return _te(patch, directory, "plan")


def _te_list(patch: Patch, directory: Path) -> str:
    return _te(patch, directory, "list")


def _te_explain(patch: Patch, directory: Path) -> str:
    return _te(patch, directory, "explain", "gold")


def _te_whatif(patch: Patch, directory: Path) -> str:
    return _te(patch, directory, "whatif", "--down", "r8")


TE_OUTPUTS: dict[str, Callable[[Patch, Path], str]] = {
    "te-topology": _te_topology,
    "te-protection": _te_protection,
    "te-plan": _te_plan,
    "te-list": _te_list,
    "te-explain": _te_explain,
    "te-whatif": _te_whatif,
}
