"""The vagrant that a lab runs: what it is given, what is said of a failure, and when it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.host.wait import wait_for
from testbed.providers.vagrant.machines import Files
from testbed.providers.vagrant.vagrant import Vagrant


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for vagrant, first in PATH; tests write what it does."""
    file = tmp_path / "bin" / "vagrant"
    file.parent.mkdir()
    file.touch(0o755)
    monkeypatch.setenv("PATH", f"{file.parent}:{os.environ['PATH']}")
    return file


def test_it_is_told_which_machines_and_which_lab(program: Path, tmp_path: Path) -> None:
    program.write_text(f'#!/bin/sh\necho "$@" "$VAGRANT_DOTFILE_PATH" > {tmp_path}/said\n')
    Vagrant(Files(tmp_path / "vm"), tmp_path / "log").destroy(["worker1"])
    assert (tmp_path / "said").read_text() == f"destroy --force worker1 {tmp_path}/vm/dotfiles\n"


def test_its_last_words_are_the_reason(program: Path, tmp_path: Path) -> None:
    program.write_text(
        "#!/bin/sh\ncat >&2 <<'END'\nno such box\n\n/usr/lib/machine.rb:203:in `call'\n"
        "/usr/lib/batch.rb:86:in `block (2 levels) in run'\nEND\nexit 3\n"
    )
    with pytest.raises(TestbedError, match=r"vagrant up failed \(exit 3\)") as caught:
        Vagrant(Files(tmp_path / "vm"), tmp_path / "log").up(["worker1"])
    assert caught.value.why == "no such box"


def test_it_ends_with_who_called_it(program: Path, tmp_path: Path) -> None:
    program.write_text(
        f"#!/bin/sh\necho $$ > {tmp_path}/pid.new\n"
        f"mv {tmp_path}/pid.new {tmp_path}/pid\nexec sleep 300\n"
    )
    code = (
        "from pathlib import Path; from testbed.providers.vagrant.machines import Files; "
        "from testbed.providers.vagrant.vagrant import Vagrant; "
        f"Vagrant(Files(Path({str(tmp_path)!r})), Path({str(tmp_path / 'log')!r})).up(['worker1'])"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as caller:
        pid = wait_for("vagrant", lambda: (_number(tmp_path / "pid"), "not yet"), 30)
        caller.send_signal(signal.SIGKILL)
    wait_for("vagrant to end", lambda: (not _lives(pid) or None, "it goes on"), 10)


def _number(file: Path) -> int | None:
    return int(file.read_text()) if file.exists() else None


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_it_does_not_wait_for_a_machine_that_has_ended(program: Path, tmp_path: Path) -> None:
    program.write_text("#!/usr/bin/env python3\nimport time\ntime.sleep(300)\n")
    vagrant = Vagrant(Files(tmp_path / "vm"), tmp_path / "log")
    with pytest.raises(TestbedError, match="worker1 ended while it booted"):
        vagrant.up(["worker1"], ended=lambda: "virtual machine worker1 ended while it booted")
