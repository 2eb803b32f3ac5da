"""No command takes code from the current directory, PYTHONPATH or the user's site."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from planted import Planted

TESTBED = Path(sys.executable).with_name("testbed")
ROOT = Path(__file__).resolve().parents[3]
POLICY = ROOT / "scenarios" / "policies" / "worker2-via-r6-r8.yaml"
COMMANDS = [
    ["--help"],
    ["--version"],
    ["validate", "full"],
    ["graph", "backbone"],
    ["render", "lab", "backbone", "--out", "rendered"],
    ["render", "kubeadm", "full", "--out", "rendered"],
    ["artefacts", "list"],
    ["run", "--list"],
    ["doctor"],
    ["ls"],
    ["status", "-n", "no-such-lab"],
    ["down", "-n", "no-such-lab"],
    ["path", "-n", "no-such-lab", "a", "b"],
    ["exec", "-n", "no-such-lab", "a", "true"],
    ["policy", "apply", "-n", "no-such-lab", "-f", str(POLICY)],
    ["policy", "explain", "-n", "no-such-lab", "-f", str(POLICY)],
    ["policy", "list", "-n", "no-such-lab"],
    ["env", "-n", "no-such-lab"],
    ["pod", "list", "-n", "no-such-lab"],
    ["snapshot", "list"],
]


@pytest.fixture
def planted(tmp_path: Path) -> Planted:
    return Planted(tmp_path)


def run(command: list[str], planted: Planted) -> str:
    """What it said; the planted modules lie wherever Python could look."""
    done = subprocess.run(
        command,
        cwd=planted.directory,
        env={**os.environ, **planted.variables()},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.stdout + done.stderr


def test_what_is_planted_would_be_found(planted: Planted) -> None:
    run([sys.executable, "-m", "testbed"], planted)
    told = planted.told()
    for name in ("sitecustomize", "usercustomize", "a .pth", "testbed/__init__"):
        assert name in told


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_command_imports_nothing_of_it(arguments: list[str], planted: Planted) -> None:
    said = run([str(TESTBED), *arguments], planted)
    assert planted.told() == ""
    assert "Traceback" not in said
    assert "No such" not in said  # command, option


def test_a_topology_imports_what_lies_beside_it_and_nothing_else(
    planted: Planted, tmp_path: Path
) -> None:
    """It is the user's code, run as the user: its own directory is documented."""
    file = tmp_path / "topology" / "mine.py"
    file.parent.mkdir()
    file.with_name("sizes.py").write_text("COLUMNS = 2\n")
    shipped = (ROOT / "topologies" / "grid.py").read_text()
    file.write_text(
        "import sizes, socket\n"
        + shipped.replace("columns: int = 3", "columns: int = sizes.COLUMNS")
    )
    said = run([str(TESTBED), "validate", str(file), "--cluster", "none"], planted)
    assert planted.told() == ""
    assert "6 routers" in said
