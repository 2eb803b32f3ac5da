"""A real kernel lets through what the API's text allows, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.repository import ROOT

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for network namespaces"),
]
UNSHARE = ["unshare", "--net", "--mount", "--propagation", "private"]


def send_packets(clusters: int) -> dict[str, int]:
    program = [sys.executable, "-m", "tests.integration.netpol_packets", str(clusters)]
    done = subprocess.run([*UNSHARE, *program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout))


def test_connections_by_chance() -> None:
    found = send_packets(60)
    assert found["passed"] > 50 and found["dropped"] > 50


@pytest.mark.night
def test_thousands_of_connections_by_chance() -> None:
    assert sum(send_packets(2500).values()) > 5000
