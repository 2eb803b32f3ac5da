"""Virtual machines may be emulated: whatever a scenario waits for gets one factor more time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from testbed.plan.model import Plan
from testbed.plan.traits import EMULATED
from testbed.scenario.api import context, manifests
from testbed.scenario.api.check import Check
from testbed.scenario.api.context import Context
from testbed.topology.load import load_plan

FACTOR = EMULATED


def machines() -> Plan:
    kubernetes = {"orchestrator": "kubernetes", "backend": "vagrant"}
    return load_plan("basic").model_copy(update=kubernetes)


def test_only_machines_need_it() -> None:
    assert load_plan("basic").slowness == 1
    assert load_plan("backbone").model_copy(update={"backend": "vagrant"}).slowness == 1
    assert machines().slowness == FACTOR


@pytest.mark.parametrize("word", ["wait", "wait_for"])
def test_waits(word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []

    def remember(*given: Any) -> None:
        seen.append(given[2])

    monkeypatch.setattr(context, "wait_for", remember)
    for plan in (load_plan("basic"), machines()):
        here = Context(plan, Check(), tmp_path, None)
        getattr(here, word)("something", lambda: (True, ""), timeout=7)
    assert seen == [7, 7 * FACTOR]


def test_servers_go_on_until_every_proxy_has_heard() -> None:
    wanted = manifests.Deployment("web", patience=FACTOR)
    spec = manifests.deployment(wanted)["spec"]["template"]["spec"]
    sleep = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert sleep == manifests.DRAIN * FACTOR < spec["terminationGracePeriodSeconds"]
