"""Who gets which certificate, and that they work: real TLS handshakes, in memory."""

from __future__ import annotations

import base64
import json
import ssl
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from testbed.orchestrators.kubernetes import node_files
from testbed.orchestrators.kubernetes.pki import authorities
from testbed.orchestrators.kubernetes.pki.authorities import Keys
from testbed.orchestrators.kubernetes.pki.certificates import certificates, clients
from tests.unit.orchestrators.kubernetes.cluster_plans import cluster_plan

NOW = datetime.now(timezone.utc)  # OpenSSL asks the real clock
PLAN = cluster_plan()
MASTER, WORKER = PLAN.node("master"), PLAN.node("worker1")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return authorities.ensure_keys(tmp_path_factory.mktemp("keys"), NOW, print)


def files(keys: Keys, node: str) -> dict[str, str]:
    return node_files.node_files(PLAN, PLAN.node(node), keys, NOW, containerd=(1, 7))


def test_a_worker_holds_only_its_own_keys(keys: Keys) -> None:
    private = {name for name, text in files(keys, "worker1").items() if _is_private(text)}
    assert private == {"pki/kubelet.key", "kubelet.conf", "kube-proxy.conf", "agent.conf"}


def test_no_authority_leaves_the_lab(keys: Keys) -> None:
    secrets = [keys.cluster.key, keys.etcd.key, keys.front_proxy.key]
    for node in ("master", "worker1"):
        for text in files(keys, node).values():
            assert not [s for s in secrets if s in text]


def test_who_the_clients_of_a_node_are() -> None:
    assert {(r.file, r.name, r.organisations) for r in clients(WORKER)} == {
        ("kubelet", "system:node:worker1", ("system:nodes",)),
        ("kube-proxy", "system:kube-proxy", ()),
        ("agent", "testbed:agent:worker1", ("testbed:agents",)),
    }
    assert {r.name for r in clients(MASTER)} - {r.name for r in clients(WORKER)} == {
        "system:node:master",
        "testbed:agent:master",
        "system:kube-controller-manager",
        "system:kube-scheduler",
    }


def test_nobody_but_the_bootstrap_is_a_master() -> None:
    for node in PLAN.cluster:
        for request in certificates(PLAN, node) + clients(node):
            assert "system:masters" not in request.organisations


def test_names_of_the_api_server() -> None:
    (request,) = (r for r in certificates(PLAN, MASTER) if r.file == "pki/apiserver")
    assert {
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        "10.96.0.1",
        "fd00:10:96::1",
        "192.168.10.254",
        "fd10::1000",
        "127.0.0.1",
        "::1",
    } <= set(request.sans)


@pytest.mark.parametrize(
    "address", ["kubernetes.default.svc", "10.96.0.1", "fd00:10:96::1", "fd10::1000", "localhost"]
)
def test_a_kubelet_and_the_api_server_shake_hands(keys: Keys, address: str, tmp_path: Path) -> None:
    master, worker = files(keys, "master"), files(keys, "worker1")
    server = _server(tmp_path, master, "pki/apiserver", "pki/ca.crt")
    certificate, key = _client(worker["kubelet.conf"])
    client = _context(tmp_path, ssl.PROTOCOL_TLS_CLIENT, certificate, key, worker["pki/ca.crt"])
    assert _peer_name(server, client, address) == "system:node:worker1"


def test_the_api_server_reaches_a_kubelet(keys: Keys, tmp_path: Path) -> None:
    master, worker = files(keys, "master"), files(keys, "worker1")
    server = _server(tmp_path, worker, "pki/kubelet", "pki/ca.crt")
    name = "pki/apiserver-kubelet-client"
    client = _context(
        tmp_path,
        ssl.PROTOCOL_TLS_CLIENT,
        master[f"{name}.crt"],
        master[f"{name}.key"],
        master["pki/ca.crt"],
    )
    for address in ("192.168.11.254", "fd11::1000"):
        assert _peer_name(server, client, address) == "kube-apiserver-kubelet-client"
    with pytest.raises(ssl.SSLError, match="mismatch"):
        _peer_name(server, client, "fd12::1000")


def test_etcd_refuses_everybody_but_the_api_server(keys: Keys, tmp_path: Path) -> None:
    master = files(keys, "master")
    server = _server(tmp_path, master, "pki/etcd", "pki/etcd-ca.crt")
    for name, welcome in (("apiserver-etcd-client", True), ("apiserver-kubelet-client", False)):
        client = _context(
            tmp_path,
            ssl.PROTOCOL_TLS_CLIENT,
            master[f"pki/{name}.crt"],
            master[f"pki/{name}.key"],
            master["pki/etcd-ca.crt"],
        )
        if welcome:
            assert _peer_name(server, client, "127.0.0.1") == "kube-apiserver"
        else:
            with pytest.raises(ssl.SSLError, match="verify failed"):
                _peer_name(server, client, "127.0.0.1")


def _is_private(text: str) -> bool:
    return "PRIVATE KEY" in text or "client-key-data" in text


def _client(kubeconfig: str) -> tuple[str, str]:
    user = json.loads(kubeconfig)["users"][0]["user"]
    certificate, key = (
        base64.b64decode(user[f"client-{part}-data"]).decode() for part in ("certificate", "key")
    )
    return certificate, key


def _server(tmp_path: Path, files: dict[str, str], name: str, trusted: str) -> ssl.SSLContext:
    context = _context(
        tmp_path,
        ssl.PROTOCOL_TLS_SERVER,
        files[f"{name}.crt"],
        files[f"{name}.key"],
        files[trusted],
    )
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def _context(
    tmp_path: Path, protocol: int, certificate: str, key: str, trusted: str
) -> ssl.SSLContext:
    pair = tmp_path / "pair.pem"
    pair.write_text(key + certificate)
    context = ssl.SSLContext(protocol)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_cert_chain(pair)
    context.load_verify_locations(cadata=trusted)
    return context


def _peer_name(server: ssl.SSLContext, client: ssl.SSLContext, address: str) -> str:
    """The common name that the server sees, after a handshake of both sides."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(down, up, server_hostname=address)
    theirs = server.wrap_bio(up, down, server_side=True)
    waiting = [ours, theirs]
    while waiting:
        for side in list(waiting):
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                continue
    certificate = theirs.getpeercert()
    assert certificate, "a certificate that was not verified is shown empty"
    subject: Any = certificate["subject"]  # parts of pairs; the type has other fields' forms too
    names: dict[str, str] = dict(pair for part in subject for pair in part)
    return names["commonName"]
