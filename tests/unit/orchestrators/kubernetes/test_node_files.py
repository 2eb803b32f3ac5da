"""Files of a node: complete, closed to others, read by their readers."""

from __future__ import annotations

import json
import ssl
import stat
from datetime import datetime, timezone
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.host.secret_files import write_secret_files
from testbed.kube import kubeconfig as agent_kubeconfig
from testbed.kube.kubeconfig import kubeconfig_text
from testbed.orchestrators.kubernetes import node_files
from testbed.orchestrators.kubernetes.pki import authorities
from tests.unit.orchestrators.kubernetes.cluster_plans import cluster_plan

NOW = datetime(2031, 1, 1, tzinfo=timezone.utc)
PLAN = cluster_plan()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    keys = authorities.ensure_keys(tmp_path_factory.mktemp("keys"), NOW, print)
    return node_files.node_files(PLAN, PLAN.node("worker1"), keys, NOW, containerd=(1, 7))


def test_every_file_is_closed_to_others(files: dict[str, str], tmp_path: Path) -> None:
    top = tmp_path / "kubernetes"
    write_secret_files(top, files)
    for path in (top, *top.rglob("*")):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path
    assert {str(p.relative_to(top)): p.read_text() for p in top.rglob("*") if p.is_file()} == files


def test_writing_again_replaces(files: dict[str, str], tmp_path: Path) -> None:
    write_secret_files(tmp_path, files)
    (tmp_path / "pki/ca.crt").chmod(0o666)
    write_secret_files(tmp_path, {**files, "pki/ca.crt": "new\n"})
    assert (tmp_path / "pki/ca.crt").read_text() == "new\n"
    assert stat.S_IMODE((tmp_path / "pki/ca.crt").stat().st_mode) == 0o600
    assert list(tmp_path.rglob(".*")) == [], "no drafts are left"


def test_a_place_that_cannot_be_used(files: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "kubernetes").write_text("in the way")
    with pytest.raises(TestbedError) as caught:
        write_secret_files(tmp_path / "kubernetes", files)
    assert "kubernetes" in str(caught.value)


def test_the_agent_reads_its_kubeconfig(files: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "agent.conf"
    path.write_text(files["agent.conf"])
    endpoint = agent_kubeconfig.load(path)
    assert (endpoint.host, endpoint.port) == ("fd10::1000", 6443)
    assert endpoint.tls is not None
    assert endpoint.tls.verify_mode is ssl.CERT_REQUIRED


def test_a_kubeconfig_is_consistent() -> None:
    config = json.loads(kubeconfig_text("https://[fd10::1]:6443", "CA", "me", "CERT", "KEY"))
    (context,), (cluster,), (user,) = config["contexts"], config["clusters"], config["users"]
    assert config["current-context"] == context["name"]
    assert context["context"] == {"cluster": cluster["name"], "user": user["name"]}
    assert cluster["cluster"] == {
        "server": "https://[fd10::1]:6443",
        "certificate-authority-data": "Q0E=",
    }
    assert user == {
        "name": "me",
        "user": {"client-certificate-data": "Q0VSVA==", "client-key-data": "S0VZ"},
    }
