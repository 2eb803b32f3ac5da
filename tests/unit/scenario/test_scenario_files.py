"""Scenario files load, their policies lint clean, and results are judged honestly."""

from __future__ import annotations

import runpy
from pathlib import Path
from xml.etree import ElementTree

import pytest

from testbed.cli.run import choose
from testbed.errors import CheckFailed, TestbedError
from testbed.paths import POLICIES, SCENARIOS
from testbed.scenario.api.check import Check
from testbed.scenario.run import registry
from testbed.scenario.run.junit import write_junit
from testbed.scenario.run.result import ScenarioResult
from testbed.te.load import load_configmaps, load_policy_file
from tests.shipped_plans import shipped_plan

EXPECTED = {
    "agent-restart",
    "backbone",
    "best-effort",
    "binding-sid",
    "bgp-equals-configmap",
    "coexistence",
    "control-plane-outage",
    "cross-subnet",
    "dns",
    "global-repair",
    "hitless-edit",
    "ipip-pool",
    "link-failure",
    "local-repair",
    "mode-switch",
    "network-policy",
    "node-join",
    "node-leave",
    "overlay-switch",
    "pod-to-service",
    "priority",
    "rolling-update",
    "routed-pool",
    "scale-nodes",
    "scale-pods",
    "scale-policies",
    "segment-depth",
    "service-path",
    "two-clusters",
    "usid",
    "smoke",
    "te-bandwidth",
    "te-bgp",
    "te-configmap",
    "te-detour",
    "te-engine-restart",
    "te-disjoint",
    "te-intents",
    "te-whatif",
    "vxlan-pool",
}

LONG = {"local-repair", "scale-nodes", "scale-pods", "scale-policies", "segment-depth"}


def test_shipped_scenarios_have_sentences_and_claims() -> None:
    found = registry.shipped()
    assert {s.name for s in found} == EXPECTED
    assert all(s.sentence.endswith(".") and s.claims for s in found)


def test_long_ones_are_not_run_unless_asked_for() -> None:
    assert {s.name for s in registry.usual()} == EXPECTED - LONG
    assert {s.name for s in choose([], usual=True, long=False)} == EXPECTED - LONG
    assert {s.name for s in choose([], usual=False, long=True)} == LONG
    assert {s.name for s in choose([], usual=True, long=True)} == EXPECTED
    assert [s.name for s in choose(["scale-pods"], usual=False, long=False)] == ["scale-pods"]


@pytest.mark.parametrize(("names", "usual", "long"), [([], False, False), (["smoke"], False, True)])
def test_it_has_to_be_said_which(names: list[str], usual: bool, long: bool) -> None:
    with pytest.raises(TestbedError, match="name scenarios, or give --all or --long"):
        choose(names, usual, long)


def test_lists_of_every_depth_fit_their_lab(tmp_path: Path) -> None:
    """And the routers of each are neighbours, or two links apart, in the order of the way."""
    names = runpy.run_path(str(SCENARIOS / "segment_depth.py"))
    plan, file = shipped_plan("full", segments="6"), tmp_path / "policy.yaml"
    assert plan.pod_mtu == shipped_plan("full").pod_mtu
    assert sorted(names["WAYPOINTS"]) == list(range(1, plan.max_segments + 1))
    for depth, waypoints in names["WAYPOINTS"].items():
        segments = ", ".join([*waypoints, "worker2"])
        file.write_text(names["POLICY"].format(family=6, segments=segments))
        ([change], _) = load_policy_file(plan, file)
        assert change.candidate is not None
        assert len(change.candidate.segment_lists[0].segments) == depth


def test_very_many_policies_are_as_many_keys(tmp_path: Path) -> None:
    names = runpy.run_path(str(SCENARIOS / "scale_policies.py"))
    nodes = [node.name for node in shipped_plan("star", nodes="4").cluster]
    (tmp_path / "many.yaml").write_text("---\n".join(names["policies"](nodes)))
    changes, _ = load_policy_file(shipped_plan("star", nodes="4"), tmp_path / "many.yaml")
    assert len({change.policy for change in changes}) == 4 * 3 * 2
    of_all = names["NODES"] * (names["NODES"] - 1) * 2
    assert of_all == names["NODES"] * names["PREFIXES"] * 2 == 1012


def test_unknown_scenario() -> None:
    with pytest.raises(TestbedError, match="no scenario 'nope'"):
        registry.find("nope")


@pytest.mark.parametrize("text", ["x = 1", "raise ValueError('no')", "def ("])
def test_a_file_that_is_no_scenario(tmp_path: Path, text: str) -> None:
    file = tmp_path / "mine.py"
    file.write_text(text)
    with pytest.raises(TestbedError, match=r"mine\.py"):
        registry.find(str(file))


@pytest.mark.parametrize("file", sorted(POLICIES.glob("*.yaml")), ids=lambda f: f.stem)
def test_policies_of_the_scenarios(file: Path) -> None:
    plan = shipped_plan("full")
    load = load_configmaps if file.stem == "configmaps" else load_policy_file
    if file.stem == "priority-invalid":
        with pytest.raises(TestbedError, match="worker1"):
            load(plan, file)
    else:
        assert load(plan, file)[0]


def test_the_papers_own_files(paper_manifests: Path) -> None:
    plan = shipped_plan("full")
    assert len(load_configmaps(plan, paper_manifests / "configMap.yaml")[0]) == 3
    assert len(load_policy_file(plan, paper_manifests / "policyFile.yaml")[0]) == 1


def test_the_first_failing_check_ends_the_scenario() -> None:
    check = Check()
    check.that(0, "packets lost").equals(0)
    with pytest.raises(CheckFailed, match="packets lost equals 0") as caught:
        check.that(3, "packets lost").equals(0)
    assert caught.value.why == "expected 0; seen 3"
    assert [c.passed for c in check.done] == [True, False]


def test_junit_names_the_cause(tmp_path: Path) -> None:
    result = ScenarioResult(
        scenario="te-bgp",
        sentence="A sentence.",
        claims=(),
        seconds=1.5,
        verdict="fail",
        failure="path is wrong",
        evidence="runs/te-bgp",
    )
    smoke = result.model_copy(update={"scenario": "smoke", "verdict": "pass"})
    write_junit([result, smoke], tmp_path / "x.xml")
    suite = ElementTree.parse(tmp_path / "x.xml").getroot()[0]
    assert suite.attrib["failures"] == "1"
    assert "path is wrong" in ElementTree.tostring(suite, encoding="unicode")
