"""Rendered files are pinned byte for byte.

After a wanted change: `GOLDEN=write pytest tests/unit/render`, then read the diff.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from testbed.plan.model import Plan, Profile
from testbed.render.everything import everything
from tests.shipped_plans import shipped_plan

GOLDEN = Path(__file__).parent / "golden"
FILES = [
    "network/namespaces.batch",
    "network/links.batch",
    "network/r3.batch",
    "network/worker1.batch",
    "nodes/r3/zebra.conf",
    "nodes/r3/isisd.conf",
    "nodes/r3/bgpd.conf",
    "nodes/worker1/agent.json",
    "nodes/gobgp/peers.json",
    "api/IPPool.plan.yaml",
    "api/BGP.plan.yaml",
    "api/Node.worker1.json",
]


def compare(name: str, text: str) -> None:
    file = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert text == file.read_text(), f"{name} differs; GOLDEN=write accepts it"


@pytest.fixture(scope="module")
def plans() -> dict[Profile, Plan]:
    return {"fast": shipped_plan("full"), "paper": shipped_plan("full", profile="paper")}


@pytest.mark.parametrize("name", FILES)
def test_rendered_file(plans: dict[Profile, Plan], name: str) -> None:
    compare(name.replace("/", "."), everything(plans["fast"])[name])


def test_paper_timers(plans: dict[Profile, Plan]) -> None:
    compare("paper.r3.isisd.conf", everything(plans["paper"])["nodes/r3/isisd.conf"])


def test_help() -> None:
    command = [sys.executable, "-m", "testbed", "--help"]
    environment = dict(os.environ, COLUMNS="80", TERM="dumb")
    compare(
        "help.txt", subprocess.run(command, capture_output=True, text=True, env=environment).stdout
    )


def test_lsp_gen_interval_comes_before_what_it_governs(plans: dict[Profile, Plan]) -> None:
    lines = everything(plans["fast"])["nodes/r3/isisd.conf"].splitlines()
    assert lines.index(" lsp-gen-interval 1") < lines.index(" is-type level-2-only")
