"""Root takes no code from the current directory, PYTHONPATH or the user's site: a lab's whole life.

What is planted tells when it is imported, by a command, by what it starts, or by a daemon.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.lab_driver import PATIENCE, Lab
from tests.integration.sandbox import lab_name
from tests.planted import Planted

pytestmark = pytest.mark.root

TESTBED = Path(sys.executable).with_name("testbed")
OWN = {"PYTHONPATH", "PYTHONUSERBASE", "PYTHONSTARTUP", "CALLERS_OWN"}
POLICY = """\
apiVersion: testbed/v1
kind: SRPolicy
metadata:
  name: to-worker2
spec:
  endpoint: worker2
  color: 94
  family: IPv4
  candidates:
    - discriminator: 4
      segmentLists:
        - segments: [r1, worker2]
"""


@pytest.fixture
def planted(tmp_path: Path) -> Planted:
    return Planted(tmp_path)


@pytest.fixture
def lab(gobgpd: Path) -> Iterator[Lab]:
    """A lab that is not up yet."""
    lab = Lab(lab_name("planted"), gobgpd)
    try:
        yield lab
    finally:
        lab.run("down")


def test_the_life_of_a_lab(lab: Lab, planted: Planted) -> None:
    policy = planted.directory / "policy.yaml"
    policy.write_text(POLICY)

    def run(*arguments: str) -> None:
        done = subprocess.run(
            [str(TESTBED), *arguments],
            cwd=planted.directory,
            env=lab.env(**planted.variables(), CALLERS_OWN="1"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert planted.told() == "", arguments
        assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"

    run("up", "basic")
    run("status")
    run("exec", "worker1", "true")
    run("logs", "worker1.agent")
    run("policy", "apply", "-f", "policy.yaml")
    run("policy", "list")
    run("policy", "explain", "-f", "policy.yaml")
    run("policy", "delete", "to-worker2")
    run("pod", "create", "extra", "--node", "worker1")
    run("pod", "list")
    run("run", "smoke", "-n", lab.name, "--evidence", "evidence")
    assert _inherited(lab.init()) & OWN == set()
    run("down")


def _inherited(pid: int) -> set[str]:
    """Names in a process's environment."""
    entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return {entry.partition(b"=")[0].decode() for entry in entries}
