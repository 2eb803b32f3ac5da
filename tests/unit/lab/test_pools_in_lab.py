"""Which IPPools a lab has, as the light lab's directory keeps them."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

from testbed.kube.documents import KubeObject
from testbed.lab.objects import pools_in
from testbed.orchestrators.api import DirectoryApi


def pool(name: str, spec: object) -> KubeObject:
    metadata = {"name": name}
    version = "crd.projectcalico.org/v1"
    return {"apiVersion": version, "kind": "IPPool", "metadata": metadata, "spec": spec}


def test_the_pools_that_can_be_read_are_found_by_name(tmp_path: Path) -> None:
    api = DirectoryApi(tmp_path)
    assert pools_in(api) == {}
    for document in (
        pool("one", {"cidr": "172.17.0.0/16"}),
        pool("two", {"cidr": "fd00:1::/64"}),
        pool("no-network", {"cidr": "172.17.0.0/33"}),
        pool("no-cidr", {}),
        pool("no-spec", None),
        {**pool("a", {"cidr": "172.19.0.0/16"}), "kind": "IPPoolX"},
    ):
        api.apply(document)
    (tmp_path / "IPPool.broken.json").write_text("{")
    (tmp_path / "IPPool.list.json").write_text("[]")
    assert pools_in(api) == {
        "one": ip_network("172.17.0.0/16"),
        "two": ip_network("fd00:1::/64"),
    }
