"""Whose programs and files `exec` gives: those of a pod's container, unless its network is all."""

from __future__ import annotations

import pytest

from testbed.lab.access import inside
from testbed.plan.model import Plan
from tests.paper_plan import paper_plan

PLAN = paper_plan()


class Became(Exception):
    """In place of exec."""


class Orchestrator:
    """Its pods have containers, or have none."""

    def __init__(self, containers: bool) -> None:
        self.containers = containers

    def container_command(
        self, _: Plan, pod: str, command: list[str], terminal: bool
    ) -> list[str] | None:
        options = ["-it"] if terminal else []
        return ["in-container", *options, pod, *command] if self.containers else None


class Outside:
    """Where there is no container: the network of the node or pod alone."""

    def become(self, command: list[str], _: str | None) -> None:
        raise Became(["in-network", *command])


def become(command: list[str], *_: object, **__: object) -> None:
    raise Became(command)


@pytest.mark.parametrize(
    ("name", "containers", "network_only", "words"),
    [
        ("web", True, False, ["in-container", "web", "touch", "x"]),
        ("web", True, True, ["in-network", "touch", "x"]),
        ("web", False, False, ["in-network", "touch", "x"]),
        ("worker1", True, False, ["in-network", "touch", "x"]),
    ],
)
def test_a_pods_command_runs_in_its_container(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    containers: bool,
    network_only: bool,
    words: list[str],
) -> None:
    monkeypatch.setattr(inside, "orchestrator_of", lambda _: Orchestrator(containers))
    monkeypatch.setattr(inside, "netns_of", lambda _, name: name)
    monkeypatch.setattr(inside, "elsewhere", lambda *_: Outside())
    monkeypatch.setattr(inside, "become", become)
    with pytest.raises(Became) as became:
        inside.replace_process(PLAN, name, ["touch", "x"], network_only=network_only)
    assert became.value.args == (words,)


def test_a_shell_is_one_that_a_container_has() -> None:
    kubernetes = PLAN.model_copy(update={"orchestrator": "kubernetes"})
    assert inside.shell_command(kubernetes, "web", network_only=False)[0] == "sh"
    for plan, name, network_only in (
        (kubernetes, "web", True),
        (kubernetes, "worker1", False),
        (PLAN.model_copy(update={"orchestrator": "none"}), "web", False),
    ):
        assert inside.shell_command(plan, name, network_only)[0] == "bash"
