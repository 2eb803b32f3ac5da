"""FRR's directories for crash logs are the lab's own: none is left on the host."""

from __future__ import annotations

import subprocess

import pytest

from tests.integration.lab_driver import Lab
from tests.integration.sandbox import Sandbox

pytestmark = pytest.mark.root


def crash_logs(sandbox: Sandbox) -> list[str]:
    """What is in the directory, as the machine of the lab sees it."""
    command = sandbox.inside("sh", "-c", "ls -A /var/tmp/frr 2> /dev/null || true")
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_routers_leave_nothing_in_var_tmp(boxed: Lab, sandbox: Sandbox) -> None:
    before = crash_logs(sandbox)
    boxed.run("up", "grid", "--set", "rows=1", "--set", "columns=2")
    assert ".isisd" in boxed.run("logs").stdout, "no daemon was tried"
    assert crash_logs(sandbox) == before
