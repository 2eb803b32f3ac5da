"""Valid random topologies: a kernel takes what is rendered, and has every address of the plan."""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path

import pytest
from hypothesis import assume, given

from testbed.backbone.shaping import commands
from testbed.plan.model import Link, Plan, Shaping
from testbed.render import network
from tests.fuzz import bounded
from tests.topology_strategies import read, sound_topologies

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for network namespaces"),
]

# in namespaces of its own, which end with the shell
BUILD = """
mount -t tmpfs none /run && mkdir /run/netns
ip -batch namespaces && ip -batch links
for node in $(cat nodes); do ip -n $node -batch $node.batch; done
for node in $(cat nodes); do tc -n $node -batch $node.tc; done
for node in $(cat nodes); do ip -n $node -j addr > $node.json; done
for node in $(cat nodes); do tc -n $node qdisc > $node.qdisc; done
"""


@bounded(60, share=6)
@given(sound_topologies())
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
        assert shaped(plan, node.name) == seen_shaped(directory / f"{node.name}.qdisc")


def write_batches(plan: Plan, directory: Path) -> None:
    (directory / "namespaces").write_text(network.namespaces(plan))
    (directory / "links").write_text(network.links(plan))
    (directory / "nodes").write_text(" ".join(node.name for node in plan.nodes))
    for node in plan.nodes:
        (directory / f"{node.name}.batch").write_text(network.node(plan, node))
        lines = [
            command.removeprefix("tc ") + "\n"
            for link in plan.links_of(node.name)
            if is_shaped(link)
            for command in commands(link, link.end(node.name).interface)
            if command
        ]
        (directory / f"{node.name}.tc").write_text("".join(lines))


def wanted(plan: Plan, node: str) -> set[tuple[str, str]]:
    """Interface and address of every port and of the loopback."""
    ports = {(p.interface, str(x)) for p in plan.ports_of(node) for x in p.addresses}
    loopbacks = plan.node(node).loopbacks
    return ports | {("lo", f"{address}/{address.max_prefixlen}") for address in loopbacks}


def shaped(plan: Plan, node: str) -> set[tuple[str, bool, bool]]:
    """Interfaces with a limit of bandwidth, and with delay or loss."""
    return {
        (link.end(node).interface, "htb" in kinds, "netem" in kinds)
        for link in plan.links_of(node)
        if is_shaped(link)
        for kinds in (needed_kinds(link.shaping),)
    }


def is_shaped(link: Link) -> bool:
    """Is there anything to do that this kernel can do? Where it cannot, `up` says so."""
    needed = needed_kinds(link.shaping)
    return bool(needed) and needed <= kernel_kinds()


def needed_kinds(shaping: Shaping) -> set[str]:
    """Kinds of qdiscs. Mininet leaves a loss of 0 out."""
    kinds = {"htb"} if shaping.bandwidth is not None else set()
    return kinds | ({"netem"} if shaping.delay is not None or shaping.loss else set())


@cache
def kernel_kinds() -> set[str]:
    """Those that this kernel has."""
    add = ["unshare", "--net", "tc", "qdisc", "add", "dev", "lo", "root"]
    return {
        kind
        for kind in ("htb", "netem")
        if subprocess.run([*add, kind], capture_output=True).returncode == 0
    }


def seen_shaped(file: Path) -> set[tuple[str, bool, bool]]:
    """The same, as the kernel tells it."""
    lines = [line.split() for line in file.read_text().splitlines()]
    found = {words[4]: "" for words in lines if words[1] in ("htb", "netem")}
    for words in lines:
        if words[4] in found:
            found[words[4]] += words[1] + " "
    return {(name, "htb" in kinds, "netem" in kinds) for name, kinds in found.items()}


def seen(file: Path) -> set[tuple[str, str]]:
    """The same, as the kernel tells it."""
    return {
        (interface["ifname"], f"{address['local']}/{address['prefixlen']}")
        for interface in json.loads(file.read_text())
        for address in interface["addr_info"]
    }
