"""Evidence of Kubernetes: every list as JSON, or why there is none; and of devices."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from testbed.errors import TestbedError
from testbed.providers.namespaces import services
from testbed.scenario.run import evidence, kube_evidence
from tests.shipped_plans import shipped_plan

CRD = {
    "metadata": {"name": "ippools.crd.projectcalico.org"},
    "spec": {
        "group": "crd.projectcalico.org",
        "names": {"plural": "ippools"},
        "versions": [{"name": "v0", "storage": False}, {"name": "v1", "storage": True}],
    },
}


class FakeApi:
    """Lists of one object each, named after their path."""

    def items(self, path: str) -> list[dict[str, Any]]:
        if path.endswith("customresourcedefinitions"):
            return [CRD]
        return [{"metadata": {"name": path, "managedFields": ["much"]}}]


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "with_init", lambda: [])


def test_objects_and_those_of_our_definitions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kube_evidence, "connect", lambda _: FakeApi())
    kube_evidence.keep_kubernetes(shipped_plan("basic"), tmp_path)
    kept = {file.stem for file in (tmp_path / "kubernetes").iterdir()}
    assert {"nodes", "pods", "services", "events", "ippools"} <= kept
    pools = json.loads((tmp_path / "kubernetes/ippools.json").read_text())
    assert pools == [{"metadata": {"name": "/apis/crd.projectcalico.org/v1/ippools"}}]


def test_an_api_server_that_is_away_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: object) -> None:
        raise TestbedError("the API server does not answer")

    monkeypatch.setattr(kube_evidence, "connect", away)
    kube_evidence.keep_kubernetes(shipped_plan("basic"), tmp_path)
    said = (tmp_path / "kubernetes/unavailable.txt").read_text()
    assert "the API server does not answer" in said


def test_what_devices_of_cluster_nodes_take_over_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_in(
        _: object, netns: str, command: list[str], check: bool
    ) -> subprocess.CompletedProcess[str]:
        assert not check, "a machine without ethtool has evidence, too"
        return subprocess.CompletedProcess(command, 0, f"{netns}: {' '.join(command)}\n", "")

    plan = shipped_plan("basic")
    monkeypatch.setattr(evidence, "present", lambda plan: plan.cluster[1:])
    monkeypatch.setattr(evidence, "run_in", run_in)
    evidence._keep_offloads(plan, tmp_path)
    ports = [port for link in plan.links for port in (link.a, link.b)]
    here = {node.name for node in plan.cluster[1:]}
    assert {
        path.relative_to(tmp_path / "observed").as_posix(): path.read_text()
        for path in tmp_path.rglob("*.txt")
    } == {
        f"{p.node}/offloads-{p.interface}.txt": f"{p.node}: ethtool -k {p.interface}\n"
        for p in ports
        if p.node in here
    }
