"""What is read out of vagrant's words; vagrant is played by a script."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.providers.vagrant.machines import Files
from testbed.providers.vagrant.vagrant import Vagrant, reachable

SAID = """\
Bringing machine 'worker1' up with 'libvirt' provider...
\033[KProgress: 100%\033[K==> master: Creating image (snapshot of base box volume).
    worker1: Warning: Connection refused. Retrying...
==> worker1: Machine booted and ready!
==> master: Machine booted and ready!
==> master: Machine not provisioned because `--no-provision` is specified.
"""


def test_a_machine_is_reachable_when_vagrant_says_so() -> None:
    names = [name for line in SAID.splitlines() if (name := reachable(line))]
    assert names == ["worker1", "master"]


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "vagrant"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{SAID}END\nexit $(cat {tmp_path}/code)\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def test_each_machine_is_told_and_all_is_logged(played: Path) -> None:
    (played / "code").write_text("0")
    heard: list[str] = []
    Vagrant(Files(played), played / "vagrant.log").up(["master", "worker1"], heard.append)
    assert heard == ["worker1", "master"]
    assert (played / "vagrant.log").read_text() == SAID


def test_a_failure_has_vagrants_last_words(played: Path) -> None:
    (played / "code").write_text("3")
    with pytest.raises(TestbedError, match=r"vagrant up failed \(exit 3\)") as raised:
        Vagrant(Files(played), played / "vagrant.log").up(["master"], lambda _name: None)
    assert "--no-provision" in str(raised.value.why)
