"""What the table does with connections by chance is what the API's text says."""

from __future__ import annotations

from ipaddress import ip_address
from random import Random

import pytest

from testbed.agent.desired.netpol.compile import compile_table
from testbed.agent.desired.netpol.explain import Connection, judge
from testbed.agent.desired.netpol.table import Table
from testbed.agent.desired.netpol.workload import Workload, workloads
from testbed.agent.model.attachment import Attachment
from testbed.agent.model.read_network_policy import (
    read_namespace,
    read_network_policy,
    read_pod,
)
from tests.unit.agent.netpol.by_the_text import Cluster, Object
from tests.unit.agent.netpol.random_cluster import cluster, probe

PROBES = 20  # of each cluster


def attachment(pod: Object) -> Attachment:
    """Every pod is one of this node: each is isolated here, if at all."""
    name, space = pod["metadata"]["name"], pod["metadata"]["namespace"]
    ips = {":" in one["ip"]: one["ip"] for one in pod["status"]["podIPs"]}
    return Attachment(name, "eth0", "/n", name, ips.get(False), ips.get(True), f"cali{name}", space)


def compiled(known: Cluster) -> tuple[Table, tuple[Workload, ...]]:
    running = [
        p
        for p in known.pods
        if not p["spec"].get("hostNetwork") and p["status"].get("phase") != "Succeeded"
    ]
    named = [(o["metadata"].get("namespace", ""), o["metadata"]["name"], o) for o in known.pods]
    listed, attached = tuple(read_pod(*one) for one in named), tuple(map(attachment, running))
    pods = workloads(listed, (), attached)
    policies = tuple(
        read_network_policy(p["metadata"]["namespace"], p["metadata"]["name"], p)
        for p in known.policies
    )
    spaces = tuple(
        read_namespace("", name, {"metadata": {"labels": labels}})
        for name, labels in known.labels.items()
    )
    interfaces = frozenset(one.host_interface for one in attached)
    return compile_table(policies, spaces, pods, interfaces), pods


def compare(seed: int) -> list[bool]:
    """All verdicts on a cluster, each of which is the text's."""
    random, found = Random(seed), []
    known = cluster(random)
    table, pods = compiled(known)
    interfaces = {a: pod.interface for pod in pods for a in pod.addresses}
    for _ in range(PROBES):
        source, target, protocol, port = probe(random, known)
        asked = Connection(ip_address(source), ip_address(target), protocol, port)
        for way, end in (("ingress", asked.destination), ("egress", asked.source)):
            expected = known.allowed(way, source, target, protocol, port)
            seen = judge(table, interfaces.get(end, ""), way, asked)
            assert seen.allowed == expected, (seed, way, asked, seen, known.policies)
            found.append(expected)
    return found


def test_hundreds_of_probes() -> None:
    found = [one for seed in range(60) for one in compare(seed)]
    assert 0.1 < found.count(False) / len(found) < 0.9  # both verdicts are met


@pytest.mark.night
def test_ten_thousand_probes() -> None:
    for seed in range(1000, 1000 + 10_000 // PROBES):
        compare(seed)
