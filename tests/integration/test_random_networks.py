"""Valid random topologies: a kernel takes what is rendered, and has every address of the plan."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import assume, given

from testbed.plan.model import Plan
from testbed.render import network
from tests.fuzz import bounded
from tests.topology_strategies import read, topologies

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for network namespaces"),
]

# in namespaces of its own, which end with the shell
BUILD = """
mount -t tmpfs none /run && mkdir /run/netns
ip -batch namespaces && ip -batch links
for node in $(cat nodes); do ip -n $node -batch $node.batch; done
for node in $(cat nodes); do ip -n $node -j addr > $node.json; done
"""


@bounded(60)
@given(topologies())
def test_a_valid_plan_is_built_with_every_address(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    directory = tmp_path_factory.mktemp("plan")
    plan, _ = read(directory, text)
    assume(plan is not None)
    assert plan is not None
    write_batches(plan, directory)
    unshare = ["unshare", "--net", "--mount", "--propagation", "private"]
    subprocess.run([*unshare, "sh", "-ec", BUILD], cwd=directory, check=True, timeout=60)
    for node in plan.nodes:
        assert wanted(plan, node.name) <= seen(directory / f"{node.name}.json")


def write_batches(plan: Plan, directory: Path) -> None:
    (directory / "namespaces").write_text(network.namespaces(plan))
    (directory / "links").write_text(network.links(plan))
    (directory / "nodes").write_text(" ".join(node.name for node in plan.nodes))
    for node in plan.nodes:
        (directory / f"{node.name}.batch").write_text(network.node(plan, node))


def wanted(plan: Plan, node: str) -> set[tuple[str, str]]:
    """Interface and address of every port and of the loopback."""
    ports = {(p.interface, str(x)) for p in plan.ports_of(node) for x in p.addresses}
    loopbacks = plan.node(node).loopbacks
    return ports | {("lo", f"{address}/{address.max_prefixlen}") for address in loopbacks}


def seen(file: Path) -> set[tuple[str, str]]:
    """The same, as the kernel tells it."""
    return {
        (interface["ifname"], f"{address['local']}/{address['prefixlen']}")
        for interface in json.loads(file.read_text())
        for address in interface["addr_info"]
    }
