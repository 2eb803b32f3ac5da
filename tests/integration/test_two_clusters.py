"""Two clusters in two labs on one machine: the same addresses, and nothing in common."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from testbed.host.wait import wait_for
from tests.documents import Document
from tests.integration.kube_lab import PATIENCE, KubeLab, addresses, kube_lab, kube_sandbox, pod
from tests.integration.sandbox import Sandbox, only_child
from tests.repository import ROOT

pytestmark = pytest.mark.root

Labs = tuple[KubeLab, KubeLab]
SERVE = 'mkdir /www; echo "$LAB" > /www/index.html; httpd -f -p "[::]:80" -h /www & wait'
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {
        "selector": {"app": "web"},
        "clusterIPs": ["10.96.100.100", "fd00:10:96::6464"],  # the same in both
        "clusterIP": "10.96.100.100",
        "ipFamilyPolicy": "RequireDualStack",
        "ports": [{"port": 80}],
    },
}


@pytest.fixture(scope="module")
def box(gobgpd: Path) -> Iterator[Sandbox]:
    with kube_sandbox(gobgpd) as box:
        yield box


@pytest.fixture(scope="module")
def labs(gobgpd: Path, box: Sandbox) -> Iterator[Labs]:
    """Both up, each with a client, and a server on another node that says which lab it is in."""
    left, right = (kube_lab(gobgpd, box, kind) for kind in ("left", "right"))
    with ExitStack() as stack:
        for lab in (left, right):
            stack.callback(lab.down)
            lab.up()
        for lab in (left, right):
            lab.run_pods(pod("client", "worker1"), server(lab))
            lab.api.apply(SERVICE)
        yield left, right


def server(lab: KubeLab) -> Document:
    container = {"env": [{"name": "LAB", "value": lab.name}]}
    document = pod("web", "worker2", SERVE, container=container)
    document["metadata"]["labels"] = {"app": "web"}
    return document


def answer(lab: KubeLab, url: str) -> str:
    """What the client of a lab is told, once its nodes know the Service."""

    def probe() -> tuple[str | None, str]:
        said = lab.on("client", f"curl -sS -g -m 5 {url} 2>&1", expect=None).strip()
        return (said if said.startswith("t-") else None), said

    return wait_for(f"an answer of {url}", probe, PATIENCE, 0.2)


def blocks(lab: KubeLab) -> dict[str, str]:
    """Which node has which block of addresses."""
    affinities = lab.api.items("/apis/crd.projectcalico.org/v1/blockaffinities")
    return {a["spec"]["cidr"]: a["spec"]["node"] for a in affinities}


def test_both_have_the_same_addresses(labs: Labs) -> None:
    left, right = labs
    assert blocks(left) == blocks(right) != {}


@pytest.mark.parametrize("url", ["http://10.96.100.100", "http://[fd00:10:96::6464]"])
def test_a_service_leads_into_its_own_cluster(labs: Labs, url: str) -> None:
    assert [answer(lab, url) for lab in labs] == [lab.name for lab in labs]


def test_objects_of_one_are_not_in_the_other(labs: Labs) -> None:
    left, right = labs
    left.run_pods(pod("only-here", "worker1"))
    assert "only-here" not in right.pods()
    left.delete_pods("only-here")


def test_credentials_of_one_are_nothing_to_the_other(labs: Labs) -> None:
    """The other's authority did not sign them, nor does its server have a certificate of ours."""
    left, right = labs
    stranger = left.inner / "run/testbed/kubernetes"
    home = right.inner / "run/testbed/kubernetes"
    address = right.plan.address_v6("master")
    script = (
        f"curl -sS -g --cacert {{ca}}/ca.crt --cert {stranger}/admin.crt --key {stranger}/admin.key"
        f" https://[{address}]:6443/api 2>&1"
    )
    network = ["nsenter", f"--net={right.inner / 'run/netns/master'}", "sh", "-c"]

    def said(ca: Path) -> str:
        command = [*network, script.format(ca=ca)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout

    assert "Unauthorized" in said(home)
    assert "certificate" in said(stranger)


def test_the_end_of_one_is_not_felt_in_the_other(labs: Labs) -> None:
    left, right = labs
    (to,) = [a for a in addresses(right.pods()["web"]) if ":" not in a]
    before = right.pids()
    ping = subprocess.Popen(
        right.command("exec", "--netns-only", "client", "ping", "-n", "-i", "0.02", "-W", "5", to),
        env=right.env(),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert ping.stdout is not None
    try:
        ping.stdout.readline()  # the first echo is under way
        left.down()
    finally:
        os.kill(only_child(ping.pid), signal.SIGINT)
    summary = ping.communicate(timeout=60)[0]
    assert re.search(r"\b0% packet loss", summary), summary
    assert right.pids() == before
    assert answer(right, "http://10.96.100.100") == right.name
    assert not left.directory.exists()
