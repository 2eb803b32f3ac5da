"""Policies of the lab that a new one may enter by their binding SIDs."""

from __future__ import annotations

from ipaddress import IPv6Address
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.lab import objects, policies
from testbed.orchestrators.api import DirectoryApi
from testbed.plan.model import Plan
from testbed.te.load import load_configmaps, load_policy_file
from tests.shipped_plans import shipped_plan

POLICY = """\
apiVersion: testbed/v1
kind: SRPolicy
metadata: {{name: {name}}}
spec:
  endpoint: worker2
  color: {color}
  family: IPv6
  headEnds: [{head_end}]
  candidates:
    - {bound}segmentLists: [{{segments: [{segments}]}}]
"""
ENTRY, OTHER = "fcdd:0:0:aa::b000", "fcdd:0:0:11aa::b000"
HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n"
HEAD += "  {name: srv6-config-%s, namespace: calico-vpp-dataplane}\ndata:\n  srv6: |\n"
LISTED = "    policies:\n    - node: 'fd12::1000'\n      traffic: IPv6\n      bsid: '%s'\n"
LISTED += "      segment_list: ['%s', 'fcdd::12aa:d460:b250:45:b05']\n"


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.setattr(policies, "NODES", tmp_path / "nodes")
    plan = shipped_plan("full", segments="8")
    policies.store(plan).mkdir(parents=True)
    return plan


def applied(
    plan: Plan, directory: Path, head_end: str, segments: str, bound: str = "", name: str = ""
) -> None:
    """As `policy apply` does it."""
    file = directory / "p.yaml"
    more = f"bindingSid: '{bound}'\n      " if bound else ""
    color = 60 + len(head_end)
    name = name or head_end
    file.write_text(
        POLICY.format(name=name, color=color, head_end=head_end, segments=segments, bound=more)
    )
    changes, _ = load_policy_file(plan, file, beside=policies.bindable(plan))
    policies.inject(plan, changes)


def test_what_is_injected_may_be_entered_with_its_head_ends(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(TestbedError, match=f"no node has the waypoint {ENTRY}"):
        applied(plan, tmp_path, "worker1", f"'{ENTRY}', worker2")
    applied(plan, tmp_path, "master", "r6, worker2", ENTRY)
    [kept] = policies.bindable(plan)
    assert kept.candidate is not None and kept.candidate.head_ends == ("master",)
    assert (kept.candidate.binding_sid, kept.name) == (IPv6Address(ENTRY), "master")
    applied(plan, tmp_path, "worker1", f"'{ENTRY}', worker2", OTHER)
    assert len(policies.bindable(plan)) == 2


def test_a_circle_by_way_of_the_lab_is_refused(plan: Plan, tmp_path: Path) -> None:
    applied(plan, tmp_path, "master", "r6, worker2", ENTRY)
    applied(plan, tmp_path, "worker1", f"'{ENTRY}', worker2", OTHER)
    with pytest.raises(TestbedError, match=f"{ENTRY} leads back to itself by {OTHER}"):
        applied(plan, tmp_path, "master", f"'{OTHER}', worker2", ENTRY)


def test_a_binding_sid_of_the_lab_is_taken(plan: Plan, tmp_path: Path) -> None:
    applied(plan, tmp_path, "master", "r6, worker2", ENTRY)
    file = tmp_path / "p.yaml"
    other = file.read_text().replace("worker2", "worker1").replace("name: master", "name: two")
    file.write_text(other.replace("color: 66", "color: 99"))
    with pytest.raises(TestbedError, match=r"used twice by master: .* by a policy of the lab"):
        load_policy_file(plan, file, beside=policies.bindable(plan))
    load_policy_file(plan, file)


def test_policies_without_one_are_not_read(plan: Plan, tmp_path: Path) -> None:
    applied(plan, tmp_path, "master", "r6, worker2")
    assert policies.bindable(plan) == []
    for file in policies.store(plan).iterdir():
        file.write_text("{")
    assert policies.bindable(plan) == []


def test_config_maps_of_other_nodes_may_be_entered(plan: Plan, tmp_path: Path) -> None:
    api = DirectoryApi(tmp_path / "api")
    entry, stitched = tmp_path / "entry.yaml", tmp_path / "stitched.yaml"
    entry.write_text(HEAD % "master" + LISTED % (ENTRY, "fcff:6::1"))
    stitched.write_text(HEAD % "worker1" + LISTED % ("cafe::5", ENTRY))
    with pytest.raises(TestbedError, match=f"no node has the waypoint {ENTRY}"):
        load_configmaps(plan, stitched)
    documents, findings = load_configmaps(plan, entry)
    assert findings == []
    objects.apply_objects(api, documents)
    assert load_configmaps(plan, stitched, beside=objects.te_configs_in(api))[1] == []
