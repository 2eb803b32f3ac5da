"""knb's transfers between two ends that are pretended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import cast

import pytest

from testbed.evaluate.cases import BY_ID
from testbed.evaluate.figures.counters import Cpu, Machine, Reading
from testbed.evaluate.run.ends import Ends
from testbed.evaluate.run.iperf3 import NoTransfer
from testbed.evaluate.run.knb import Bench
from testbed.evaluate.run.meter import Meter
from tests.shipped_plans import shipped_plan

PLAN = shipped_plan("full")
UDP = BY_ID["pod-to-service.udp.ipv4.across.srv6.1seg.1stream"]
SAID = {"end": {"sum_received": {"bits_per_second": 5e8}}}


class FakeMeter:
    """A machine that is half busy; worker2 is one of its own, and is idle."""

    def __init__(self) -> None:
        self.readings = 0.0

    def read(self, _nodes: object) -> Reading:
        self.readings += 1
        n = self.readings
        half, idle = Cpu(system=n, idle=n), Cpu(idle=n)
        machines = {"": Machine(half, 0, 0, n, n), "worker2": Machine(idle, 0, 0, n, n)}
        return Reading(machines, {}, {}, 0, 0)


def bench(directory: Path, code: int = 0) -> tuple[Bench, list[list[str]]]:
    commands: list[list[str]] = []

    def execute(words: Sequence[str], _limit: float) -> str:
        commands.append(list(words))
        return f"{json.dumps(SAID)}\nexit {code}\n"

    pod, service = {4: ip_address("192.0.2.1")}, {4: ip_address("198.51.100.1")}
    nodes = ("worker1", "worker2")
    ends = Ends(nodes, pod, service, None, 1284, execute, lambda _: "")
    return Bench(PLAN, cast(Meter, FakeMeter()), ends, directory / "raw"), commands


def test_a_transfer_is_kept_as_iperf3_said_it(tmp_path: Path) -> None:
    knb, _ = bench(tmp_path)
    result = knb.transfer(UDP, "pod2svc-udp").document()
    assert result["bandwidth"] == 500
    assert json.loads((tmp_path / "raw/pod2svc-udp.json").read_text()) == SAID


def test_a_service_is_called_by_its_address(tmp_path: Path) -> None:
    knb, commands = bench(tmp_path)
    knb.transfer(UDP, "pod2svc-udp")
    (words,) = commands
    assert " ".join(words).endswith("iperf3 -u -b 0 -c 198.51.100.1 -O 1 -f m -t 10 --json")


def test_nodes_that_are_namespaces_share_a_machine_and_others_have_their_own(
    tmp_path: Path,
) -> None:
    result = bench(tmp_path)[0].idle()
    assert result.client.document()["cpu"] != result.server.document()["cpu"]
    assert result.client.cpu.share(result.client.cpu.busy) == 0.5
    assert result.server.cpu.busy == 0
    assert result.bandwidth == 0


def test_a_transfer_that_fails_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(NoTransfer, match="hangs"):
        bench(tmp_path, code=124)[0].transfer(UDP, "pod2svc-udp")
    assert not (tmp_path / "raw").exists()
