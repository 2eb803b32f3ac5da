"""Files whole or absent, waits that say what they saw, programs that fail readably."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from testbed.errors import CheckFailed, MachineUnfit, TestbedError
from testbed.host.files import write_atomically, write_json
from testbed.host.run import run
from testbed.host.supervisor import Program
from testbed.host.wait import wait_for


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    write_json(file, {"a": 1})
    write_json(file, {"a": 2})
    assert json.loads(file.read_text()) == {"a": 2}
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


def test_a_failed_write_keeps_the_old_and_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.mkdir()  # cannot be replaced by a file
    with pytest.raises(OSError, match=r"x") as caught:
        write_atomically(file, "new")
    assert caught.value.filename is not None
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_a_secret_is_never_readable_by_others(tmp_path: Path) -> None:
    write_atomically(tmp_path / "x", "secret", 0o600)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600


def test_wait_gives_the_value() -> None:
    answers = iter([(None, "one"), (None, "two"), (3, "")])
    assert wait_for("it", lambda: next(answers), timeout=30, interval=0) == 3


def test_wait_looks_at_least_once_and_says_the_last_state() -> None:
    with pytest.raises(CheckFailed) as caught:
        wait_for("the moon", lambda: (None, "still down"), timeout=0, fix="look up")
    assert "waited 0 s for the moon" in str(caught.value)
    assert "last state: still down" in str(caught.value)
    assert "fix: look up" in str(caught.value)


def test_a_missing_program_means_an_unfit_machine() -> None:
    with pytest.raises(MachineUnfit, match="'nonesuch' is missing") as caught:
        run(["nonesuch"])
    assert caught.value.exit_code == 4


def test_a_failing_program_says_its_last_words() -> None:
    script = "import sys; print('no such device', file=sys.stderr); sys.exit(3)"
    with pytest.raises(TestbedError) as caught:
        run([sys.executable, "-c", script])
    assert "exit 3" in caught.value.what
    assert caught.value.why == "no such device"
    assert run([sys.executable, "-c", script], check=False).returncode == 3


def test_a_program_without_end() -> None:
    with pytest.raises(TestbedError, match=r"no end after 0\.2 s"):
        run(["sleep", "infinity"], timeout=0.2)


def test_a_programs_section_survives_what_supervisord_expands() -> None:
    program = Program("r1.zebra", "r1", ("sh", "-c", "echo '100%' $HOME; \"x\""), {"A": "50%"})
    conf = program.conf()
    assert "100%%" in conf
    assert 'environment=A="50%%"' in conf
    assert conf.startswith("[program:r1.zebra]\ncommand=nsenter --net=/run/netns/r1 -- ")
    words = shlex.split(conf.splitlines()[1].removeprefix("command=").replace("%%", "%"))
    assert words[-3:] == [*program.command]
