"""Configuration of Kubernetes' programs: pinned byte for byte, and read back.

After a wanted change: `GOLDEN=write pytest tests/unit/render`, then read the diff.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from testbed.agent.model.attachment import host_interface
from testbed.orchestrators.kubernetes.programs import programs
from testbed.paths import CNI_NETWORKS, CNI_PLUGINS, CONTAINER_RUNTIME
from testbed.plan.model import Plan
from testbed.render import containerd, kubernetes
from tests.documents import Document
from tests.shipped_plans import shipped_plan

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

GOLDEN = Path(__file__).parent / "golden"
NODES = ("master", "worker1")


@pytest.fixture(scope="module")
def full() -> Plan:
    return shipped_plan("full")


def compare(name: str, text: str) -> None:
    file = GOLDEN / f"kubernetes.{name}"
    if os.environ.get("GOLDEN") == "write":
        file.write_text(text)
    assert text == file.read_text(), f"{file.name} differs; GOLDEN=write accepts it"


@pytest.mark.parametrize("node", NODES)
def test_node(full: Plan, node: str) -> None:
    of = full.node(node)
    compare(f"{node}.kubelet.yaml", kubernetes.kubelet(full, of))
    compare(f"{node}.kube-proxy.yaml", kubernetes.kube_proxy(full, of))
    compare(f"{node}.cni.conflist", kubernetes.cni_conflist(of))
    compare(f"{node}.commands", commands(full, node))


def commands(plan: Plan, node: str) -> str:
    phases = programs(plan, plan.node(node), Path)
    return "".join(
        f"# {phase.value}\n" + "".join(" \\\n  ".join(p.command) + "\n" for p in found)
        for phase, found in phases.items()
        if found
    )


def test_shared_by_all_nodes() -> None:
    compare("scheduler.yaml", kubernetes.scheduler())
    compare("resolv.conf", kubernetes.resolv_conf())
    compare("containerd-v2.toml", containerd.configuration((1, 7)))
    compare("containerd-v3.toml", containerd.configuration((2, 1)))


def loaded(text: str) -> Document:
    return dict(YAML(typ="safe", pure=True).load(text))


def test_only_the_control_plane_is_tainted(full: Plan) -> None:
    master, worker = (loaded(kubernetes.kubelet(full, full.node(n))) for n in NODES)
    assert master.pop("registerWithTaints") == [
        {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
    ]
    assert master == worker


def test_a_kubelet_trusts_certificates_only(full: Plan) -> None:
    config = loaded(kubernetes.kubelet(full, full.node("master")))
    assert config["authentication"]["anonymous"] == {"enabled": False}
    assert config["authorization"] == {"mode": "Webhook"}
    assert config["readOnlyPort"] == 0


def test_kubelets_serve_node_logs_for_conformance(full: Plan) -> None:
    assert loaded(kubernetes.kubelet(full, full.node("master")))["enableSystemLogHandler"] is True


@pytest.mark.parametrize("mode", ["nftables", "iptables"])
def test_proxy_modes(full: Plan, mode: kubernetes.ProxyMode) -> None:
    config = loaded(kubernetes.kube_proxy(full, full.node("worker1"), mode))
    assert config["mode"] == mode
    assert config[mode] == {"minSyncPeriod": "1s", "syncPeriod": "30s"}
    assert config["hostnameOverride"] == "worker1"


def test_a_pod_is_known_by_its_interface_whichever_pool_it_is_of(full: Plan) -> None:
    config = loaded(kubernetes.kube_proxy(full, full.node("worker1")))
    assert config["detectLocalMode"] == "InterfaceNamePrefix" and "clusterCIDR" not in config
    assert host_interface("c1", "eth0").startswith(config["detectLocal"]["interfaceNamePrefix"])


def test_where_interfaces_are_not_ours_a_pod_is_known_by_its_range(full: Plan) -> None:
    vpp = full.model_copy(update={"overlay": "calico-vpp"})
    config = loaded(kubernetes.kube_proxy(vpp, full.node("worker1")))
    assert config["clusterCIDR"] == "172.16.0.0/16,fdfb:af47:32af::/48"
    assert "detectLocalMode" not in config


def test_one_family_has_one_range(full: Plan) -> None:
    pools = full.pools.model_copy(update={"pods_v4": None})
    plan = full.model_copy(update={"pools": pools, "overlay": "calico-vpp"})
    node = plan.node("worker1")
    assert loaded(kubernetes.kube_proxy(plan, node))["clusterCIDR"] == "fdfb:af47:32af::/48"
    assert loaded(kubernetes.kubelet(plan, node))["clusterDNS"] == ["fd00:10:96::a"]


def test_containerd_formats() -> None:
    cri = tomllib.loads(containerd.configuration((1, 6)))["plugins"]["io.containerd.grpc.v1.cri"]
    assert cri["sandbox_image"] == kubernetes.PAUSE_IMAGE
    options = {"SystemdCgroup": False, "BinaryName": CONTAINER_RUNTIME}
    assert cri["containerd"]["runtimes"]["runc"]["options"] == options
    newer = tomllib.loads(containerd.configuration((2, 0)))
    assert newer["version"] == 3
    images = newer["plugins"]["io.containerd.cri.v1.images"]
    assert images["pinned_images"] == {"sandbox": kubernetes.PAUSE_IMAGE}
    runtimes = newer["plugins"]["io.containerd.cri.v1.runtime"]["containerd"]["runtimes"]
    assert runtimes["runc"]["runtime_type"] == "io.containerd.runc.v2"


@pytest.mark.parametrize(
    ("said", "version", "plugins"),
    [
        # Debian 12, Debian 13, Ubuntu 24.04, Docker's package
        ("containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3", (1, 6), ""),
        ("containerd github.com/containerd/containerd 1.7.24~ds1 1.7.24~ds1-6+deb13u1", (1, 7), ""),
        ("containerd github.com/containerd/containerd 1.7.28 ", (1, 7), ""),
        ("containerd containerd.io 1.7.25 bcc810d6b9066471b0b6fa75f557a15a1cbf31bb", (1, 7), ""),
        ("containerd github.com/containerd/containerd/v2 v2.0.4 1a43cb6a1035", (2, 0), ""),
        ("containerd github.com/containerd/containerd/v2 2.1.4", (2, 1), "s"),
        ("containerd containerd.io v2.2.1 dea7da592f5d", (2, 2), "s"),
    ],
)
def test_containerd_is_told_where_cni_is(
    said: str, version: containerd.Version, plugins: str
) -> None:
    """Never by a distribution's default, and under the one name that the version knows."""
    assert containerd.parse_version(said) == version
    config = tomllib.loads(containerd.configuration(version))["plugins"]
    kind = "cri.v1.runtime" if version >= (2, 0) else "grpc.v1.cri"
    directories = [CNI_PLUGINS] if plugins else CNI_PLUGINS
    cni = {f"bin_dir{plugins}": directories, "conf_dir": CNI_NETWORKS}
    assert config[f"io.containerd.{kind}"]["cni"] == cni


@pytest.mark.parametrize("said", ["", "containerd development", "unheard of"])
def test_a_containerd_without_a_version(said: str) -> None:
    with pytest.raises(ValueError, match="no version"):
        containerd.parse_version(said)


def test_each_node_asks_its_own_agent(full: Plan) -> None:
    for node in full.cluster:
        config = json.loads(kubernetes.cni_conflist(node))
        ours, ports = config["plugins"]
        assert ours["agentSocket"] == f"/run/testbed/nodes/{node.name}/cni.sock"
        assert ports["capabilities"] == {"portMappings": True}


def test_a_zone_is_a_router(full: Plan) -> None:
    zones = {n.name: kubernetes.zone(full, n) for n in full.cluster}
    assert zones == {"master": "r3", "worker1": "r3", "worker2": "r8"}


@pytest.mark.parametrize(
    ("kernel", "mode"),
    [
        ("6.1.0-56-cloud-amd64", "nftables"),
        ("5.13.0", "nftables"),
        ("5.10.0-28-amd64", "iptables"),
        ("4.19.0", "iptables"),
        ("unheard of", "nftables"),
    ],
)
def test_old_kernels_have_kube_proxy_use_iptables(kernel: str, mode: str) -> None:
    assert kubernetes.proxy_mode(kernel) == mode
