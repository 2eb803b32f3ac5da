"""Shaping of a link that is up: all of it is applied, or nothing is changed."""

from __future__ import annotations

import subprocess

import pytest

from testbed.backbone import shaping
from testbed.errors import MachineUnfit, TestbedError
from tests.paper_plan import paper_plan

PLAN = paper_plan()
LINK = PLAN.links[0]


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that would be run, without the words that enter a namespace."""
    commands: list[str] = []

    def run(command: list[str], *_: str, check: bool) -> subprocess.CompletedProcess[str]:
        assert not check
        if command[0] == "unshare":
            return subprocess.CompletedProcess(command, 0, "", "")
        commands.append(" ".join(command[command.index("tc") :]))
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(shaping, "run", run)
    return commands


@pytest.mark.parametrize(
    ("bw", "delay", "loss", "what"),
    [
        (2000.0, None, None, "a number from 0.001 to 1000 is needed"),
        (1000.5, "5ms", None, "a number from 0.001 to 1000 is needed"),
        (0.0, None, None, "a number from 0.001 to 1000 is needed"),
        (-1.0, None, None, "a number from 0.001 to 1000 is needed"),
        (float("nan"), None, None, "is needed"),
        (10.0, "soon", None, "a time with its unit is needed"),
        (10.0, "61s", None, "a time of at most 60s"),
        (10.0, None, 101.0, "a number from 0 to 100 is needed"),
    ],
)
def test_what_cannot_be_applied_leaves_the_limit_that_there_is(
    done: list[str], bw: float | None, delay: str | None, loss: float | None, what: str
) -> None:
    with pytest.raises(TestbedError, match=what):
        shaping.reshape(PLAN, LINK, bw, delay, loss)
    assert done == []


def test_what_the_kernel_refuses_leaves_the_limit_that_there_is(
    done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(command: list[str], *_: str, check: bool) -> subprocess.CompletedProcess[str]:
        assert not check and command[:3] == ["unshare", "--net", "tc"], "only a trial"
        return subprocess.CompletedProcess(
            command, 2, "", "Error: Specified qdisc kind is unknown."
        )

    monkeypatch.setattr(shaping, "run", refuse)
    with pytest.raises(MachineUnfit, match="netem delay 5ms") as refused:
        shaping.reshape(PLAN, LINK, None, "5ms", None)
    assert refused.value.why == "Error: Specified qdisc kind is unknown."
    assert done == []


def test_all_that_is_given_is_applied_at_both_ends(done: list[str]) -> None:
    shaping.reshape(PLAN, LINK, 1000.0, "5ms", 2.0)
    for port in (LINK.a, LINK.b):
        mine = [command for command in done if f" dev {port.interface} " in f"{command} "]
        assert mine[0] == f"tc qdisc del dev {port.interface} root"
        assert any("rate 1000" in command for command in mine[1:])
        assert any("delay 5ms" in command and "loss 2" in command for command in mine[1:])


def test_all_packets_get_lost_on_any_kernel(done: list[str]) -> None:
    shaping.reshape(PLAN, LINK, 10.0, "5ms", 100)
    assert [command for command in done if " add " in command] == [
        f"tc qdisc add dev {port.interface} root blackhole" for port in (LINK.a, LINK.b)
    ]


def test_nothing_given_takes_the_shaping_away(done: list[str]) -> None:
    shaping.reshape(PLAN, LINK, None, None, None)
    assert done == [f"tc qdisc del dev {port.interface} root" for port in (LINK.a, LINK.b)]
