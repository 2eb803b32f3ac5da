"""What every node says is one problem."""

from __future__ import annotations

from dataclasses import replace

import pytest

from testbed.agent.contract import NodeStatus, SessionStatus
from testbed.orchestrators.overlays import agent
from testbed.orchestrators.overlays.agent import AgentOverlay, say_who
from tests.shipped_plans import shipped_plan

POOL = "IPPool extra overlaps default-ipv4-ippool, which is older"


def test_one_problem_of_all_nodes_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = shipped_plan("full")
    monkeypatch.setattr(agent, "present", lambda _: plan.cluster)
    monkeypatch.setattr(agent, "_node_problems", lambda _plan, status, _names: status.problems)

    def status_of(name: str) -> NodeStatus | None:
        if name == "worker2":
            return None
        own = ("no disk",) if name == "master" else ()
        return replace(NodeStatus(name), problems=(*own, POOL))

    monkeypatch.setattr(agent, "agent_status", status_of)
    assert AgentOverlay().problems(plan) == [
        "master: no disk",
        f"master, worker1: {POOL}",
        "worker2: the agent has not reported yet",
    ]


def test_a_session_with_the_nodes_router_counts_once_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = shipped_plan("full")

    def problems(*states: str) -> list[str]:
        sessions = tuple(SessionStatus("r3", "fd11::1020", state, "", 0) for state in states)
        monkeypatch.setattr(agent, "agent_status", lambda name: NodeStatus(name, sessions=sessions))
        return [p for p in AgentOverlay().problems(plan) if "r3" in p]

    monkeypatch.setattr(agent, "present", lambda _: [plan.node("worker1")])
    assert problems() == problems("Established") == []
    assert problems("Active") == ["worker1: no BGP session with r3"]


def test_the_first_few_are_named() -> None:
    assert say_who(["a"]) == "a"
    assert say_who(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
