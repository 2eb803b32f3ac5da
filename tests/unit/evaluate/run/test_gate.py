"""The look at the machine before the first sample: kept, said, and never in the way."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from testbed.errors import CheckFailed, TestbedError
from testbed.evaluate.figures.counters import Cpu, Machine, Reading
from testbed.evaluate.figures.stability import RUNS, Stability
from testbed.evaluate.run import gate, run, veth
from testbed.evaluate.run.meter import Meter
from testbed.host.progress import Progress
from testbed.scenario import Testbed
from tests.shipped_plans import shipped_plan

PLAN = shipped_plan("full")
ANSWER = """\
{"intervals": [], "end": {"sum_sent": {}, "sum_received": {"bits_per_second": 2e10}}}
exit 0
"""


class FakeMeter:
    def read(self, _nodes: object) -> Reading:
        return Reading({"": Machine(Cpu(idle=1), 0, 0, 1.0, 1.0)}, {}, {}, 0, 0)


@pytest.fixture(autouse=True)
def _pair(monkeypatch: pytest.MonkeyPatch) -> None:
    def make(_node: object, _mtu: int, _undo: ExitStack) -> None: ...

    monkeypatch.setattr(veth, "make", make)
    monkeypatch.setattr(veth, "execute", lambda *_: ANSWER)
    monkeypatch.setattr(gate, "handle", lambda name: name)
    monkeypatch.setattr(run, "workers", lambda _: ("worker1", "worker2"))


def examine(directory: Path) -> Progress:
    progress = Progress(quiet=True)
    testbed = cast(Testbed, SimpleNamespace(plan=PLAN))
    run._examine(testbed, cast(Meter, FakeMeter()), directory, progress)
    return progress


def test_equal_transfers_are_kept_and_said(tmp_path: Path) -> None:
    progress = examine(tmp_path)
    examine(tmp_path)
    first, _ = (tmp_path / gate.FILE).read_text().splitlines()
    assert Stability.model_validate_json(first).rates_bps == (2e10,) * RUNS
    assert progress.events[-1].title.startswith("this machine can measure: ")


def test_transfers_that_fail_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> str:
        raise CheckFailed("nothing was measured over the veth pair")

    monkeypatch.setattr(veth, "execute", fail)
    progress = examine(tmp_path)
    assert f"0 of {RUNS} transfers gave a result" in progress.events[-1].title


def test_a_machine_that_cannot_be_looked_at_keeps_nobody_from_measuring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise TestbedError("no veth here")

    monkeypatch.setattr(veth, "make", fail)
    progress = examine(tmp_path)
    assert progress.events[-1].title.endswith("is not known: no veth here")
    assert not (tmp_path / gate.FILE).exists()
