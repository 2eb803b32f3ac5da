"""A machine that ends while it boots is noticed; one that has not begun, or is unknown, is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.providers.vagrant import libvirt, node
from testbed.providers.vagrant.machines import Files, Machine

MACHINES = [Machine("master", 0, "master-r1", 1380), Machine("worker1", 1, "worker1-r1", 1380)]


def test_who_ran_and_runs_no_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "values.json").write_text('{"prefix": "lab_"}')
    ended = node._Ended(MACHINES, Files(tmp_path))
    states: dict[str, str] = {}
    monkeypatch.setattr(libvirt, "states", lambda: states)
    assert ended() == ""
    states |= {"lab_master": "running", "lab_worker1": "shut off"}  # defined, not yet started
    assert ended() == ""
    states |= {"lab_worker1": "running"}
    assert ended() == ""
    states |= {"lab_worker1": "shut off"}
    assert ended() == "virtual machine worker1 ended while it booted"


def test_a_libvirtd_that_does_not_answer_says_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "values.json").write_text('{"prefix": "lab_"}')
    ended = node._Ended(MACHINES, Files(tmp_path))

    def refused() -> dict[str, str]:
        raise TestbedError("no answer")

    monkeypatch.setattr(libvirt, "states", refused)
    assert ended() == ""
