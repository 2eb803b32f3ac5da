"""Calico-VPP's objects and VPP's files: pinned byte for byte, and read back.

After a wanted change: `GOLDEN=write pytest tests/unit/render`, then read the diff.
"""

from __future__ import annotations

import json
import os
from ipaddress import IPv6Network
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.object_fields.check import unknown_fields
from testbed.object_fields.tables import KINDS
from testbed.plan.calico_vpp import localsid_pool
from testbed.plan.model import Plan, Port
from testbed.render import calico_vpp, cluster
from testbed.render.calico_vpp_images import images
from testbed.render.kubernetes import documents
from testbed.srpolicy.files.configmap import load_configmaps
from testbed.te.lint.policies import lint_configmaps
from tests.shipped_plans import shipped_plan

GOLDEN = Path(__file__).parent / "golden"
FILES = [
    "README.md",
    "images.txt",
    "12-nodes.yaml",
    "20-installation.yaml",
    "30-access.yaml",
    "31-config.yaml",
    "32-daemonset.yaml",
    "te/srv6-config-worker1.yaml",
    "vpp/worker1/startup.conf",
    "vpp/worker1/startup.exec",
]


@pytest.fixture(scope="module")
def full() -> Plan:
    return shipped_plan("full")


@pytest.fixture(scope="module")
def files(full: Plan) -> dict[str, str]:
    return calico_vpp.files(full, "eth1")


def config(plan: Plan, uplink: str = "eth1") -> dict[str, str]:
    (found,) = documents("config", calico_vpp.config(plan, uplink))
    return dict(found["data"])


@pytest.mark.parametrize("name", FILES)
def test_rendered_file(files: dict[str, str], name: str) -> None:
    text, file = files[name], GOLDEN / f"calico-vpp.{name.replace('/', '.')}"
    if os.environ.get("GOLDEN") == "write":
        file.write_text(text)
    assert text == file.read_text(), f"{name} differs; GOLDEN=write accepts it"


def test_pools_and_peers_are_those_of_our_labs(full: Plan, files: dict[str, str]) -> None:
    assert files["10-ippools.yaml"] == cluster.ippools(full)
    assert files["11-bgp.yaml"] == cluster.bgp(full)


def test_each_file_holds_objects(files: dict[str, str]) -> None:
    for name, text in files.items():
        if name.endswith(".yaml"):
            found = documents(name, text)
            assert found
            assert all({"apiVersion", "kind", "metadata"} <= d.keys() for d in found), name


def test_calicos_objects_have_no_field_that_its_schemas_lack(files: dict[str, str]) -> None:
    for name in ("10-ippools.yaml", "11-bgp.yaml"):
        for document in documents(name, files[name]):
            assert unknown_fields(KINDS[document["kind"]], document["spec"]) == []


def test_every_json_value_of_the_configuration_is_json(full: Plan) -> None:
    found = config(full, "ens4")
    parsed = {key: json.loads(text) for key, text in found.items() if text.startswith("{")}
    assert set(parsed) == {
        "CALICOVPP_DEBUG",
        "CALICOVPP_FEATURE_GATES",
        "CALICOVPP_INITIAL_CONFIG",
        "CALICOVPP_INTERFACES",
        "CALICOVPP_SRV6",
    }
    (uplink,) = parsed["CALICOVPP_INTERFACES"]["uplinkInterfaces"]
    assert (uplink["interfaceName"], uplink["mtu"]) == ("ens4", 1380)
    assert parsed["CALICOVPP_SRV6"] == {"localsidPool": "fcdd::/51", "policyPool": "cafe::/118"}


def test_what_vpps_manager_writes_is_what_is_rendered(full: Plan, files: dict[str, str]) -> None:
    """It replaces a mark by the annotation of its Node object, and adds a newline."""
    found = config(full)
    for node in documents("nodes", files["12-nodes.yaml"]):
        name, text = node["metadata"]["name"], found["CALICOVPP_CONFIG_EXEC_TEMPLATE"]
        for key, value in node["metadata"]["annotations"].items():
            text = text.replace(f"__NODE_ANNOTATION:{key}__", value)
        assert text + "\n" == files[f"vpp/{name}/startup.exec"]
        conf = found["CALICOVPP_CONFIG_TEMPLATE"] + "\n"
        assert conf == files[f"vpp/{name}/startup.conf"]


def test_vpp_needs_no_huge_pages(full: Plan) -> None:
    conf = calico_vpp.startup_conf()
    assert "main-heap-page-size 4k" in conf
    assert conf.count("page-size 4k") == 3  # heap, buffers, statistics
    (daemonset,) = documents("daemonset", calico_vpp.daemonset(full))
    containers = daemonset["spec"]["template"]["spec"]["containers"]
    assert "hugepages" not in json.dumps(containers)


def test_the_daemonset_mounts_what_it_declares(full: Plan) -> None:
    (daemonset,) = documents("daemonset", calico_vpp.daemonset(full))
    spec = daemonset["spec"]["template"]["spec"]
    mounted = {m["name"] for c in spec["containers"] for m in c["volumeMounts"]}
    assert mounted == {v["name"] for v in spec["volumes"]}


def test_all_images_are_pinned_and_listed(full: Plan, files: dict[str, str]) -> None:
    assert all(image.rpartition(":")[2].startswith("v") for image in images())
    (daemonset,) = documents("daemonset", calico_vpp.daemonset(full))
    used = {c["image"] for c in daemonset["spec"]["template"]["spec"]["containers"]}
    assert used <= set(images())
    assert files["images.txt"].split() == images()


def test_te_configmaps_are_taken_by_our_own_reader(full: Plan, files: dict[str, str]) -> None:
    for node in full.cluster:
        name = f"te/srv6-config-{node.name}.yaml"
        (found,) = load_configmaps(files[name], name)
        assert node.cluster is not None
        assert (found.dt4, found.dt6) == tuple(node.cluster.local_sids.model_dump().values())
        assert len(found.policies) == 2 * (len(full.cluster) - 1)
        assert lint_configmaps(full, [found]) == []


def test_a_single_node_has_no_policies(full: Plan) -> None:
    alone = tuple(n for n in full.nodes if n.name not in ("worker1", "worker2"))
    plan = full.model_copy(update={"nodes": alone})
    (found,) = load_configmaps(calico_vpp.te_configmap(plan, plan.node("master")), "alone")
    assert found.policies == ()
    assert localsid_pool(plan) == IPv6Network("fcdd:0:0:aa::/64")


def without_v4(plan: Plan) -> Plan:
    links = []
    for link in plan.links:
        ends: dict[str, Port] = {}
        if any(plan.node(p.node).cluster for p in (link.a, link.b)):
            ends = {e: getattr(link, e).model_copy(update={"v4": None}) for e in ("a", "b")}
        links.append(link.model_copy(update=ends))
    changed = plan.model_copy(update={"links": tuple(links)})
    return Plan.model_validate(changed.model_dump())  # without what the old one had looked up


def test_ipv4_pods_need_nodes_with_an_ipv4_address(full: Plan) -> None:
    bare = without_v4(full)
    with pytest.raises(TestbedError, match="only from nodes with an IPv4 address"):
        calico_vpp.files(bare, "eth1")
    pools = bare.pools.model_copy(update={"pods_v4": None})
    single = calico_vpp.files(bare.model_copy(update={"pools": pools}), "eth1")
    assert "nodeAddressAutodetectionV4" not in single["20-installation.yaml"]
    assert '"ipFamilies": "IPv6"' in single["31-config.yaml"]
    assert 'SERVICE_PREFIX: "fd00:10:96::/112"' in single["31-config.yaml"]


def test_pools_within_the_range_of_sids_are_refused(full: Plan) -> None:
    pools = full.pools.model_copy(update={"policies": IPv6Network("fcdd:0:0:1::/118")})
    with pytest.raises(TestbedError, match="fcdd::/51"):
        calico_vpp.files(full.model_copy(update={"pools": pools}), "eth1")


def test_a_plan_without_a_cluster_is_refused() -> None:
    with pytest.raises(TestbedError, match="one control plane"):
        calico_vpp.files(shipped_plan("backbone"), "eth1")
