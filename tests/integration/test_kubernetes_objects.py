"""Objects on a whole cluster: second pools with Services, annotations, what kubectl refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.host.wait import wait_for
from testbed.lab.objects import preview_objects
from testbed.orchestrators import agents
from tests.documents import Document
from tests.integration.kube_lab import (
    PATIENCE,
    KubeLab,
    addresses,
    applied,
    kube_lab,
    kube_sandbox,
    pod,
)
from tests.integration.test_kubernetes_addresses import V4, changed, pool
from tests.schemas import check_text

pytestmark = pytest.mark.root

POLICY_FILE = "/tmp/closed.json"
TOOLS = "testbed.invalid/tools:latest"
# Says who asks, as it sees the client's address.
SERVER = "exec socat TCP6-LISTEN:8080,fork,reuseaddr,ipv6only=0 'SYSTEM:echo seen $SOCAT_PEERADDR'"
DNS: Document = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "coredns", "namespace": "kube-system"},
}
CLIENTS = ip_network("172.31.4.0/24")


@pytest.fixture(scope="module")
def lab(gobgpd: Path) -> Iterator[KubeLab]:
    """A lab with a Service whose only backend is on worker2."""
    with kube_sandbox(gobgpd) as box:
        box.do(f"echo '{json.dumps(POLICY)}' > {POLICY_FILE}")
        lab = kube_lab(gobgpd, box, "objects")
        try:
            lab.up()
            backend = pod("backend", "worker2", SERVER, {"image": TOOLS})
            backend["metadata"]["labels"] = {"app": "backend"}
            lab.run_pods(backend)
            lab.api.apply(SERVICE)
            lab.wait_until_well()
            yield lab
        finally:
            lab.down()


SERVICE: Document = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "backend", "namespace": "default"},
    "spec": {"selector": {"app": "backend"}, "ports": [{"port": 80, "targetPort": 8080}]},
}


def asking(lab: KubeLab, client: str) -> str:
    """What the backend says of the client's address, by way of the Service."""
    service = lab.api.get(SERVICE)
    assert service is not None
    address = service["spec"]["clusterIP"]

    def probe() -> tuple[str | None, str]:
        said = lab.on(client, f"socat -T 5 - TCP4:{address}:80,connect-timeout=2 2>&1 || true")
        return (said.split()[1] if said.startswith("seen") else None), said

    said = IPv6Address(wait_for("an answer of the Service", probe, PATIENCE, 0.2).strip("[]"))
    return str(said.ipv4_mapped)


def test_a_second_up_leaves_what_users_have_changed(lab: KubeLab) -> None:
    """It makes the lab whole again, not new: pools and TE mode stay, what is missing is made."""
    restore = agents.te_mode(lab.api)
    agents.write_te_mode("configmap", lab.api)
    with changed(lab, V4, natOutgoing=True):
        lab.api.delete(DNS)
        lab.up()
        kept = lab.api.get(pool(V4, ""))
        assert kept is not None
        assert kept["spec"]["natOutgoing"] is True
    assert agents.te_mode(lab.api) == "configmap"
    assert lab.api.get(DNS), "what was deleted is made again"
    agents.write_te_mode(restore, lab.api)
    lab.wait_until_well()


@pytest.mark.parametrize("mode", ["SRv6", "VXLAN"])
def test_a_pod_of_a_second_pool_reaches_a_service_with_its_own_address(
    lab: KubeLab, mode: str
) -> None:
    modes = {"vxlanMode": "Always"} if mode == "VXLAN" else {}
    second = pool("aaa-second", str(CLIENTS), blockSize=28, natOutgoing=True, **modes)
    with applied(lab, second), changed(lab, V4, disabled=True):
        wait_for_block(lab)
        with running(lab, pod("client", "worker1")) as found:
            (own,) = (a for a in found["client"] if ":" not in a)
            assert ip_address(own) in CLIENTS
            assert asking(lab, "client") == own
    lab.wait_until_well()


@contextmanager
def running(lab: KubeLab, *pods: Document) -> Iterator[dict[str, list[str]]]:
    """These pods for a while; the addresses of all by name."""
    try:
        lab.run_pods(*pods)
        yield {name: addresses(document) for name, document in lab.pods().items()}
    finally:
        lab.delete_pods(*(str(one["metadata"]["name"]) for one in pods))


def wait_for_block(lab: KubeLab) -> None:
    """Until worker1 serves the second pool and worker2 knows the way there."""

    def probe() -> tuple[bool | None, str]:
        text = (lab.node_files("worker2") / "status.json").read_text()
        blocks = json.loads((lab.node_files("worker1") / "status.json").read_text())["blocks"]
        mine = [b for b in blocks if b.startswith("172.31.4.")]
        return (True if mine and mine[0] in text else None), f"{blocks}"

    wait_for("a block of the second pool", probe, PATIENCE, 0.2)


def test_events_of_the_cluster_and_what_commands_print(lab: KubeLab) -> None:
    said = lab.run("events", "-o", "json").stdout
    events = [json.loads(line) for line in said.splitlines()]
    found = {(e["kind"], e["node"]) for e in events if "backend" in e["what"]}
    assert ("kubernetes", "worker2") in found  # its kubelet started it
    assert ("pod", "worker2") in found  # attached by the agent, and ready
    assert [e["time"] for e in events] == sorted(e["time"] for e in events)
    check_text("events", said)
    for words in ("image list", "status", "policy list", "pod list", "logs"):
        printed = lab.run(*words.split(), "-o", "json", expect=None).stdout
        check_text(words.replace(" ", "-"), printed)


def test_the_nodes_own_packets_reach_a_service(lab: KubeLab) -> None:
    assert asking(lab, "worker1") not in ("", addresses(lab.pods()["backend"])[0])


def annotated(name: str, **annotations: str) -> Document:
    made = pod(name, "worker1")
    made["metadata"]["annotations"] = {
        f"cni.projectcalico.org/{key}": value for key, value in annotations.items()
    }
    return made


def test_a_pod_gets_the_address_and_the_pool_that_it_asks_for(lab: KubeLab) -> None:
    manual = pool("aaa-manual", "172.31.5.0/24", blockSize=28, assignmentMode="Manual")
    with applied(lab, manual):
        pods = (
            annotated("fixed", ipAddrs='["172.31.5.77"]'),
            annotated("pooled", ipv4pools='["aaa-manual"]'),
            pod("plain", "worker1"),
        )
        with running(lab, *pods) as found:
            assert found["fixed"] == ["172.31.5.77"]
            assert ip_address(found["pooled"][0]) in ip_network("172.31.5.0/24")
            assert ip_address(found["plain"][0]) in ip_network("172.16.0.0/16")
            lab.on("backend", "ping -n -c 1 -W 5 172.31.5.77")
    lab.wait_until_well()


@pytest.mark.parametrize(
    ("annotations", "said"),
    [
        ({"ipv4pools": '["no-such-pool"]'}, "the given IPPool no-such-pool does not exist"),
        ({"ipAddrsNoIpam": '["10.9.9.9"]'}, "every address comes from an IPPool"),
        ({"ipAddrs": '["10.9.9.9"]'}, "no IPPool for pods of this node holds"),
    ],
)
def test_a_pod_that_cannot_have_what_it_asks_for_says_why(
    lab: KubeLab, annotations: dict[str, str], said: str
) -> None:
    lab.make_pods(annotated("wants", **annotations))
    event_about(lab, "default", "wants", said)
    # what has no address yet, or none at the moment, is a pod that can be deleted
    lab.run("pod", "delete", "wants")
    assert "wants" not in lab.pods()


def test_a_pod_of_another_namespace_is_not_deleted(lab: KubeLab) -> None:
    listed = json.loads(lab.run("pod", "list", "-o", "json").stdout)
    name = next(row["name"] for row in listed if row["name"].startswith("coredns-"))
    said = lab.run("pod", "delete", name, expect=2).stderr
    assert "is not in the namespace default" in said


def event_about(lab: KubeLab, namespace: str, name: str, text: str) -> Document:
    """The Warning of an object; matched without regard to case."""

    def probe() -> tuple[Document | None, str]:
        events = lab.api.items(f"/api/v1/namespaces/{namespace}/events")
        about = [e for e in events if e["involvedObject"]["name"] == name]
        found = [e for e in about if text.lower() in e["message"].lower()]
        return (found[0] if found else None), str([e["message"] for e in about])

    return wait_for(f"an event {text!r}", probe, PATIENCE, 0.2)


@pytest.mark.parametrize(
    ("cidr", "whose"),
    [("10.96.0.0/16", "Services"), ("fcff::/16", "r1's loopback"), ("fd11::/64", "worker1")],
)
def test_a_pool_over_others_addresses_is_not_used(lab: KubeLab, cidr: str, whose: str) -> None:
    before = lab.on("worker1", "ip -6 route show table 201; ip route show table 201")
    with applied(lab, pool("aaa-over", cidr)):
        lab.wait_for_problem("worker1", "IPPool aaa-over", "overlaps", whose, "not used")
        event = event_about(lab, "default", "aaa-over", "overlaps")
        assert (event["type"], event["involvedObject"]["kind"]) == ("Warning", "IPPool")
        assert lab.on("worker1", "ip -6 route show table 201; ip route show table 201") == before
    lab.wait_until_well()


POLICY: Document = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "closed", "namespace": "default"},
    "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
}


def test_a_network_policy_is_in_force_without_a_warning(lab: KubeLab) -> None:
    done = lab.run("kubectl", "create", "-f", POLICY_FILE)
    assert "Warning" not in done.stderr

    def probe() -> tuple[bool | None, str]:
        said = lab.run("status").stdout
        return "by 1 policies with 0 rules" in said or None, said

    wait_for("pods to be isolated", probe, timeout=30)
    assert lab.problems() == []
    lab.api.delete(POLICY)
    lab.wait_until_well()


@pytest.mark.parametrize("field", ["blocksize", "natoutgoing", "vxlanmode"])
def test_the_api_server_refuses_a_misspelt_field(lab: KubeLab, field: str) -> None:
    stray = pool("typo", "172.31.8.0/24", **{field: 28})
    with pytest.raises(TestbedError, match="field not declared in schema"):
        lab.api.dry_run(stray)


def test_a_preview_is_judged_by_the_server_and_keeps_nothing(lab: KubeLab) -> None:
    wanted, other = (pool("preview", "172.31.9.0/24", nodeSelector=s) for s in ("all()", "!all()"))
    assert preview_objects(lab.api, [wanted]) == ["ippool/preview created"]
    assert lab.api.get(wanted) is None
    with applied(lab, wanted):
        kept = lab.api.get(wanted)
        assert preview_objects(lab.api, [wanted, other]) == [
            "ippool/preview unchanged",
            "ippool/preview configured",
        ]
        assert lab.api.get(wanted) == kept
    with pytest.raises(TestbedError, match="field not declared in schema"):
        preview_objects(lab.api, [pool("typo", "172.31.8.0/24", blocksize=28)])
    lab.wait_until_well()
