"""What the API server holds from the start: whole, valid, and as open as it must be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from testbed.agent.model.read_objects import read
from testbed.errors import TestbedError
from testbed.orchestrators.kubernetes import base_objects
from testbed.orchestrators.kubernetes.base_objects import spellings
from testbed.orchestrators.kubernetes.pki.identities import AGENTS, ENGINES
from testbed.paths import TEMPLATES
from testbed.plan.model import Plan
from testbed.render import kubernetes
from tests.documents import Document
from tests.shipped_plans import shipped_plan
from tests.unit.orchestrators.kubernetes.cluster_plans import cluster_plan

BUSYBOX = "docker.io/library/busybox:latest"
CALICO_KINDS = ("IPPool", "BGPPeer", "BGPConfiguration", "BlockAffinity")


@pytest.fixture(scope="module")
def definitions() -> list[Document]:
    return base_objects.definitions([BUSYBOX])


@pytest.fixture(scope="module")
def full() -> Plan:
    return shipped_plan("full")


def one(objects: list[Document], kind: str, name: str, namespace: str | None = None) -> Document:
    (found,) = (
        o
        for o in objects
        if (o["kind"], o["metadata"]["name"], o["metadata"].get("namespace"))
        == (kind, name, namespace)
    )
    return found


def schemas(objects: list[Document]) -> dict[str, Document]:
    return {
        o["spec"]["names"]["kind"]: o["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        for o in objects
        if o["kind"] == "CustomResourceDefinition"
    }


def valid(schema: Document, item: Document) -> bool:
    return bool(Draft202012Validator(schema).is_valid(item))


def test_no_object_is_there_twice(definitions: list[Document]) -> None:
    plan = cluster_plan()
    everything = definitions + base_objects.dns(plan) + base_objects.resources(plan)
    keys = [
        (o["apiVersion"], o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"])
        for o in everything
    ]
    assert len(keys) == len(set(keys))


def test_namespaces_come_before_what_lives_in_them(definitions: list[Document]) -> None:
    made = {"default", "kube-system"}
    for item in definitions:
        assert item["metadata"].get("namespace", "default") in made
        if item["kind"] == "Namespace":
            made.add(item["metadata"]["name"])


def test_crds_are_structural(definitions: list[Document]) -> None:
    """The API server refuses a schema with a field of no type."""

    def walk(schema: Document, at: str) -> None:
        assert schema.get("type") or schema == {"x-kubernetes-int-or-string": True}, at
        for name, below in schema.get("properties", {}).items():
            walk(below, f"{at}.{name}")
        if "items" in schema:
            walk(schema["items"], f"{at}[]")

    found = schemas(definitions)
    for kind, schema in found.items():
        walk(schema, kind)
    assert found.keys() - {"SRv6NodeStatus", "Intent"} == set(CALICO_KINDS)
    assert "x-kubernetes-preserve-unknown-fields" not in str(found)
    assert set(base_objects.crd_names()) == {
        o["metadata"]["name"] for o in definitions if o["kind"] == "CustomResourceDefinition"
    }


def test_a_plan_without_an_injector_has_no_intents() -> None:
    """Nobody would read them."""
    without = base_objects.definitions([BUSYBOX], intents=False)
    assert "Intent" not in schemas(without)
    assert len(schemas(without)) == len(base_objects.crd_names(intents=False))


def test_the_engine_reads_intents_and_writes_their_status_and_events_only(
    definitions: list[Document],
) -> None:
    role = one(definitions, "ClusterRole", "testbed:te-engines")
    rights = {
        (r, verb) for rule in role["rules"] for r in rule["resources"] for verb in rule["verbs"]
    }
    assert rights == {("intents", "list"), ("intents", "watch"), ("intents/status", "patch")}
    of_events = one(definitions, "Role", "testbed:te-engines", "default")
    assert of_events["rules"] == [{"apiGroups": [""], "resources": ["events"], "verbs": ["create"]}]
    for binding, namespace in (("ClusterRoleBinding", None), ("RoleBinding", "default")):
        (subject,) = one(definitions, binding, "testbed:te-engines", namespace)["subjects"]
        assert (subject["kind"], subject["name"]) == ("Group", ENGINES)


def test_the_papers_pools_are_valid(definitions: list[Document], paper_manifests: Path) -> None:
    text = (paper_manifests / "test-srv6-res.yaml").read_text()
    pools = list(YAML(typ="safe", pure=True).load_all(text))
    assert len(pools) == 6
    for pool in pools:
        assert valid(schemas(definitions)["IPPool"], pool), pool["metadata"]["name"]


def test_the_plans_own_resources_are_valid(definitions: list[Document], full: Plan) -> None:
    resources = base_objects.resources(full)
    assert {r["kind"] for r in resources} == {"IPPool", "BGPConfiguration", "BGPPeer"}
    for item in resources:
        assert valid(schemas(definitions)[item["kind"]], item), item["metadata"]["name"]


def test_users_apply_over_resources_without_a_warning(full: Plan) -> None:
    for item in base_objects.resources(full):
        annotations = item["metadata"].pop("annotations")
        assert json.loads(annotations[base_objects.LAST_APPLIED]) == item


def test_agents_understand_the_resources(full: Plan) -> None:
    objects = read([("api", r) for r in base_objects.resources(full)])
    assert objects.problems == ()
    assert len(objects.pools) == 6
    assert objects.bgp.asn == 64512
    assert [p.name for p in objects.peers] == ["gobgp"]


@pytest.mark.parametrize(
    ("kind", "spec", "verdict"),
    [
        ("IPPool", {"cidr": "10.0.0.0/8", "assignmentMode": "manual"}, False),
        ("IPPool", {"cidr": "10.0.0.0/8", "allowedUses": ["Pods"]}, False),
        ("IPPool", {"cidr": "10.0.0.0/8", "vxlanMode": "always"}, False),
        ("IPPool", {"blockSize": 26}, False),
        ("IPPool", {"cidr": "10.0.0.0/8", "blockSize": "26"}, False),
        ("IPPool", {"cidr": "10.0.0.0/8", "blockSize": 129}, False),
        ("IPPool", {"cidr": "10.0.0.0/8", "ipipMode": "always"}, False),
        ("IPPool", {"cidr": "10.0.0.0/8", "natOutgoing": "yes"}, False),
        ("IPPool", {"cidr": "10.0.0.0/8", "encapsulation": "None"}, True),
        ("IPPool", {"cidr": "10.0.0.0/8", "encapsulation": "IPIP"}, False),
        ("BGPPeer", {"peerIP": "fd00::1", "asNumber": 4294967295}, True),
        ("BGPPeer", {"peerIP": "fd00::1", "asNumber": 4294967296}, False),
        ("BGPConfiguration", {"nodeToNodeMeshEnabled": 1}, False),
        ("BlockAffinity", {"node": "a", "cidr": "10.0.0.0/26", "state": "confirmed"}, True),
        ("BlockAffinity", {"cidr": "10.0.0.0/26"}, False),
    ],
)
def test_schemas_judge(
    definitions: list[Document], kind: str, spec: Document, verdict: bool
) -> None:
    item = {"apiVersion": "crd.projectcalico.org/v1", "kind": kind, "spec": spec}
    assert valid(schemas(definitions)[kind], item) is verdict


def test_agents_may_do_what_they_need_and_nothing_more(definitions: list[Document]) -> None:
    assert grants(definitions, AGENTS) == {
        (None, "nodes"): "get list watch",
        (None, "pods"): "get list watch",
        (None, "namespaces"): "get list watch",
        (None, "networkpolicies"): "get list watch",
        (None, "events"): "create patch",
        (None, "ippools"): "get list watch",
        (None, "bgppeers"): "get list watch",
        (None, "bgpconfigurations"): "get list watch",
        (None, "blockaffinities"): "get list watch create update delete",
        (None, "srv6nodestatuses"): "get create patch",
        (None, "srv6nodestatuses/status"): "get create patch",
        ("calico-vpp-dataplane", "configmaps"): "get list watch",
    }


def grants(objects: list[Document], group: str) -> dict[tuple[str | None, str], str]:
    """(namespace, resource) → verbs that a group is given by these objects."""
    found = {}
    for binding in objects:
        if {"kind": "Group", "name": group} not in [
            {k: s[k] for k in ("kind", "name")} for s in binding.get("subjects", [])
        ]:
            continue
        namespace, role = binding["metadata"].get("namespace"), binding["roleRef"]
        for rule in one(objects, role["kind"], role["name"], namespace)["rules"]:
            for resource in rule["resources"]:
                found[namespace, resource] = " ".join(rule["verbs"])
    return found


def test_no_rule_says_everything(definitions: list[Document]) -> None:
    for item in definitions + base_objects.dns(cluster_plan()):
        for rule in item.get("rules", []):
            assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]


def test_an_agent_speaks_for_its_own_node_only(definitions: list[Document]) -> None:
    policy = one(definitions, "ValidatingAdmissionPolicy", "testbed-agents")["spec"]
    watched = {r for rule in policy["matchConstraints"]["resourceRules"] for r in rule["resources"]}
    assert watched == {"blockaffinities", "srv6nodestatuses", "srv6nodestatuses/status"}
    assert policy["failurePolicy"] == "Fail"
    binding = one(definitions, "ValidatingAdmissionPolicyBinding", "testbed-agents")["spec"]
    assert binding["validationActions"] == ["Deny"]


def test_loaded_images_are_the_policys_parameter(definitions: list[Document]) -> None:
    binding = one(definitions, "MutatingAdmissionPolicyBinding", "testbed-loaded-images")["spec"]
    ref = binding["paramRef"]
    images = one(definitions, "ConfigMap", ref["name"], ref["namespace"])["data"]["images"]
    assert "busybox" in images.split("\n")


def test_spellings_of_an_image() -> None:
    wanted = {
        prefix + "busybox" + tag
        for prefix in ("", "docker.io/", "index.docker.io/", "library/", "docker.io/library/")
        for tag in ("", ":latest")
    } | {"index.docker.io/library/busybox", "index.docker.io/library/busybox:latest"}
    for image in wanted:
        assert set(spellings(image)) == wanted
    assert spellings("registry.k8s.io/pause:3.10.2") == ["registry.k8s.io/pause:3.10.2"]
    assert spellings("localhost:5000/x") == ["localhost:5000/x", "localhost:5000/x:latest"]
    assert spellings("localhost/x:1") == ["localhost/x:1"]
    assert spellings("cilium/x:1") == [
        "cilium/x:1",
        "docker.io/cilium/x:1",
        "index.docker.io/cilium/x:1",
    ]
    digest = "@sha256:" + "0" * 64
    assert spellings(f"quay.io/a/b{digest}") == [f"quay.io/a/b{digest}"]


REGISTRIES = st.sampled_from(
    ["", "docker.io/", "docker.io/library/", "quay.io/", "localhost:5000/"]
)
NAMES = st.from_regex(r"[a-z0-9]{1,5}(/[a-z0-9]{1,5}){0,2}", fullmatch=True)
TAGS = st.sampled_from(["", ":latest", ":1.2", "@sha256:00"])


@given(st.builds("".join, st.tuples(REGISTRIES, NAMES, TAGS)))
def test_every_spelling_means_the_same_image(image: str) -> None:
    names = spellings(image)
    assert image in names
    assert all(spellings(name) == names for name in names)


@pytest.mark.parametrize(
    ("families", "node_v4", "addresses", "policy"),
    [
        ("46", True, ["10.96.0.10", "fd00:10:96::a"], "RequireDualStack"),
        ("46", False, ["fd00:10:96::a", "10.96.0.10"], "RequireDualStack"),
        ("4", True, ["10.96.0.10"], "SingleStack"),
        ("6", False, ["fd00:10:96::a"], "SingleStack"),
    ],
)
def test_dns_service(families: str, node_v4: bool, addresses: list[str], policy: str) -> None:
    objects = base_objects.dns(cluster_plan(families=families, node_v4=node_v4))
    spec = one(objects, "Service", "kube-dns", "kube-system")["spec"]
    assert spec["clusterIPs"] == addresses
    assert spec["clusterIP"] == addresses[0]
    assert spec["ipFamilyPolicy"] == policy
    assert spec["ipFamilies"] == ["IPv6" if ":" in a else "IPv4" for a in addresses]


def test_dns_pods_belong_to_their_service() -> None:
    objects = base_objects.dns(cluster_plan())
    service = one(objects, "Service", "kube-dns", "kube-system")["spec"]
    spec = one(objects, "Deployment", "coredns", "kube-system")["spec"]
    assert service["selector"] == spec["selector"]["matchLabels"]
    assert service["selector"].items() <= spec["template"]["metadata"]["labels"].items()
    assert spec["replicas"] == 1


def test_dns_outlives_leases_that_controllers_see_late() -> None:
    """After an outage of the API server their view may be a minute old: a try every 30 to 60 s."""
    spec = one(base_objects.dns(cluster_plan()), "Deployment", "coredns", "kube-system")["spec"]
    lost = [t for t in spec["template"]["spec"]["tolerations"] if t["effect"] == "NoExecute"]
    assert {t["key"].partition("/")[2] for t in lost} == {"not-ready", "unreachable"}
    assert all(t["tolerationSeconds"] > 60 for t in lost)


def test_dns_starts_anew_with_another_authority() -> None:
    def template(authority: str) -> object:
        objects = base_objects.dns(cluster_plan(), authority)
        return one(objects, "Deployment", "coredns", "kube-system")["spec"]["template"]

    assert template("sha256:1") == template("sha256:1") != template("sha256:2")


def test_names_outside_do_not_exist() -> None:
    """SERVFAIL would stop a resolver's search list, NXDOMAIN lets it go on."""
    objects = base_objects.dns(cluster_plan())
    corefile = one(objects, "ConfigMap", "coredns", "kube-system")["data"]["Corefile"]
    inside, outside = corefile.split("\n. {")
    assert inside.startswith("cluster.local in-addr.arpa ip6.arpa {")
    assert "kubernetes cluster.local" in inside
    assert "rcode NXDOMAIN" in outside


def test_only_the_control_plane_gets_its_label() -> None:
    plan = cluster_plan()
    assert base_objects.node_labels(plan.node("master")) == {
        "node-role.kubernetes.io/control-plane": ""
    }
    assert base_objects.node_labels(plan.node("worker1")) == {}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("kind: [", "not valid YAML"), ("kind: X\n", "not a Kubernetes object"), ("- 1\n", "object")],
)
def test_a_broken_template_is_named(
    text: str, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes, "render", lambda *_, **__: text)
    with pytest.raises(TestbedError, match=complaint) as caught:
        kubernetes.objects("crds.yaml.j2")
    assert caught.value.where == str(TEMPLATES / "kubernetes/crds.yaml.j2")
