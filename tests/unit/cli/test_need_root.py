"""Going on as root: what sudo is asked to run, and with which variables."""

from __future__ import annotations

import os
import sys

import pytest

from testbed.cli.common import need_root


class Became(Exception):
    """In place of exec."""


def test_sudo_runs_an_isolated_python_with_the_listed_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def become(program: str, command: list[str]) -> None:
        raise Became(program, command)

    for name in [n for n in os.environ if n.startswith("TESTBED_") or n == "NO_COLOR"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TESTBED_NAME", "ring")
    monkeypatch.setenv("TESTBED_PLUGIN", "/tmp/code")
    monkeypatch.setenv("PYTHONPATH", "/tmp/code")
    monkeypatch.setenv("TESTBED_CACHE", "/c")
    monkeypatch.setenv("TESTBED_STATE", "/s")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/sudo")
    monkeypatch.setattr(os, "spawnv", lambda *_: 0)
    monkeypatch.setattr(os, "execv", become)
    monkeypatch.setattr(sys, "argv", ["testbed", "up", "full"])
    with pytest.raises(Became) as became:
        need_root()
    program, command = became.value.args
    assert program == "/usr/bin/sudo"
    assert command == [
        *("/usr/bin/sudo", "--preserve-env=TESTBED_CACHE,TESTBED_NAME,TESTBED_STATE"),
        *(sys.executable, "-I", "-B", "-X", "utf8", "-m", "testbed", "up", "full"),
    ]
