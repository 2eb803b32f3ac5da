"""What docs/coming-from.md names for another tool's command does something here, as typed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.images.build.oci import Image, write_layout
from testbed.images.build.tree import File
from tests.integration.page_reader import Reader
from tests.pages import coming_from
from tests.repository import ROOT

pytestmark = [pytest.mark.root, pytest.mark.night]

LAB = """
from testbed.topology import LabTopo


class Lab(LabTopo):
    def build(self, **options):
        self.addLink(self.addRouter("r1"), self.addRouter("r2"))
        super().build(**options)
"""
POLICY = """
apiVersion: testbed/v1
kind: SRPolicy
metadata:
  name: spread
spec:
  endpoint: worker2
  color: 20
  family: IPv4
  candidates:
  - preference: 100
    segmentLists:
    - segments: [r4, worker2]
"""
POOL = """
apiVersion: projectcalico.org/v3
kind: IPPool
metadata:
  name: of-vxlan
spec:
  cidr: 10.200.0.0/16
  vxlanMode: Always
"""
# They go on until they are interrupted; what is behind them ends them.
ENDLESS = ("testbed capture ", "testbed events -w", "testbed logs -f")
INTERRUPTED = "timeout --preserve-status --signal=INT 4 "
NOT_HERE = "this kernel does not do `tc qdisc add"  # delay and loss need netem
# Nobody types these here.
TYPED_ELSEWHERE = {
    "testbed run --all -n lab": "test_scenarios.py and test_scenarios_second.py, for minutes",
}


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Somebody with the files that the rows name, and the lab that most of them mean."""
    directory = tmp_path_factory.mktemp("typed")
    (directory / "lab.py").write_text(LAB)
    (directory / "policy.yaml").write_text(POLICY)
    (directory / "pool.yaml").write_text(POOL)
    (directory / "file.yaml").write_text(POOL)
    (directory / "scenarios").symlink_to(ROOT / "scenarios")
    write_layout(Image("example.invalid/web:1", {"/f": File(b"x")}), directory / "web.tar")
    found = Reader(directory, Path(sys.executable).parent)
    found.environment = {
        "TESTBED_NAME": found.lab("testbed"),
        "TESTBED_STATE": str(directory / "state"),
    }
    try:
        yield found
    finally:
        found.leave()


@pytest.mark.parametrize("tool", coming_from())
def test_each_row_does_something(reader: Reader, tool: str) -> None:
    if tool == "kind":  # two clusters, and those of other tests, are more than a kernel may watch
        reader.labs["lab"] = reader.lab("testbed")
    commands = [typed for typed in coming_from()[tool] if typed not in TYPED_ELSEWHERE]
    results = reader.type_all(["testbed up full", *map(as_typed, in_order(commands))])
    wrong = [
        f"{typed}: exit code {code}\n{output}"
        for typed, (code, output) in zip(["up", *in_order(commands)], results, strict=True)
        if code != 0 and NOT_HERE not in output
    ]
    assert not wrong, "\n\n".join(wrong)


def in_order(commands: list[str]) -> list[str]:
    """Labs come up first and go last, as in no table."""
    return sorted(commands, key=lambda typed: (" down" in typed) - (" up " in typed))


def as_typed(command: str) -> str:
    """By somebody who leaves a shell again, and interrupts what goes on for ever."""
    if command.startswith("testbed shell"):
        return f"echo exit | {command}"
    if command.startswith(ENDLESS):
        return f"{INTERRUPTED}{command} > typed.out; code=$?; (exit $((code == 130 ? 0 : code)))"
    return command
