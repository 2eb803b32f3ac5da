"""A difference that is known, made by a link's rate, is found by the instrument, and named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.documents import Document
from tests.integration.lab_driver import Lab
from tests.integration.sandbox import lab_name

pytestmark = [pytest.mark.root, pytest.mark.night]

CASES = (
    "traffic=pod-to-pod,protocol=tcp,family=6,placement=across,streams=1,mtu=own,"
    "overlay=srv6,segments=1"
)
# Mbit/s of worker1's link: far below what any machine carries, so that nothing else limits.
RATE, LOWER = 200, 180


@pytest.fixture
def lab(gobgpd: Path, tmp_path: Path) -> Lab:
    state = {"TESTBED_STATE": str(tmp_path), "TESTBED_CLUSTER": "kubernetes"}
    return Lab(lab_name("known"), gobgpd, environment=state, patience=400)


def measured_at(lab: Lab, rate: int) -> str:
    """A run while worker1's link carries so many Mbit/s; its name."""
    lab.run("link", "set", "r3", "worker1", "--bw", str(rate))
    runs = Path(lab.environment["TESTBED_STATE"]) / "runs"
    measure = ("--cases", CASES, "--repeats", "5", "--seconds", "1")
    lab.run("evaluate", *measure, "--out", str(runs / str(rate)))
    return str(rate)


def test_ten_per_cent_less_are_found(lab: Lab) -> None:
    try:
        lab.run("up", "full")
        pair = [measured_at(lab, rate) for rate in (RATE, LOWER)]
    finally:
        lab.run("down")
    found: Document = json.loads(lab.run("diff", *pair, "-o", "json").stdout)
    goodput = [row for row in found["results"] if row["what"] == "goodput"]
    assert goodput
    for row in goodput:
        assert row["differs"], row
        assert row["area"] == "topology", row
        assert "shaping.bandwidth, 200.0 → 180.0" in row["cause"], row
        assert row["ratio"] == pytest.approx(LOWER / RATE, abs=0.02), row
