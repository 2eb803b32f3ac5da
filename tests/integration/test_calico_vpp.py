"""What `testbed render calico-vpp` gives, judged by a real API server, and by a real vpp if any."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testbed.orchestrators.kubernetes import vpp_check
from testbed.orchestrators.kubernetes.api import KubernetesApi
from testbed.orchestrators.kubernetes.dry_run import Verdict, judge
from testbed.orchestrators.kubernetes.wait import crds_established
from testbed.plan.model import Plan
from testbed.render import calico_vpp
from testbed.topology.load import load_plan
from tests.integration.kube_control_plane import bare_api

pytestmark = pytest.mark.root
ADDRESS = "fd00::1"
# Of the operator's kind as much as the rendered object relies on.
INSTALLATION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "installations.operator.tigera.io"},
    "spec": {
        "group": "operator.tigera.io",
        "scope": "Cluster",
        "names": {"kind": "Installation", "plural": "installations", "singular": "installation"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
                        },
                    }
                },
            }
        ],
    },
}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan("full")


@pytest.fixture(scope="module")
def files(plan: Plan) -> dict[str, str]:
    return calico_vpp.files(plan, "eth1")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesApi]:
    """An API server that holds what a lab's holds from the start."""
    with bare_api(tmp_path_factory.mktemp("api"), "calico-vpp", ADDRESS) as api:
        yield api


def by_state(verdicts: list[Verdict]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"accepted": [], "refused": [], "unchecked": []}
    for verdict in verdicts:
        found[verdict.state].append(f"{verdict.subject}: {verdict.why}".rstrip(": "))
    return found


def test_an_api_server_takes_every_object(api: KubernetesApi, files: dict[str, str]) -> None:
    """But the operator's, whose kind no lab has: that one is told to be unchecked."""
    found = by_state(judge(api, files))
    assert found["refused"] == []
    (installation,) = found["unchecked"]
    assert installation.startswith("20-installation.yaml: Installation default: ")
    assert "32-daemonset.yaml: DaemonSet calico-vpp-node" in found["accepted"]
    assert len(found["accepted"]) == 20


def test_nothing_is_kept(api: KubernetesApi, files: dict[str, str]) -> None:
    judge(api, files)
    for path in (
        "/api/v1/nodes",
        "/apis/crd.projectcalico.org/v1/ippools",
        "/apis/apps/v1/daemonsets",
    ):
        assert api.items(path) == []


@pytest.mark.parametrize(
    ("file", "good", "bad", "word"),
    [
        ("10-ippools.yaml", "cidr: cafe::/118", "cidr: cafe::/129", "cidr is not a network"),
        ("10-ippools.yaml", "ipipMode: Never", "ipipMode: Sometimes", "Unsupported value"),
        ("11-bgp.yaml", "asNumber: 64512", "asNumber: many", "asNumber"),
        ("30-access.yaml", "verbs: [get]", "verb: [get]", "verb"),
        ("31-config.yaml", 'SERVICE_PREFIX: "', "SERVICE_PREFIX: 1  #", "SERVICE_PREFIX"),
        ("32-daemonset.yaml", "hostPID: true", "hostPIDs: true", "hostPIDs"),
        ("32-daemonset.yaml", "- {name: host, mountPath", "- {name: hosts, mountPath", "hosts"),
    ],
)
def test_a_fault_is_refused_in_the_servers_words(
    api: KubernetesApi, files: dict[str, str], file: str, good: str, bad: str, word: str
) -> None:
    assert good in files[file]
    refused = by_state(judge(api, {file: files[file].replace(good, bad)}))["refused"]
    assert refused and all(word in said for said in refused), refused


def test_the_operators_kind_is_judged_where_it_is_known(
    api: KubernetesApi, files: dict[str, str]
) -> None:
    api.apply(INSTALLATION)
    crds_established(api, ["installations.operator.tigera.io"])
    fresh = KubernetesApi(api.client)  # one that has not asked yet which kinds there are
    only = {name: text for name, text in files.items() if name.startswith("20-")}
    assert [v.state for v in judge(fresh, only)] == ["accepted"]


needs_vpp = pytest.mark.skipif(
    not vpp_check.installed(),
    reason="no vpp on this machine (install the packages vpp and vpp-plugin-core)",
)


@needs_vpp
def test_vpp_comes_up_with_the_plans_sids(plan: Plan) -> None:
    assert vpp_check.judge(plan.node("worker1")) == Verdict("vpp/worker1", "accepted")


@needs_vpp
@pytest.mark.parametrize(
    ("good", "bad", "word"),
    [
        ("end.dt4 0", "end.dt4", "unknown input `.dt4"),
        ("end.dt6 0", "end.dt9 0", "unknown input `.dt9"),
        ("sr localsid address", "sr localsids", "unknown input `localsids"),
        ("a683 ", "a684 ", "SIDs "),
    ],
)
def test_vpp_refuses_a_faulty_startup_exec(
    plan: Plan, monkeypatch: pytest.MonkeyPatch, good: str, bad: str, word: str
) -> None:
    node = plan.node("worker1")
    text = calico_vpp.startup_exec(node)
    assert good in text
    monkeypatch.setattr(vpp_check, "PATIENCE", 5.0)
    monkeypatch.setattr(calico_vpp, "startup_exec", lambda _: text.replace(good, bad))
    found = vpp_check.judge(node)
    assert found.state == "refused"
    assert word in found.why


@needs_vpp
@pytest.mark.parametrize(
    "word", ["buffers-per-numa", "cli-listen", "socket-name", "statseg { size"]
)
def test_vpp_refuses_a_faulty_startup_conf(
    plan: Plan, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    rendered = calico_vpp.startup_conf

    def misspelt(*places: str) -> str:
        return rendered(*places).replace(word, word + "s")

    monkeypatch.setattr(calico_vpp, "startup_conf", misspelt)
    found = vpp_check.judge(plan.node("worker1"))
    assert found.state == "refused"
    assert "unknown input" in found.why or "parse error" in found.why
