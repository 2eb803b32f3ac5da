"""A lab that stood for long comes up again: what has ended is issued anew."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.kube_lab import KubeLab, kube_lab, kube_sandbox
from tests.integration.sandbox import Sandbox
from tests.repository import ROOT

pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def box(gobgpd: Path) -> Iterator[Sandbox]:
    with kube_sandbox(gobgpd) as box:
        yield box


@pytest.fixture(scope="module")
def old(gobgpd: Path, box: Sandbox) -> Iterator[KubeLab]:
    """A lab that works, none of whose certificates is valid any more."""
    lab = kube_lab(gobgpd, box, "age")
    try:
        lab.up()
        command = [sys.executable, "-B", "-m", "tests.integration.old_lab", lab.name]
        subprocess.run(box.inside(*command), check=True, timeout=120, cwd=ROOT)
        yield lab
    finally:
        lab.down()


def test_status_names_what_has_ended_and_what_to_do(old: KubeLab) -> None:
    said = old.run("status", expect=1).stdout
    assert "certificate of worker1: it ended on" in said
    assert re.search(rf"`testbed up [^`]*-n {old.name}[^`]*` renews it", said)


def test_up_renews_and_the_agents_go_on(old: KubeLab) -> None:
    agent = old.pids()["worker1.agent"]
    said = old.run("up", "basic", "--cluster", "kubernetes", "--no-pods").stderr
    assert "the certificates of Kubernetes are replaced" in said
    assert old.pids()["worker1.agent"] == agent, "traffic does not hang on a kubelet's certificate"
    old.wait_until_well()


def test_another_up_has_nothing_to_renew(old: KubeLab) -> None:
    before = old.pids()
    said = old.run("up", "basic", "--cluster", "kubernetes", "--no-pods").stderr
    assert "replaced" not in said
    assert old.pids() == before
