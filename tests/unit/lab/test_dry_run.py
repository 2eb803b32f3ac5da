"""What a dry run says of objects and policies, and that it keeps nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from testbed.errors import TestbedError
from testbed.kube.documents import KubeObject
from testbed.lab import objects, policies
from testbed.orchestrators.api import DirectoryApi
from testbed.plan.model import Plan
from testbed.srpolicy.files.change import PolicyChange
from testbed.te.load import load_policy_file
from tests.shipped_plans import shipped_plan

POOL: KubeObject = {
    "apiVersion": "crd.projectcalico.org/v1",
    "kind": "IPPool",
    "metadata": {"name": "more"},
    "spec": {"cidr": "10.9.0.0/24"},
}
POLICY = """\
apiVersion: testbed/v1
kind: SRPolicy
metadata: {name: mine}
spec:
  endpoint: worker2
  color: 30
  family: IPv4
  candidates:
"""
CANDIDATE = "    - {discriminator: %d, preference: %d, segmentLists: [{segments: [r6, worker2]}]}\n"


def files_below(directory: Path) -> dict[str, tuple[int, str]]:
    return {
        str(file): (file.stat().st_mtime_ns, file.read_text())
        for file in directory.rglob("*")
        if file.is_file()
    }


def edited(cidr: str) -> KubeObject:
    return {**POOL, "spec": {"cidr": cidr}}


def test_an_object_is_created_configured_or_unchanged(tmp_path: Path) -> None:
    api = DirectoryApi(tmp_path / "api")
    assert objects.preview_objects(api, [POOL]) == ["ippool/more created"]
    assert not (tmp_path / "api").exists()
    api.apply(POOL)
    before = files_below(tmp_path)
    assert objects.preview_objects(api, [POOL, edited("10.9.1.0/24")]) == [
        "ippool/more unchanged",
        "ippool/more configured",
    ]
    assert files_below(tmp_path) == before


def test_what_a_server_writes_into_metadata_is_no_change() -> None:
    def kept(**more: Any) -> KubeObject:
        return {**POOL, "metadata": {"name": "more", **more}}

    was = kept(resourceVersion="4", generation=1, managedFields=[{"manager": "kubectl"}])
    assert objects.change_of(was, kept(resourceVersion="5", generation=2)) == "unchanged"
    assert objects.change_of(was, kept(labels={"a": "b"})) == "configured"
    assert objects.change_of(None, was) == "created"


def test_an_object_that_lies_there_broken_is_named(tmp_path: Path) -> None:
    api = DirectoryApi(tmp_path)
    api.apply(POOL)
    (file,) = tmp_path.iterdir()
    file.write_text("{")
    with pytest.raises(TestbedError, match="IPPool more cannot be read") as caught:
        objects.preview_objects(api, [POOL])
    assert caught.value.where == str(file)


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.setattr(policies, "NODES", tmp_path / "nodes")
    plan = shipped_plan("full")
    policies.store(plan).mkdir(parents=True)
    return plan


def changes(plan: Plan, tmp_path: Path, *candidates: tuple[int, int]) -> list[PolicyChange]:
    file = tmp_path / "p.yaml"
    file.write_text(POLICY + "".join(CANDIDATE % candidate for candidate in candidates))
    return load_policy_file(plan, file)[0]


def preview(plan: Plan, wanted: list[PolicyChange]) -> list[str]:
    before = files_below(policies.store(plan))
    said = [str(outcome) for outcome in policies.preview_injection(plan, wanted)]
    assert files_below(policies.store(plan)) == before
    return said


def test_a_policy_is_announced_changed_unchanged_or_withdrawn(plan: Plan, tmp_path: Path) -> None:
    first = changes(plan, tmp_path, (1, 100), (2, 90))
    assert preview(plan, first) == [
        "mine announced <1, 30, fd12::1000>",
        "mine announced <2, 30, fd12::1000>",
    ]
    policies.inject(plan, first)
    assert preview(plan, changes(plan, tmp_path, (1, 100), (2, 90))) == [
        "mine unchanged <1, 30, fd12::1000>",
        "mine unchanged <2, 30, fd12::1000>",
    ]
    assert preview(plan, changes(plan, tmp_path, (1, 80), (3, 70))) == [
        "mine changed <1, 30, fd12::1000>",
        "mine announced <3, 30, fd12::1000>",
        "mine withdrawn <2, 30, fd12::1000>: p.yaml does not have it",
    ]


def test_what_cannot_be_announced_is_refused_as_by_apply(plan: Plan, tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    head_ends = POLICY.replace("  family", "  headEnds: [r6]\n  family")
    file.write_text(head_ends + CANDIDATE % (1, 100))
    forced = load_policy_file(plan, file, force=True)[0]
    for way in (policies.inject, policies.preview_injection):
        with pytest.raises(TestbedError, match="'r6' is no head end"):
            way(plan, forced)


def test_a_file_that_nobody_can_read_is_replaced(plan: Plan, tmp_path: Path) -> None:
    wanted = changes(plan, tmp_path, (1, 100))
    policies.inject(plan, wanted)
    (file,) = policies.store(plan).iterdir()
    file.write_text(json.dumps({"about": {}}))
    assert preview(plan, wanted) == ["mine announced <1, 30, fd12::1000>"]
