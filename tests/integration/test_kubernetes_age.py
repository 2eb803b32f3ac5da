"""A lab that stood for long: what has ended is issued anew, and no lease misleads."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.host.wait import wait_for
from tests.documents import Document
from tests.integration.kube_lab import PATIENCE, KubeLab, kube_lab, kube_sandbox, pod
from tests.integration.sandbox import Sandbox
from tests.repository import ROOT

pytestmark = pytest.mark.root

LEASE = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/worker2"
LONG_AGO, FAR_AHEAD = "2001-01-01T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z"
TOKEN = {"path": "token", "expirationSeconds": 600}  # the shortest that there is
TOKENS = {"name": "tokens", "projected": {"sources": [{"serviceAccountToken": TOKEN}]}}
MOUNTED = {"volumeMounts": [{"name": "tokens", "mountPath": "/tokens"}]}


@pytest.fixture(scope="module")
def box(gobgpd: Path) -> Iterator[Sandbox]:
    with kube_sandbox(gobgpd) as box:
        yield box


@pytest.fixture(scope="module")
def aged(gobgpd: Path, box: Sandbox) -> Iterator[tuple[KubeLab, str]]:
    """A lab that works, none of whose certificates is valid any more; the token of a pod there."""
    lab = kube_lab(gobgpd, box, "age")
    try:
        lab.up()
        lab.run_pods(pod("client", "worker1", container=MOUNTED, volumes=[TOKENS]))
        held = token(lab)
        assert holds(lab, held)
        inside(lab, "tests.integration.old_lab")
        yield lab, held
    finally:
        lab.down()


@pytest.fixture
def old(aged: tuple[KubeLab, str]) -> KubeLab:
    return aged[0]


def inside(lab: KubeLab, module: str, *arguments: str) -> None:
    """Run a module of these tests that enters the lab."""
    assert lab.box is not None
    command = lab.box.inside(sys.executable, "-B", "-m", module, lab.name, *arguments)
    subprocess.run(command, check=True, timeout=240, cwd=ROOT, env=lab.env())


def token(lab: KubeLab) -> str:
    """The token that the pod has now."""
    return lab.run("exec", "client", "cat", "/tokens/token").stdout.strip()


def issued(token: str) -> int:
    claims = token.split(".")[1]
    found = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    return int(found["iat"])


def holds(lab: KubeLab, token: str) -> bool:
    """Does the API server believe who has this token?"""
    review = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenReview",
        "spec": {"token": token},
    }
    answer = lab.api.client.call("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)
    return bool(answer["status"].get("authenticated"))


def ready(lab: KubeLab) -> Document:
    """What the control plane says of worker2."""
    conditions = lab.api.client.call("GET", "/api/v1/nodes/worker2")["status"]["conditions"]
    return next(dict(found) for found in conditions if found["type"] == "Ready")


def renewed(lab: KubeLab) -> str:
    """When worker2's lease was renewed, as it says."""
    return str(lab.api.client.call("GET", LEASE)["spec"]["renewTime"])


def wait_for_ready(lab: KubeLab, wanted: str) -> None:
    def probe() -> tuple[bool | None, str]:
        return (ready(lab)["status"] == wanted or None), str(ready(lab))

    wait_for(f"Ready of worker2 to be {wanted}", probe, PATIENCE, 0.2)


def test_status_names_what_has_ended_and_what_to_do(old: KubeLab) -> None:
    said = old.run("status", expect=1).stdout
    assert "certificate of worker1: it ended on" in said
    assert re.search(rf"`testbed up [^`]*-n {old.name}[^`]*` renews it", said)


def test_up_renews_and_the_agents_go_on(aged: tuple[KubeLab, str]) -> None:
    old, before = aged
    agent = old.pids()["worker1.agent"]
    said = old.run("up", "basic", "--cluster", "kubernetes", "--no-pods").stderr
    assert "the certificates of Kubernetes are replaced" in said
    assert old.pids()["worker1.agent"] == agent, "traffic does not hang on a kubelet's certificate"
    old.forget_api()
    old.wait_until_well()
    assert holds(old, before), "the key that signs tokens stays"
    wait_for(
        "the kubelet to give the pod a new token",
        lambda: (issued(token(old)) > issued(before) or None, "the old one"),
        PATIENCE,
        0.5,
    )
    assert holds(old, token(old))


def test_another_up_has_nothing_to_renew(old: KubeLab) -> None:
    before = old.pids()
    said = old.run("up", "basic", "--cluster", "kubernetes", "--no-pods").stderr
    assert "replaced" not in said
    assert old.pids() == before


def test_a_node_leaves_and_joins(old: KubeLab) -> None:
    inside(old, "tests.integration.rejoin", "worker2")
    old.wait_until_well()


def test_a_lease_that_is_old_by_a_jump_of_the_clock_ends_no_node(old: KubeLab) -> None:
    since = ready(old)["lastTransitionTime"]
    old.api.client.call("PATCH", LEASE, {"spec": {"renewTime": LONG_AGO}})
    wait_for("a renewal", lambda: (renewed(old) != LONG_AGO or None, "none yet"), PATIENCE, 0.2)
    assert (ready(old)["status"], ready(old)["lastTransitionTime"]) == ("True", since)


def test_a_dead_node_is_noticed_although_its_lease_was_once_of_the_future(old: KubeLab) -> None:
    """So it looks when the clock is set back, whereupon the controller manager starts anew."""
    since = renewed(old)
    old.api.client.call("PATCH", LEASE, {"spec": {"renewTime": FAR_AHEAD}})
    wait_for(
        "a renewal by today's clock",
        lambda: (since < renewed(old) < FAR_AHEAD or None, renewed(old)),
        PATIENCE,
        0.2,
    )
    old.supervisor("worker2").stop(["worker2.kubelet"])
    old.kill("master.kube-controller-manager")
    wait_for_ready(old, "Unknown")
    old.supervisor("worker2").start(["worker2.kubelet"])
    wait_for_ready(old, "True")
