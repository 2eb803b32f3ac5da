"""kubeadm's configuration: pinned byte for byte, and read back.

After a wanted change: `GOLDEN=write pytest tests/unit/render`, then read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from testbed.errors import TestbedError
from testbed.plan.model import Plan
from testbed.render import kubeadm
from tests.documents import Document
from tests.shipped_plans import shipped_plan

GOLDEN = Path(__file__).parent / "golden"
BOOTSTRAP = kubeadm.Bootstrap("abcdef.0123456789abcdef", "sha256:" + "0" * 64)


@pytest.fixture(scope="module")
def full() -> Plan:
    return shipped_plan("full")


def rendered(plan: Plan) -> dict[str, str]:
    return kubeadm.files(plan, "1.37.2", BOOTSTRAP)


def by_kind(text: str) -> dict[str, Document]:
    return {d["kind"]: d for d in YAML(typ="safe", pure=True).load_all(text)}


@pytest.mark.parametrize("name", ["master.yaml", "worker1.yaml", "README.md"])
def test_rendered_file(full: Plan, name: str) -> None:
    text, file = rendered(full)[name], GOLDEN / f"kubeadm.{name}"
    if os.environ.get("GOLDEN") == "write":
        file.write_text(text)
    assert text == file.read_text(), f"{name} differs; GOLDEN=write accepts it"


def test_every_node_has_its_file(full: Plan) -> None:
    assert set(rendered(full)) == {"README.md", "master.yaml", "worker1.yaml", "worker2.yaml"}


def test_families_are_those_of_the_plan(full: Plan) -> None:
    pools = full.pools.model_copy(update={"pods_v4": None})
    single = by_kind(rendered(full.model_copy(update={"pools": pools}))["master.yaml"])
    networking = single["ClusterConfiguration"]["networking"]
    assert networking["podSubnet"] == "fdfb:af47:32af::/48"
    assert networking["serviceSubnet"] == "fd00:10:96::/112"
    assert single["InitConfiguration"]["localAPIEndpoint"]["advertiseAddress"] == "fd10::1000"
    dual = by_kind(rendered(full)["master.yaml"])
    assert dual["ClusterConfiguration"]["networking"]["serviceSubnet"].count(",") == 1
    assert dual["InitConfiguration"]["localAPIEndpoint"]["advertiseAddress"] == "192.168.10.254"


def test_nodes_join_one_cluster_only(full: Plan) -> None:
    discovery = by_kind(rendered(full)["worker1.yaml"])["JoinConfiguration"]["discovery"]
    assert discovery == {
        "bootstrapToken": {
            "apiServerEndpoint": "[fd10::1000]:6443",
            "token": BOOTSTRAP.token,
            "caCertHashes": [BOOTSTRAP.ca_hash],
        }
    }


def test_a_plan_without_a_control_plane_is_refused() -> None:
    with pytest.raises(TestbedError, match="one control plane"):
        rendered(shipped_plan("backbone"))


def test_the_token_is_not_in_a_traceback() -> None:
    assert BOOTSTRAP.token not in repr(BOOTSTRAP)
