"""Lint: golden texts of what is said about bad files, and silence about good ones.

After a wanted change of a message: `GOLDEN=write pytest tests/unit/te`, then read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from testbed.agent.model import selector
from testbed.errors import TestbedError
from testbed.json_types import get_object
from testbed.plan.model import LocalSids, Plan
from testbed.render import cluster as render
from testbed.srpolicy.files.load import load_policies
from testbed.te.lint.findings import Finding, LintFailed, errors, summary
from testbed.te.lint.policies import lint_policies
from testbed.te.load import load_configmaps, load_objects, load_policy_file
from testbed.te.resolve import resolver
from tests.repository import PAPER, ROOT

HERE = Path(__file__).parent
BAD = sorted((HERE / "golden").glob("*.yaml"))
POLICIES = ROOT / "scenarios" / "policies"


def findings_of(plan: Plan, file: Path) -> list[Finding]:
    return load(plan, file, force=True)[1]


def selected(text: str) -> list[str]:
    """As if worker2 had not joined yet."""
    names = ("master", "worker1")
    return [n for n in names if selector.parse(text)({"kubernetes.io/hostname": n})]


def load(plan: Plan, file: Path, force: bool = False) -> tuple[object, list[Finding]]:
    if "configmap" in file.name.lower():
        return load_configmaps(plan, file, force)
    if file.name.startswith("objects-"):
        return load_objects(plan, file, force, selected)
    return load_policy_file(plan, file, force)


@pytest.mark.parametrize("file", BAD, ids=lambda f: f.stem)
def test_bad_files_are_explained_as_in_the_golden_text(full: Plan, file: Path) -> None:
    said = "".join(f"{f}\n" for f in findings_of(full, file)).replace(str(file), file.name)
    golden = file.with_suffix(".txt")
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(said)
    assert said == golden.read_text()


@pytest.mark.parametrize("file", BAD, ids=lambda f: f.stem)
def test_errors_refuse_the_whole_file(full: Plan, file: Path) -> None:
    with pytest.raises(LintFailed) as caught:
        load(full, file)
    assert caught.value.exit_code == 2
    assert errors(caught.value.findings)
    assert "nothing was applied" in str(caught.value)


@pytest.mark.parametrize("file", sorted(POLICIES.glob("*.yaml")), ids=lambda f: f.stem)
def test_the_scenarios_files_are_clean(full: Plan, file: Path) -> None:
    said = findings_of(full, file)
    if "invalid" in file.name:
        assert errors(said)
    else:
        assert said == []


@pytest.mark.skipif(not PAPER.is_dir(), reason="the paper's own files are not here")
@pytest.mark.parametrize("name", ["policyFile.yaml", "configMap.yaml"])
def test_the_papers_files_are_clean(full: Plan, name: str) -> None:
    assert findings_of(full, PAPER / name) == []


def test_local_sids_of_the_running_lab_replace_the_pinned_ones(full: Plan) -> None:
    text = (
        "nlri: {distinguisher: 1, color: 4, endpoint: 'fd11::1000'}\n"
        "segmentlist: {segments: [{sid: 'fcdd::11aa:0:0:0:7', behavior: 19}]}\n"
    )
    now = LocalSids.model_validate({"dt4": "fcdd::11aa:0:0:0:7", "dt6": "fcdd::11aa:0:0:0:8"})
    changes = load_policies(text, "p.yaml", resolver(full))
    assert errors(lint_policies(full, changes))
    assert lint_policies(full, changes, {"worker1": now}) == []


def test_configmaps_may_move_a_sid_that_their_own_policies_use(full: Plan, tmp_path: Path) -> None:
    """Consistent with itself, so only the warning about other files remains."""
    file = tmp_path / "configmap.yaml"
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: srv6-config-%s}\ndata:\n  srv6: |\n"
    file.write_text(
        head % "worker1"
        + "    localsids: {DT4: 'fcdd::11aa:0:0:0:7'}\n---\n"
        + head % "master"
        + "    policies:\n    - node: 'fd11::1000'\n      traffic: IPv4\n"
        + "      segment_list: ['fcdd::11aa:0:0:0:7']\n"
    )
    assert [f.severity for f in load_configmaps(full, file)[1]] == ["warning"]


def test_withdrawals_are_not_linted(full: Plan, tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text("nlri: {distinguisher: 1, color: 4, endpoint: 'fd99::1'}\niswithdraw: true\n")
    assert load_policy_file(full, file)[1] == []


def test_names_stand_for_loopbacks_and_local_sids(full: Plan) -> None:
    (change,), _ = load_policy_file(full, POLICIES / "worker2-via-r6-r8.yaml")
    assert change.candidate is not None
    assert [str(s) for s in change.candidate.segment_lists[0].sids] == [
        "fcff:6::1",
        "fcff:8::1",
        "fcdd::12aa:d460:b250:45:b04",
    ]


def test_configmaps_come_back_as_objects(full: Plan) -> None:
    documents, _ = load_configmaps(full, POLICIES / "configmaps.yaml")
    assert [get_object(d, "metadata")["name"] for d in documents] == [
        f"srv6-config-{name}" for name in ("master", "worker1", "worker2")
    ]


def test_unreadable_files_are_told_apart(full: Plan, tmp_path: Path) -> None:
    binary = tmp_path / "b.yaml"
    binary.write_bytes(b"a: 1\nb: \xff\n")
    for file, said in ((binary, "no UTF-8"), (tmp_path, "cannot be read")):
        with pytest.raises(TestbedError, match=said):
            load_policy_file(full, file)


def test_summary_counts() -> None:
    one = Finding("error", "f:1", "x")
    two = Finding("warning", "f:2", "y")
    assert summary([]) == "clean"
    assert summary([one, one, two]) == "2 errors, 1 warning"


GOOD_OBJECTS = """\
apiVersion: crd.projectcalico.org/v1
kind: BGPConfiguration
metadata: {name: default}
spec: {asNumber: 64512, nodeToNodeMeshEnabled: false}
---
apiVersion: crd.projectcalico.org/v1
kind: BGPPeer
metadata: {name: gobgp}
spec: {asNumber: 64512, peerIP: "fd00:0:34::2", nodeSelector: "all()"}
---
apiVersion: crd.projectcalico.org/v1
kind: BGPPeer
metadata: {name: reflector}
spec: {peerIP: "fd11::1000", node: worker2}
---
apiVersion: crd.projectcalico.org/v1
kind: IPPool
metadata: {name: half}
spec: {cidr: 172.16.128.0/17, nodeSelector: "kubernetes.io/hostname != 'worker1'"}
---
apiVersion: crd.projectcalico.org/v1
kind: IPPool
metadata: {name: asleep}
spec: {cidr: "fdfb:af47:32af:8000::/49", nodeSelector: "! all()"}
"""


def test_good_objects_are_clean(full: Plan, tmp_path: Path) -> None:
    file = tmp_path / "objects-good.yaml"
    file.write_text(GOOD_OBJECTS)
    assert load(full, file)[1] == []


def test_the_plans_own_objects_are_clean(full: Plan, tmp_path: Path) -> None:
    file = tmp_path / "objects-plan.yaml"
    file.write_text(render.ippools(full) + render.bgp(full))
    found = load(full, file)[1]
    assert [f.what for f in found] == [  # worker2 has not joined, see selected()
        "nodeSelector kubernetes.io/hostname == 'worker2' selects none of the nodes that are here"
    ]


def test_what_may_be_meant_is_a_warning_and_is_applied(full: Plan, tmp_path: Path) -> None:
    file = tmp_path / "objects-later.yaml"
    file.write_text(GOOD_OBJECTS.replace("!= 'worker1'", "== 'worker2'"))
    documents, (finding,) = load_objects(full, file, selected=selected)
    assert len(documents) == 5
    assert finding.severity == "warning" and finding.where == "objects-later.yaml:19"
    assert finding.fix == "it counts once worker2 has joined"


def test_a_cluster_that_changes_its_as_with_its_peers_is_warned_alone(
    full: Plan, tmp_path: Path
) -> None:
    file = tmp_path / "objects-as.yaml"
    file.write_text(GOOD_OBJECTS.replace("64512", "64513"))
    (finding,) = load(full, file)[1]
    assert finding.severity == "warning"
    assert "gobgp stays in AS 64512" in finding.what


def test_flags_are_only_for_head_ends_that_do_them(full: Plan) -> None:
    plan = full.model_copy(update={"overlay": "calico-vpp"})
    text = (HERE / "golden" / "policy-binding-sid-flags.yaml").read_text()
    changes = load_policies(
        text.replace("cafe::150", "fcdd:0:0:11aa::b000"), "f.yaml", resolver(plan)
    )
    said = [str(finding) for finding in lint_policies(plan, changes)]
    assert any("Calico-VPP is not known to do dropUponInvalid" in one for one in said)


@pytest.mark.parametrize("lacking", ["overlay", "injector"])
def test_protection_needs_an_engine(full: Plan, lacking: str) -> None:
    others = tuple(node for node in full.nodes if node not in full.injectors)
    update = {"overlay": "calico-vpp"} if lacking == "overlay" else {"nodes": others}
    text = (HERE / "golden" / "policy-protect.yaml").read_text().partition("---")[0]
    changes = load_policies(text, "f.yaml", resolver(full))
    said = [str(finding) for finding in lint_policies(full.model_copy(update=update), changes)]
    assert any("nobody offers detours here (protect)" in one for one in said)
