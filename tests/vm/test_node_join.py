"""A node that joins later is a machine that boots later; `run` makes a lab of its own for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository import ROOT
from tests.vm.conftest import LIMIT

pytestmark = pytest.mark.root


def test_scenario(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "TESTBED_NAME"}
    command = [sys.executable, "-B", "-m", "testbed", "run", "node-join", "--nodes", "vagrant"]
    done = subprocess.run(
        [*command, "--evidence", str(tmp_path)],
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=2 * LIMIT,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
