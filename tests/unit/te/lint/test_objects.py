"""Objects of users as `testbed apply` takes them: every field is done, refused or warned of."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.engine.intents.read import read_intents
from testbed.errors import TestbedError
from testbed.lab import policies
from testbed.lab.objects import intents_linted
from testbed.lab.te import store
from testbed.plan.model import Plan, Role
from testbed.te.lint.findings import Finding
from testbed.te.load import load_objects
from tests.documents import Document
from tests.unit.te.lint.test_lint import selected

POOL = "apiVersion: crd.projectcalico.org/v1\nkind: IPPool\nmetadata: {name: p}\nspec:\n"
PEER = "apiVersion: crd.projectcalico.org/v1\nkind: BGPPeer\nmetadata: {name: p}\nspec:\n"
BGP = "apiVersion: crd.projectcalico.org/v1\nkind: BGPConfiguration\nmetadata: {name: default}\n"
V1 = "apiVersion: v1\n"
CONFIG = V1 + "kind: ConfigMap\nmetadata: {name: srv6-config-worker1}\ndata: "
POLICY = (
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\n"
    "spec: {podSelector: "
)
INSIDE = "  cidr: 172.16.4.0/24\n"


def meta(field: str) -> str:
    """A pool with a further field of its metadata."""
    return POOL.replace("{name: p}", f"{{name: p, {field}}}") + INSIDE


def load(plan: Plan, directory: Path, text: str) -> tuple[list[Document], list[Finding]]:
    file = directory / "o.yaml"
    file.write_text(text)
    return load_objects(plan, file, force=True, selected=selected)


def said(plan: Plan, directory: Path, text: str) -> list[tuple[str, str, str | None]]:
    return [(f.severity, f.where, f.fix) for f in load(plan, directory, text)[1]]


@pytest.mark.parametrize(
    ("text", "line", "hint"),
    [
        (POOL + INSIDE + "  blocksize: 28\n", 6, "did you mean blockSize?"),
        (POOL + INSIDE + "  natoutgoing: true\n", 6, "did you mean natOutgoing?"),
        (POOL + INSIDE + "  vxlanmode: Always\n", 6, "did you mean vxlanMode?"),
        (PEER + "  peerIP: fd00:0:34::2\n  asnumber: 64512\n", 6, "did you mean asNumber?"),
        (BGP + "spec:\n  communities:\n  - name: a\n    valu: '1:2'\n", 7, "did you mean value?"),
        (BGP + "spec: {nodeToNodeMesh: false}\n", 4, "did you mean nodeToNodeMeshEnabled?"),
    ],
)
def test_a_misspelt_field_is_refused_with_what_is_meant(
    full: Plan, tmp_path: Path, text: str, line: int, hint: str
) -> None:
    found = said(full, tmp_path, text)
    assert [one for one in found if one[0] == "error"] == [("error", f"o.yaml:{line}", hint)]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("vxlanMode: always", "must be Never or Always or CrossSubnet"),
        ("ipipMode: Sometimes", "must be Never or Always or CrossSubnet"),
        ("assignmentMode: manual", "must be Automatic or Manual"),
        ("allowedUses: [Workload, Pods]", "must be Workload or Tunnel or LoadBalancer"),
        ("allowedUses: Tunnel", "must be of type array"),
        ("natOutgoing: 'yes'", "must be of type boolean"),
        ("blockSize: '28'", "must be of type integer"),
        ("blockSize: 129", "must be at most 128"),
        ("blockSize: 64", "no length of an IPv4 block"),
        ("blockSize: 16", "larger than 172.16.4.0/24"),
        ("namespaceSelector: what?", "selector"),
        ("nat-outgoing: true", "use natOutgoing"),
        ("ipip: {enabled: true}", "use ipipMode"),
        ("ipipMode: Always\n  vxlanMode: Always", "cannot both be used"),
        ("encapsulation: VXLAN", "must be None"),
        ("encapsulation: None\n  vxlanMode: Always", "encapsulation None and vxlanMode Always"),
    ],
)
def test_a_value_that_a_pool_cannot_have_is_refused(
    full: Plan, tmp_path: Path, line: str, what: str
) -> None:
    _, (finding,) = load(full, tmp_path, f"{POOL}{INSIDE}  {line}\n")
    assert finding.severity == "error" and what in finding.what
    assert finding.where in ("o.yaml:6", "o.yaml:7")


@pytest.mark.parametrize(
    ("text", "line", "what", "fix"),
    [
        (POOL + "  CIDR: 172.16.4.0/24\n", 5, "no field spec.CIDR", "did you mean cidr?"),
        (POOL + "  blockSize: 28\n", 5, "without spec.cidr", "cidr: 172.31.0.0/16"),
        (POOL + "  cidr: [172.16.4.0/24]\n", 5, "it is no text", "cidr: 172.31.0.0/16"),
        (POOL + "  cidr: 172.16.4.9/24\n", 5, "has host bits set", "cidr: 172.16.4.0/24"),
        (PEER + "  peerip: fd00:0:34::2\n", 5, "no field spec.peerip", "did you mean peerIP?"),
        (PEER + "  peerIP: '[fd00:0:34::2]:70000'\n", 5, "port '70000' is not", "peerIP: the"),
        (PEER + "  peerIP: '[fd00:0:34::2]179'\n", 5, "not usable", "peerIP: the"),
        (V1 + "kind: List\nitem: []\n", 3, "List has no field item", "did you mean items?"),
        (V1 + "kind: List\n", 1, "List without items", "items: []"),
        ("kind: List\nitems: []\n", 1, "List without apiVersion", "apiVersion: v1"),
        ("apiVersion: v2\nkind: List\nitems: []\n", 1, "apiVersion v2 is", "apiVersion: v1"),
        (POOL.replace("kind: IPPool", "kind: IPPoolList"), 4, "no field spec", "the fields are"),
        (V1 + "kind: list\nitems: []\n", 1, "not take kind list", "did you mean List?"),
        (POOL.replace("kind: IPPool", "kind: ippool") + INSIDE, 1, "kind ippool", "did you mean I"),
        (V1 + "kind: Configmap\nmetadata: {name: srv6-config-a}\n", 1, "kind Configmap", "did you"),
        (meta("labels: {a: 5}"), 3, "metadata.labels: a is 5", 'a: "5"'),
        (meta("labels: {a: true}"), 3, "metadata.labels: a is true", 'a: "true"'),
        (meta("labels: {a: [b]}"), 3, "metadata.labels: a is no text", "a: |"),
        (meta("labels: [a]"), 3, "metadata.labels is no mapping", "labels: {}"),
        (meta("labels: {a: b c}"), 3, "'b c' is no value of a label", "take letters"),
        (meta("labels: {a b: c}"), 3, "'a b', which is no name", "take letters"),
        (meta("annotations: {a: 1.5}"), 3, "metadata.annotations: a is 1.5", 'a: "1.5"'),
        (meta("annotations: {a/b/c: x}"), 3, "'a/b/c', which is no name", "take letters"),
        (POOL.replace("{name: p}", "{name: 5}") + INSIDE, 3, "metadata.name is 5", 'name: "5"'),
        (meta("namespace: 7"), 3, "metadata.namespace is 7", 'namespace: "7"'),
        (POLICY + "{matchLabels: {app: 1}}}\n", 4, "matchLabels: app is 1", 'app: "1"'),
        (CONFIG + "{srv6: 7}\n", 4, "data.srv6 is 7", 'srv6: "7"'),
        (CONFIG + "{srv6: {localsids: {}}}\n", 4, "data.srv6 is no text", "srv6: |"),
        (POOL + INSIDE + "---\n" + POOL + INSIDE, 7, "IPPool p is in the file twice", "give one"),
    ],
)
def test_what_is_no_object_at_all_is_refused_with_what_is_meant(
    full: Plan, tmp_path: Path, text: str, line: int, what: str, fix: str
) -> None:
    with pytest.raises(TestbedError) as caught:
        load(full, tmp_path, text)
    assert caught.value.where == f"o.yaml:{line}"
    assert what in caught.value.what and (caught.value.fix or "").startswith(fix)


def test_a_peer_has_one_way_to_choose_nodes(full: Plan, tmp_path: Path) -> None:
    text = PEER + "  peerIP: fd00:0:34::2\n  node: worker1\n  nodeSelector: all()\n"
    assert said(full, tmp_path, text) == [("error", "o.yaml:7", "leave one of them out")]


@pytest.mark.parametrize(
    ("cidr", "what"),
    [
        ("172.16.4.0", "not a network such as"),
        ("172.16.4.1/24", "has host bits set"),
        ("172.16.4.0/28", "blockSize 26, which is the default, is larger"),
    ],
)
def test_a_pool_without_room_or_length_is_refused(
    full: Plan, tmp_path: Path, cidr: str, what: str
) -> None:
    file = tmp_path / "o.yaml"
    file.write_text(f"{POOL}  cidr: {cidr}\n")
    with pytest.raises(TestbedError) as caught:
        load_objects(full, file)
    assert what in str(caught.value)


def test_all_that_a_pool_can_have_is_taken(full: Plan, tmp_path: Path) -> None:
    everything = (
        "  blockSize: 28\n  ipipMode: Never\n  vxlanMode: CrossSubnet\n  natOutgoing: false\n"
        "  nodeSelector: all()\n  namespaceSelector: team == 'red'\n  disabled: null\n"
        "  disableBGPExport: true\n  assignmentMode: Manual\n  allowedUses: [Workload, Tunnel]\n"
    )
    documents, findings = load(full, tmp_path, POOL + INSIDE + everything)
    assert findings == [] and documents[0]["spec"]["allowedUses"] == ["Workload", "Tunnel"]


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("password: {secretKeyRef: {name: bgp, key: pw}}", "error"),
        ("filters: [mine]", "error"),
        ("ttlSecurity: 1", "error"),
        ("localASNumber: 64513", "error"),
        ("localWorkloadSelector: all()", "error"),
        ("peerSelector: all()", "error"),
        ("keepOriginalNextHop: true", "warning"),
        ("numAllowedLocalASNumbers: 2", "warning"),
        ("nextHopMode: Keep", "warning"),
        ("sourceAddress: None", "warning"),
        ("maxRestartTime: 10s", "warning"),
        ("reachableBy: fd00::1", "warning"),
    ],
)
def test_what_a_session_cannot_do_is_refused_or_warned_of(
    full: Plan, tmp_path: Path, line: str, severity: str
) -> None:
    text = f"{PEER}  peerIP: fd00:0:34::2\n  {line}\n"
    assert said(full, tmp_path, text) == [(severity, "o.yaml:6", None)]


def test_values_that_ask_for_nothing_are_not_mentioned(full: Plan, tmp_path: Path) -> None:
    peer = "  peerIP: fd00:0:34::2\n  peerSelector: ''\n  keepOriginalNextHop: false\n"
    peer += "  nextHopMode: Auto\n  sourceAddress: UseNodeIP\n  filters: []\n"
    assert said(full, tmp_path, PEER + peer) == []
    asked = "spec: {listenPort: 179, logSeverityScreen: Info, bindMode: None}\n"
    assert said(full, tmp_path, BGP + asked) == []


@pytest.mark.parametrize(
    "field",
    [
        "listenPort: 1179",
        "serviceClusterIPs: [{cidr: 10.96.0.0/16}]",
        "serviceExternalIPs: [{cidr: 192.0.2.0/24}]",
        "serviceLoadBalancerIPs: [{cidr: 192.0.2.0/24}]",
        "prefixAdvertisements: [{cidr: 172.16.0.0/16, communities: ['64512:120']}]",
        "communities: [{name: a, value: '1:2'}]",
        "bindMode: NodeIP",
        "logSeverityScreen: Debug",
        "nodeMeshPassword: {secretKeyRef: {name: bgp, key: pw}}",
    ],
)
def test_a_setting_of_bgp_without_effect_is_warned_of(
    full: Plan, tmp_path: Path, field: str
) -> None:
    text = f"{BGP}spec:\n  {field}\n"
    assert said(full, tmp_path, text) == [("warning", "o.yaml:5", None)]


@pytest.mark.parametrize(
    ("cidr", "whose"),
    [
        ("10.96.0.0/16", "Services"),
        ("fd00:10:96::/120", "Services"),
        ("fcff::/16", "r1's loopback"),
        ("fcff:6::1/128", "r6's loopback"),
        ("fc00::/7", "r1's loopback"),
        ("::/0", "r1's loopback"),
        ("0.0.0.0/0", "r1's loopback"),
        ("fd10::/64", "the subnet of master"),
        ("192.168.12.128/25", "the subnet of worker2"),
        ("fd00:0:34::/64", "the subnet of gobgp"),
        ("fcdd:0:0:11aa::/80", "SIDs of worker1"),
        ("cafe::/64", "binding SIDs"),
        ("fe80::/64", "link-local addresses"),
        ("169.254.0.0/16", "link-local addresses"),
        ("ff00::/8", "multicast addresses"),
        ("224.0.0.0/24", "multicast addresses"),
        ("127.0.0.0/16", "loopback addresses"),
        ("::1/128", "the unspecified and the loopback address"),
        ("255.255.255.0/24", "reserved and broadcast addresses"),
    ],
)
def test_a_pool_over_what_belongs_to_others_is_refused(
    full: Plan, tmp_path: Path, cidr: str, whose: str
) -> None:
    kubernetes = full.model_copy(update={"orchestrator": "kubernetes"})
    _, (finding,) = load(kubernetes, tmp_path, f'{POOL}  cidr: "{cidr}"\n')
    assert finding.severity == "error" and f"overlaps {whose} (" in finding.what


def test_a_lab_without_services_has_their_range_free(full: Plan, tmp_path: Path) -> None:
    (found,) = said(full, tmp_path, POOL + "  cidr: 10.96.0.0/16\n")
    assert found[:2] == ("warning", "o.yaml:5")


V3 = """\
apiVersion: projectcalico.org/v3
kind: IPPool
metadata:
  name: default-ipv4-ippool
  uid: 6b7a
  resourceVersion: "12"
  creationTimestamp: "2025-01-01T00:00:00Z"
  labels: {team: red}
spec: {cidr: 172.16.0.0/16, blockSize: 26, natOutgoing: true}
status: {conditions: []}
"""


def test_objects_as_calicoctl_gives_them_are_taken(full: Plan, tmp_path: Path) -> None:
    documents, findings = load(full, tmp_path, V3)
    assert findings == []
    assert documents == [
        {
            "apiVersion": "crd.projectcalico.org/v1",
            "kind": "IPPool",
            "metadata": {"name": "default-ipv4-ippool", "labels": {"team": "red"}},
            "spec": {"cidr": "172.16.0.0/16", "blockSize": 26, "natOutgoing": True},
        }
    ]


def test_lists_are_taken_item_by_item(full: Plan, tmp_path: Path) -> None:
    item = "kind: IPPool, metadata: {name: %s}, spec: {cidr: 172.16.%s.0/24, bad: 1}}"
    v1 = "- {apiVersion: crd.projectcalico.org/v1, "
    text = f"apiVersion: v1\nkind: List\nitems:\n{v1}{item % ('a', 1)}\n{v1}{item % ('b', 2)}\n"
    documents, findings = load(full, tmp_path, text)
    assert [d["metadata"]["name"] for d in documents] == ["a", "b"]
    assert [f.where for f in findings] == ["o.yaml:4", "o.yaml:5"]
    bare = "apiVersion: projectcalico.org/v3\nkind: IPPoolList\nitems:\n"
    bare += "- metadata: {name: c}\n  spec: {cidr: 172.16.3.0/24}\n"
    documents, findings = load(full, tmp_path, bare)
    assert findings == []
    assert (documents[0]["kind"], documents[0]["apiVersion"]) == (
        "IPPool",
        "crd.projectcalico.org/v1",
    )


@pytest.mark.parametrize(
    ("text", "where", "what", "fix"),
    [
        ("apiVersion: v1\nkind: List\nitems: []\n", "o.yaml", "no object", None),
        ("apiVersion: v1\nkind: List\nitems: 7\n", "o.yaml:3", "not a list", None),
        ("kind: IPPoolList\nitems: [7]\n", "o.yaml:2", "kind ?", "it takes IPPool"),
        (POOL.replace("/v1", "/v2") + INSIDE, "o.yaml:1", "crd.projectcalico.org/v2", "/v1 or"),
        (POOL[37:] + INSIDE, "o.yaml:1", "without apiVersion", "apiVersion: crd.projectcalico.org"),
        (POOL.replace("spec", "specs") + INSIDE, "o.yaml:1", "without spec", "below spec"),
        (POOL + INSIDE + "sepc: {}\n", "o.yaml:6", "no field sepc", "did you mean spec?"),
        (POOL.replace("p}", "p, lables: {}}") + INSIDE, "o.yaml:3", "lables", "mean labels?"),
        (POOL.replace("p}", "P}") + INSIDE, "o.yaml:3", "'P' is no name", "lower-case letters"),
        (POOL.replace("p}", "a..b}") + INSIDE, "o.yaml:3", "is no name", "lower-case letters"),
        (POOL.replace("p}", f"{'p' * 254}}}") + INSIDE, "o.yaml:3", "is no name", "at most 253"),
        ("kind: SRPolicy\n", "o.yaml:1", "kind SRPolicy", "testbed policy apply"),
        ("kind: BlockAffinity\n", "o.yaml:1", "kind BlockAffinity", "claim blocks themselves"),
        ("kind: GlobalNetworkPolicy\n", "o.yaml:1", "kind Global", "only NetworkPolicy"),
        # so no object of a file waits for another one of it
        ("kind: Namespace\n", "o.yaml:1", "kind Namespace", "testbed up --cluster kube"),
        ("kind: Service\n", "o.yaml:1", "kind Service", "testbed up --cluster kube"),
        (
            "kind: ConfigMap\nmetadata: {name: x}\n",
            "o.yaml:1",
            "kind ConfigMap",
            "the name of a TE",
        ),
        ("kind: IPpool\n", "o.yaml:1", "kind IPpool", "did you mean IPPool?"),
    ],
)
def test_what_is_no_object_of_ours_is_refused_with_a_way_out(
    full: Plan, tmp_path: Path, text: str, where: str, what: str, fix: str | None
) -> None:
    with pytest.raises(TestbedError) as caught:
        load(full, tmp_path, text)
    assert caught.value.where == where and what in caught.value.what
    assert fix is None or fix in str(caught.value.fix)


def test_a_network_policy_is_taken_with_a_warning(full: Plan, tmp_path: Path) -> None:
    head = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: closed}\n"
    documents, (finding,) = load(full, tmp_path, head + "spec: {podSelector: {}}\n")
    assert documents[0]["spec"] == {"podSelector": {}}
    assert finding.severity == "warning" and finding.where == "o.yaml:1"
    assert finding.what.startswith("NetworkPolicy closed is not enforced")


@pytest.mark.parametrize(
    ("selector", "unknown", "fix"),
    [
        ("in {'master', 'worker3'}", "worker3", "did you mean worker2?"),
        ("!= 'zzzzzz'", "zzzzzz", None),
        ("in {'master', 'worker2'}", "", None),
        ("not in {'worker2', \"workr1\"}", "workr1", "did you mean worker1?"),
    ],
)
def test_each_node_that_a_selector_names_is_looked_at(
    full: Plan, tmp_path: Path, selector: str, unknown: str, fix: str | None
) -> None:
    text = f"{POOL}{INSIDE}  nodeSelector: kubernetes.io/hostname {selector}\n"
    found = load(full, tmp_path, text)[1]
    assert [(f.severity, f.where, f.fix) for f in found] == (
        [("warning", "o.yaml:6", fix)] if unknown else []
    )
    assert all(f"names {unknown}, which is no node" in f.what for f in found)


@pytest.mark.parametrize(
    ("kind", "light", "kubernetes"),
    [
        ("Pod", "testbed pod create NAME --node NODE", "`testbed kubectl apply -f FILE`"),
        ("Service", "`testbed up --cluster kubernetes --recreate`", "`testbed kubectl apply"),
    ],
)
def test_other_objects_are_told_what_this_lab_has(
    full: Plan, tmp_path: Path, kind: str, light: str, kubernetes: str
) -> None:
    for orchestrator, there, elsewhere in (
        ("none", light, "kubectl"),
        ("kubernetes", kubernetes, "--recreate"),
    ):
        plan = full.model_copy(update={"orchestrator": orchestrator})
        with pytest.raises(TestbedError) as caught:
            load(plan, tmp_path, f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: a}}\n")
        assert there in (caught.value.fix or "") and elsewhere not in (caught.value.fix or "")


INTENT = """apiVersion: srv6.testbed.invalid/v1alpha1
kind: Intent
metadata: {name: gold}
spec:
  from: worker1
  to: worker2
  avoid: {nodes: [r77]}
"""


@pytest.fixture
def with_api(full: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """A plan with Kubernetes whose injector has no intents yet."""
    monkeypatch.setattr(policies, "NODES", tmp_path)
    return full.model_copy(update={"orchestrator": "kubernetes"})


def load_intents(plan: Plan, directory: Path, text: str) -> tuple[list[Document], list[Finding]]:
    file = directory / "o.yaml"
    file.write_text(text)
    return load_objects(plan, file, force=True, lint_intents=intents_linted(plan))


def test_intents_are_objects_where_an_engine_reads_them(with_api: Plan, tmp_path: Path) -> None:
    (found,), findings = load_intents(with_api, tmp_path, INTENT)
    assert found["spec"]["from"] == ["worker1"]
    assert [(f.where, f.what, f.fix) for f in findings] == [
        ("o.yaml:7", "avoid: there is no node r77", "did you mean r7?")
    ]


def test_intents_in_a_file_are_checked_beside_those_of_the_lab(
    with_api: Plan, tmp_path: Path
) -> None:
    text = INTENT.replace("apiVersion: srv6.testbed.invalid/v1alpha1", "apiVersion: testbed/v1")
    own, _ = read_intents(text.replace("r77", "r7"), "gold.yaml")
    store.directory(with_api).mkdir(parents=True)
    store.write(with_api, store.Kept(tuple(own), {"gold": 1_000_000}))
    other = INTENT.replace("r77", "r7").replace("gold", "other")
    _, findings = load_intents(with_api, tmp_path, INTENT + "---\n" + other)
    assert [f.what.partition(" ")[2] for f in findings if f.severity == "error"] == [
        "lab has an intent gold of its own, by `testbed te apply`",
        "there is no node r77",
        "traffic from worker1 to worker2 is gold's already (line 3)",
    ]


@pytest.mark.parametrize("has_injector", [True, False])
def test_elsewhere_intents_are_for_te_apply(full: Plan, tmp_path: Path, has_injector: bool) -> None:
    plan = full
    if not has_injector:
        nodes = [node for node in full.nodes if node.role is not Role.INJECTOR]
        plan = full.model_copy(update={"orchestrator": "kubernetes", "nodes": nodes})
    with pytest.raises(TestbedError, match="does not take kind Intent") as refused:
        load_intents(plan, tmp_path, INTENT)
    assert refused.value.fix == "testbed te apply -f FILE; with apiVersion: testbed/v1"


def test_the_files_form_is_no_object(with_api: Plan, tmp_path: Path) -> None:
    text = INTENT.replace("srv6.testbed.invalid/v1alpha1", "testbed/v1")
    with pytest.raises(TestbedError, match="apiVersion testbed/v1 is not one of Intent") as refused:
        load_intents(with_api, tmp_path, text)
    assert refused.value.fix == "apiVersion: srv6.testbed.invalid/v1alpha1"
