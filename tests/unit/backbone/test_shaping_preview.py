"""What a dry run of `link set` says of a link's ends, from what tc shows."""

from __future__ import annotations

from subprocess import CompletedProcess

import pytest

from testbed.backbone import shaping
from testbed.errors import MachineUnfit, TestbedError
from testbed.plan.model import Link, Plan
from tests.paper_plan import paper_plan

SHAPED = """\
qdisc htb 5: dev r1-r2 root refcnt 9 r2q 10 default 0x1 direct_packets_stat 7 direct_qlen 1000
qdisc netem 10: dev r1-r2 parent 5:1 limit 1000 delay 5ms seed 871
class htb 5:1 root leaf 10: prio 0 rate 10Mbit ceil 10Mbit burst 15Kb cburst 1600b
"""
ELSEWHERE = """\
qdisc htb 5: dev lo root refcnt 2 r2q 10 default 0x1 direct_packets_stat 0 direct_qlen 1000
qdisc netem 10: dev lo parent 5:1 limit 1000 delay 5ms seed 3
class htb 5:1 root leaf 10: prio 0 rate 10Mbit ceil 10Mbit burst 15Kb cburst 1600b
"""
DEFAULTS = """\
qdisc mq 0: dev eth0 root
qdisc fq_codel 0: dev eth0 parent :1 limit 10240p flows 1024
class mq :1 root
"""


def test_two_interfaces_that_are_shaped_alike_compare_equal() -> None:
    assert shaping.comparable(SHAPED) == shaping.comparable(ELSEWHERE)
    slower = ELSEWHERE.replace("delay 5ms", "delay 6ms")
    assert shaping.comparable(SHAPED) != shaping.comparable(slower)


def test_the_kernels_defaults_are_no_shaping() -> None:
    assert shaping.comparable(DEFAULTS) == []
    assert shaping.comparable("qdisc noqueue 0: dev r1-r2 root refcnt 2 \n") == []


@pytest.mark.parametrize(
    ("now", "becomes", "change"),
    [
        ([], [], "unchanged"),
        (["a"], ["a"], "unchanged"),
        ([], ["a"], "shaped"),
        (["a"], ["b"], "changed"),
        (["a"], [], "withdrawn"),
    ],
)
def test_the_change_of_an_end(now: list[str], becomes: list[str], change: str) -> None:
    assert shaping.change_of(now, becomes) == change


class Machine:
    """Stands in for the runner: keeps what was run, and answers as tc does."""

    def __init__(self, tried: str, shown: str, complaint: str = "") -> None:
        self.tried, self.shown, self.complaint = tried, shown, complaint
        self.ran: list[list[str]] = []
        self.batch = ""

    def run(self, command: list[str], stdin: str = "", **_: bool) -> CompletedProcess[str]:
        self.ran.append(command)
        if command[0] == "unshare":
            self.batch = stdin
            return CompletedProcess(command, bool(self.complaint), self.tried, self.complaint)
        shown = self.shown if "qdisc" in command else ""
        return CompletedProcess(command, 0, shown, "")


@pytest.fixture
def plan() -> Plan:
    return paper_plan()


def link(plan: Plan) -> Link:
    return plan.links[0]


def ends(plan: Plan) -> list[str]:
    return [f"{port.node}:{port.interface}" for port in (link(plan).a, link(plan).b)]


def test_each_end_has_a_line_and_the_lab_is_only_read(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(ELSEWHERE, "qdisc noqueue 0: dev x root refcnt 2\n")
    monkeypatch.setattr(shaping, "run", machine.run)
    said = shaping.preview(plan, link(plan), 10, "5ms", None)
    assert said == [f"{end} shaped: bw 10, delay 5ms" for end in ends(plan)]
    tried, *read = machine.ran
    assert tried == ["unshare", "--net", "tc", "-batch", "-"]
    assert "netem delay 5ms" in machine.batch
    assert read and all("show" in command for command in read)


def test_no_option_takes_the_shaping_away(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shaping, "run", Machine("", SHAPED).run)
    said = shaping.preview(plan, link(plan), None, None, None)
    assert said == [f"{end} withdrawn: no shaping" for end in ends(plan)]


def test_what_the_kernel_does_not_do_is_refused_with_the_command(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaint = "Error: Specified qdisc kind is unknown.\nCommand failed -:3\n"
    machine = Machine("", "", complaint)
    monkeypatch.setattr(shaping, "run", machine.run)
    with pytest.raises(MachineUnfit, match=r"`tc qdisc add dev lo parent 5:1 .* delay 5ms`") as bad:
        shaping.preview(plan, link(plan), 10, "5ms", None)
    assert bad.value.why == "Error: Specified qdisc kind is unknown."
    assert len(machine.ran) == 1


def test_values_that_cannot_be_applied_are_refused_first(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine("", "")
    monkeypatch.setattr(shaping, "run", machine.run)
    with pytest.raises(TestbedError, match="correct it"):
        shaping.preview(plan, link(plan), 10_000, None, None)
    assert machine.ran == []
