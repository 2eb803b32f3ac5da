"""Control groups of both versions, and of labs without any."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from testbed.evaluate.run import meter
from testbed.evaluate.run.meter import Groups, Meter, _seconds_of_processes
from testbed.host.cgroups import Hierarchy
from tests.shipped_plans import shipped_plan

MACHINES = shipped_plan("full").model_copy(update={"backend": "vagrant"})
V2 = [Hierarchy("unified", "cgroup2", "", "/x")]
V1 = [
    Hierarchy("cpu,cpuacct", "cgroup", "cpu,cpuacct", "/x"),
    Hierarchy("memory", "cgroup", "memory", "/x"),
    Hierarchy("systemd", "cgroup", "none,name=systemd", "/x"),
    Hierarchy("unified", "cgroup2", "", "/x"),
]


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.fixture(params=[1, 2])
def groups(request: pytest.FixtureRequest, tmp_path: Path) -> Groups:
    """A lab that used 9 s, of which worker1 used 2.5, and quotas in two groups below it."""
    if request.param == 2:
        write(tmp_path / "cpu.stat", "usage_usec 9000000\nnr_throttled 0\n")
        write(tmp_path / "worker1/cpu.stat", "usage_usec 2500000\nnr_throttled 3\n")
        write(tmp_path / "worker1/kubepods/cpu.stat", "usage_usec 1\nnr_throttled 4\n")
        write(tmp_path / "worker1/memory.current", "1000\n")
        return Groups(tmp_path, V2)
    cpu = tmp_path / "cpu,cpuacct"
    write(cpu / "cpuacct.usage", "9000000000\n")
    write(cpu / "worker1/cpuacct.usage", "2500000000\n")
    write(cpu / "worker1/cpu.stat", "nr_periods 9\nnr_throttled 3\n")
    write(cpu / "worker1/kubepods/cpu.stat", "nr_periods 9\nnr_throttled 4\n")
    write(tmp_path / "memory/worker1/memory.usage_in_bytes", "1000\n")
    return Groups(tmp_path, V1)


def test_a_lab_and_its_node(groups: Groups) -> None:
    assert groups.cpu_seconds() == pytest.approx(9)
    assert groups.cpu_seconds("worker1") == pytest.approx(2.5)
    assert groups.memory("worker1") == 1000
    assert groups.throttled() == 7


def test_a_machine_of_its_own_is_all_its_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its counters are asked for there; the lab is what its processes here are."""

    class Guest:
        def run(self, argv: Sequence[str]) -> str:
            return subprocess.run(argv, capture_output=True, text=True, check=True).stdout

    monkeypatch.setattr(meter, "handle", lambda _: Guest())
    monkeypatch.setattr(Groups, "mounted", classmethod(lambda _: None))
    reading = Meter(MACHINES).read(["worker1", "worker2", "worker1"])
    assert reading.machines.keys() == {"", "worker1", "worker2"}
    assert reading.cpu_s["worker1"] == reading.machines["worker1"].cpu.busy > 0
    assert reading.memory_bytes.keys() == {"worker1", "worker2"}
    assert reading.lab_cpu_s > 0


def test_a_host_that_lets_nobody_in_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not Groups(tmp_path / "file", V2).join()


def test_a_lab_without_groups_is_its_processes(tmp_path: Path) -> None:
    stat = "7 (a b) c) S 1 1 1 0 -1 0 0 0 0 0 {} 20 0 1 0 9"
    write(tmp_path / "7/stat", stat.format("100 50 25 25"))
    write(tmp_path / "8/stat", stat.format("100 0 0 0"))
    write(tmp_path / "self/stat", stat.format("900 0 0 0"))
    (tmp_path / "9").mkdir()  # it ended meanwhile
    assert _seconds_of_processes(tmp_path) == 3
