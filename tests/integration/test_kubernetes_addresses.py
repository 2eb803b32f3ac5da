"""Addresses of pods: given once, given back, and what pools may do while pods use them."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, ip_address, ip_network
from pathlib import Path

import pytest

from testbed.agent.cni import plugin_main
from testbed.host.wait import wait_for
from tests.documents import Document
from tests.integration.kube_lab import (
    PATIENCE,
    KubeLab,
    addresses,
    applied,
    kube_lab,
    kube_sandbox,
    pod,
    speaking,
)

pytestmark = pytest.mark.root

CALICO = "crd.projectcalico.org/v1"
V4, V6 = "default-ipv4-ippool", "default-ipv6-ippool"
MANY = [f"many{number}" for number in range(20)]
PLUGIN = "/opt/cni/bin/testbed"
# The plugin as a container runtime calls it: `cni COMMAND CONTAINER`; its answer goes to stdout.
CNI = f"""
conf='{{"cniVersion": "1.1.0", "name": "testbed", "type": "testbed", "agentSocket": "%s"}}'
cni() {{
    echo "$conf" | CNI_COMMAND=$1 CNI_CONTAINERID=$2 CNI_NETNS=/run/netns/$2 CNI_IFNAME=eth0 \\
        CNI_PATH=/opt/cni/bin CNI_ARGS="K8S_POD_NAME=$2;K8S_POD_NAMESPACE=default" \\
        ${{limit:-}} {PLUGIN}
}}
"""


@pytest.fixture(scope="module")
def lab(gobgpd: Path) -> Iterator[KubeLab]:
    """A lab with two pods that speak to each other."""
    with kube_sandbox(gobgpd) as box, speaking(kube_lab(gobgpd, box, "addresses")) as lab:
        yield lab


def run_cni(lab: KubeLab, script: str) -> str:
    """A shell script on worker1 that has `cni`."""
    path = "/run/testbed/nodes/worker1/cni.sock"
    return lab.on("worker1", CNI.replace("%s", path) + script)


def wait_until_given_back(lab: KubeLab, node: str, before: list[Document]) -> None:
    """Until just these attachments, and their interfaces, are on the node."""
    links = sorted(a["host_interface"] for a in before)

    def probe() -> tuple[bool | None, str]:
        now, seen = lab.attachments(node), lab.pod_interfaces(node)
        return (now == before and seen == links) or None, f"{now}, interfaces {seen}"

    wait_for("addresses and interfaces to be given back", probe, PATIENCE, 0.2)


def blocks(lab: KubeLab) -> dict[str, str]:
    """Every block that a node holds → the node."""
    items = lab.api.items(f"/apis/{CALICO}/blockaffinities")
    return {str(i["spec"]["cidr"]): str(i["spec"]["node"]) for i in items}


def test_twenty_pods_at_once_on_one_node(lab: KubeLab) -> None:
    before, held = lab.attachments("worker2"), blocks(lab)
    lab.run_pods(*(pod(name, "worker2") for name in MANY))
    found = {name: addresses(document) for name, document in lab.pods().items()}
    given = [ip_address(a) for name in MANY for a in found[name]]
    assert [a.version for a in given] == [4, 6] * len(MANY)
    assert len(set(given)) == len(given)
    mine = [ip_network(cidr) for cidr, node in blocks(lab).items() if node == "worker2"]
    assert all(any(a in block for block in mine) for a in given)
    reached = " && ".join(f"ping -n -c 1 -W 5 {found[name][0]}" for name in MANY)
    lab.on("one", reached)
    lab.delete_pods(*MANY)
    wait_until_given_back(lab, "worker2", before)
    assert blocks(lab) == held


def test_a_repeated_cni_call(lab: KubeLab) -> None:
    before = lab.attachments("worker1")
    script = "ip netns add again; for n in 1 2 3; do cni ADD again; done"
    first, second, third = _answers(run_cni(lab, script))
    assert first["ips"]
    assert first == second == third
    run_cni(lab, "cni CHECK again; cni DEL again; cni DEL again; ip netns delete again")
    wait_until_given_back(lab, "worker1", before)


def test_concurrent_cni_calls_for_one_container(lab: KubeLab) -> None:
    before = lab.attachments("worker1")
    script = "ip netns add same; for n in $(seq 8); do cni ADD same > /tmp/$n & done; wait"
    said = _answers(run_cni(lab, f"{script}; cat /tmp/[1-8]; rm /tmp/[1-8]"))
    assert len(said) == 8
    assert len({json.dumps(answer["ips"]) for answer in said}) == 1
    run_cni(lab, "for n in $(seq 8); do cni DEL same & done; wait; ip netns delete same")
    wait_until_given_back(lab, "worker1", before)


def test_interrupted_cni_calls(lab: KubeLab) -> None:
    """The plugin is killed before or after the agent heard of it; the runtime then calls DEL."""
    before = lab.attachments("worker1")
    names = [f"cut{number}" for number in range(8)]
    run_cni(lab, "; ".join(f"ip netns add {name}" for name in names))
    for name in names[4:]:
        _ask_and_go(lab, name)
    cuts = (f'limit="timeout -s KILL 0.0{n + 1}"; cni ADD {name}' for n, name in enumerate(names))
    run_cni(lab, "; ".join([*cuts, "true"]))
    run_cni(lab, "; ".join(f"cni DEL {name} && ip netns delete {name}" for name in names))
    wait_until_given_back(lab, "worker1", before)


def _ask_and_go(lab: KubeLab, name: str) -> None:
    """As a plugin does that is killed as soon as it has sent its request."""
    request = {
        "CNI_COMMAND": "ADD",
        "CNI_CONTAINERID": name,
        "CNI_NETNS": f"/run/netns/{name}",
        "CNI_IFNAME": "eth0",
    }
    line = json.dumps(plugin_main.request(request, {"cniVersion": "1.1.0"})).encode() + b"\n"
    with socket.socket(socket.AF_UNIX) as agent:
        agent.connect(str(lab.node_files("worker1") / "cni.sock"))
        agent.sendall(line)


def test_cni_calls_while_the_agent_is_killed(lab: KubeLab) -> None:
    """Each ends with an address or with an error; what the runtime tries again succeeds."""
    before = lab.attachments("worker1")
    names = [f"kill{n}" for n in range(6)]
    adds = (f"ip netns add {name}; cni ADD {name} >/dev/null &" for name in names)
    run_cni(lab, "\n".join([*adds, "true"]))
    lab.kill("worker1.agent")

    def again() -> tuple[list[Document] | None, str]:
        adds = "; ".join(f"cni ADD {name} || true" for name in names)
        said = _answers(run_cni(lab, adds))
        return (said if all("ips" in a for a in said) else None), str(said)

    said = wait_for("every call to succeed", again, PATIENCE, 0.2)
    assert len({json.dumps(answer["ips"]) for answer in said}) == len(names)
    run_cni(lab, "; ".join(f"cni DEL {name}; ip netns delete {name}" for name in names))
    wait_until_given_back(lab, "worker1", before)
    lab.wait_until_well()


def _answers(text: str) -> list[Document]:
    """The JSON objects of a text, one after the other."""
    found, decoder = [], json.JSONDecoder()
    text = text.strip()
    while text:
        answer, end = decoder.raw_decode(text)
        found.append(answer)
        text = text[end:].strip()
    return found


def pool(name: str, cidr: str, **spec: object) -> Document:
    """An IPPool for pods."""
    modes = {"ipipMode": "Never", "vxlanMode": "Never", "nodeSelector": "all()"}
    return {
        "apiVersion": CALICO,
        "kind": "IPPool",
        "metadata": {"name": name},
        "spec": {"cidr": cidr, **modes, **spec},
    }


@contextmanager
def changed(lab: KubeLab, name: str, **spec: object) -> Iterator[None]:
    """One of the lab's pools with another specification, for a while."""
    found = lab.api.get(pool(name, ""))
    assert found is not None
    kept = dict(found["spec"])
    lab.api.apply(pool(name, **{**kept, **spec}))
    try:
        yield
    finally:
        lab.api.apply(pool(name, **kept))


def test_a_pool_that_overlaps(lab: KubeLab) -> None:
    """The older one goes on; pods get their addresses from it."""
    inside = next(ip_network(c).supernet(4) for c in blocks(lab) if ":" not in c)
    with applied(lab, pool("intruder", str(inside), blockSize=26)):
        lab.wait_for_problem("intruder", "overlaps", V4)
        lab.ping()
        lab.run_pods(pod("meanwhile", "worker1"))
        lab.delete_pods("meanwhile")
    lab.wait_until_well()


@pytest.mark.night
def test_a_pool_that_is_exhausted(lab: KubeLab) -> None:
    """Pods wait, and run as soon as there are addresses again."""
    before = lab.attachments("worker1")
    names = [f"tiny{number}" for number in range(6)]
    only = "kubernetes.io/hostname == 'worker1'"
    tiny = ip_network("10.77.0.0/30")
    with applied(lab, pool("tiny", str(tiny), blockSize=30, nodeSelector=only)):
        with changed(lab, V4, disabled=True):
            lab.make_pods(*(pod(name, "worker1") for name in names))
            lab.wait_for_problem("worker1", "tiny", "no free block")
            lab.ping()
            given = _v4_of(lab, names)
            assert given, "the pool was not used"
            assert all(a in tiny for a in given)
        lab.wait_for_pods(*names)
        assert len(_v4_of(lab, names)) == len(names)
        lab.wait_until_well()
    lab.wait_for_problem("worker1", "no IPPool covers", "tiny")
    lab.delete_pods(*names)
    wait_until_given_back(lab, "worker1", before)
    wait_for(
        "the block to be given back",
        lambda: (True if str(tiny) not in blocks(lab) else None, str(blocks(lab))),
        PATIENCE,
        0.1,
    )
    lab.wait_until_well()


def _v4_of(lab: KubeLab, names: list[str]) -> set[IPv4Address]:
    pods = lab.pods()
    return {IPv4Address(a) for n in names for a in addresses(pods[n]) if ":" not in a}


def test_a_pool_that_shrinks(lab: KubeLab) -> None:
    """Pods whose address lies outside now keep it; new ones get one from what is left."""
    held = [ip_network(cidr) for cidr in blocks(lab) if ":" not in cidr]
    found = lab.api.get(pool(V4, ""))
    assert found is not None
    whole = ip_network(found["spec"]["cidr"])
    parts = whole.subnets(new_prefix=24)
    left = next(part for part in parts if not any(part.overlaps(b) for b in held))
    with changed(lab, V4, cidr=str(left)):
        lab.wait_for_problem("worker1", "no IPPool covers", "one has")
        lab.ping()
        lab.run_pods(pod("inside", "worker1"))
        assert _v4_of(lab, ["inside"]).pop() in left
        lab.ping()
        lab.delete_pods("inside")
    lab.wait_until_well()
    lab.ping()


def test_a_pool_that_is_deleted(lab: KubeLab) -> None:
    """Pods keep their addresses; new ones do without the family."""
    found = lab.api.get(pool(V6, ""))
    assert found is not None
    lab.api.delete(found)
    try:
        lab.wait_for_problem("worker1", "no IPPool covers", "one has")
        lab.ping()
        lab.run_pods(pod("single", "worker1"))
        assert [ip_address(a).version for a in addresses(lab.pods()["single"])] == [4]
        lab.delete_pods("single")
    finally:
        lab.api.apply(pool(V6, **found["spec"]))
    lab.wait_until_well()
    lab.ping()
