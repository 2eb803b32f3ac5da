"""Faults around the TE engine: a second one, and an injector that nobody reaches."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testbed.host.wait import wait_for
from testbed.lab.te.follow import TAKEN_UP
from testbed.plan.model import Plan
from tests.documents import Document
from tests.integration.lab_driver import Lab
from tests.integration.sandbox import lab_name

pytestmark = pytest.mark.root

ENGINE, PATIENCE = "gobgp.te", 90.0
INTENT = """apiVersion: testbed/v1
kind: Intent
metadata: {name: gold}
spec: {from: worker1, to: worker2, family: IPv4, avoid: {links: [r4-r6]}}
"""
INTENTS = "/run/testbed/nodes/gobgp/policies/te"
SECOND = (sys.executable, "-I", "-B", "-m", "testbed.lab.te.engine_main", "--intents", INTENTS)


@pytest.fixture(scope="module")
def lab(gobgpd: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """With one intent, whose policy worker1 uses."""
    file = tmp_path_factory.mktemp("intents") / "gold.yaml"
    file.write_text(INTENT)
    file.parent.chmod(0o755)
    lab = Lab(lab_name("te"), gobgpd)
    try:
        lab.run("up", "full", "--no-pods")
        lab.run("te", "apply", "-f", str(file))
        until("worker1 to have the policy", lambda: row(lab)["arrived"])
        yield lab
    finally:
        lab.run("down")


def row(lab: Lab) -> Document:
    (found,) = json.loads(lab.run("te", "list", "-o", "json").stdout)
    return dict(found)


def chosen(lab: Lab) -> str:
    """The source of what worker1 uses towards worker2 for IPv4."""
    listed = json.loads(lab.run("policy", "list", "-o", "json").stdout)
    plan = Plan.model_validate_json((lab.directory / "plan.json").read_text())
    wanted = ("worker1", str(plan.address_v6("worker2")), 4, True)
    (found,) = (
        one["source"]
        for one in listed
        if (one["head_end"], one["endpoint"], one["family"], one["chosen"]) == wanted
    )
    return str(found)


def until(what: str, condition: Callable[[], object]) -> None:
    wait_for(what, lambda: (True if condition() else None, "not yet"), PATIENCE, 0.1)


def log(lab: Lab) -> str:
    return lab.run("logs", ENGINE).stdout


def kill_engine(lab: Lab) -> None:
    """The first of them."""
    lab.run("exec", "gobgp", "sh", "-c", "kill -9 $(pgrep -f [e]ngine_main | head -1)")


def test_a_second_engine_stands_by_and_takes_over(lab: Lab) -> None:
    before = row(lab)
    command = lab.command("exec", "gobgp", *SECOND)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=lab.env()) as second:
        assert second.stderr is not None
        try:
            assert "this one stands by" in second.stderr.readline()
            kill_engine(lab)
            assert TAKEN_UP in second.stderr.readline()
            until("the supervised one to stand by", lambda: "this one stands by" in log(lab))
            assert row(lab) == before
        finally:
            plans = log(lab).count(TAKEN_UP)
            second.terminate()
            second.wait()
    until("the supervised one to work", lambda: log(lab).count(TAKEN_UP) > plans)
    assert row(lab) == before


@pytest.mark.night
def test_nobody_reaches_the_injector(lab: Lab) -> None:
    """Head ends keep its policies for the restart time, then they are at best effort."""
    assert chosen(lab) == "bgp"
    lab.run("link", "down", "gobgp", "r3")
    try:
        until("worker1 to be at best effort", lambda: chosen(lab) == "best-effort")
        found = row(lab)
        assert (found["status"], found["announced"], found["arrived"]) == ("Satisfied", True, False)
        lab.run("link", "down", "r2", "r7")
        until("the engine to plan on", lambda: row(lab)["segments"] == ["r5", "worker2"])
    finally:
        lab.run("link", "up", "gobgp", "r3")
    until("worker1 to have what was planned meanwhile", lambda: row(lab)["arrived"])
    assert (chosen(lab), row(lab)["segments"]) == ("bgp", ["r5", "worker2"])
    lab.run("link", "up", "r2", "r7")
