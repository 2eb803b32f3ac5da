"""The TE engine is told of an API server where there is one whose intents it takes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import cast

import pytest

from testbed.host.supervisor import Program, Supervisor
from testbed.orchestrators import agents
from testbed.plan.model import Plan
from tests.shipped_plans import shipped_plan

CONF = "/run/testbed/kubernetes/te-engine.conf"


class Started:
    """A supervisor that keeps what is to be started."""

    def __init__(self) -> None:
        self.programs: dict[str, Program] = {}

    def add(self, programs: Iterable[Program]) -> None:
        self.programs |= {program.name: program for program in programs}


def command(plan: Plan, monkeypatch: pytest.MonkeyPatch, directory: Path) -> tuple[str, ...]:
    monkeypatch.setattr(agents, "NODES", directory)
    monkeypatch.setattr(agents, "present", lambda _: [])
    started = Started()
    agents.start_injectors(plan, cast(Supervisor, started), Path("/gobgpd"))
    return tuple(started.programs[f"{plan.injectors[0].name}.te"].command)


def test_with_kubernetes_it_has_credentials_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plan = shipped_plan("full").model_copy(update={"orchestrator": "kubernetes"})
    words = command(plan, monkeypatch, tmp_path)
    assert words[words.index("--kubeconfig") + 1] == CONF
    assert words[words.index("--api-from") + 1] == "master"


@pytest.mark.parametrize("change", [{"orchestrator": "none"}, {"overlay": "calico-vpp"}], ids=str)
def test_elsewhere_it_has_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: dict[str, str]
) -> None:
    plan = shipped_plan("full").model_copy(update={"orchestrator": "kubernetes", **change})
    assert not plan.takes_intent_objects
    assert "--kubeconfig" not in command(plan, monkeypatch, tmp_path)
