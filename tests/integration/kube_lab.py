"""A Kubernetes lab in a sandbox: its API, its nodes' insides, its pods, and whether it is well."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from testbed.artefacts import program as pinned
from testbed.artefacts.settings import cache_root
from testbed.errors import TestbedError
from testbed.host.supervisor import Place, Supervisor
from testbed.host.wait import wait_for
from testbed.orchestrators.kubernetes.api import USERS, KubernetesApi, client_in
from testbed.plan.kubernetes import control_plane
from testbed.plan.model import Plan
from tests.documents import Document
from tests.integration.lab_driver import Lab
from tests.integration.sandbox import Sandbox, kept, lab_name

# The registry of data is the whole machine's: another process's labs must not keep ours here.
DATA = f"/tmp/data-{os.getpid()}"
TOPOLOGY = "basic"
NODES = ("master", "worker1", "worker2")
PODS = "/api/v1/namespaces/default/pods"
STAYS = "trap exit TERM; sleep 100000 & wait"  # as PID 1 a plain sleep would not hear SIGTERM
SPEAKERS = {"one": "worker1", "two": "worker2"}  # two pods that speak to each other
PATIENCE = 90.0  # seconds for anything to become well again, on a busy machine


@dataclass
class KubeLab(Lab):
    """One lab; `up` it first."""

    _api: KubernetesApi | None = field(default=None, repr=False)

    def up(self) -> None:
        """All of it but pods."""
        self.run("up", TOPOLOGY, "--cluster", "kubernetes", "--no-pods")

    def down(self) -> None:
        """Whatever state it is in."""
        self.forget_api()
        self.run("down")

    @property
    def plan(self) -> Plan:
        """As the host has it on record."""
        return Plan.model_validate_json((self.directory / "plan.json").read_text())

    @property
    def api(self) -> KubernetesApi:
        """Its API server, as administrator; the connection is kept open."""
        if self._api is None:
            node = control_plane(self.plan)
            users = self.inner / USERS.relative_to("/")
            netns = str(self.inner / "run/netns" / node.name)
            self._api = KubernetesApi(client_in(netns, users / "admin.conf"))
        return self._api

    def forget_api(self) -> None:
        """Close the connection: it would keep a namespace of a lab alive that has ended."""
        if self._api is not None:
            self._api.client.close()
        self._api = None

    def on(self, place: str, script: str, expect: int | None = 0) -> str:
        """Output of a shell script on a node, or in a pod's network."""
        network = [] if place in self.plan.by_name else ["--netns-only"]
        return self.run("exec", *network, place, "sh", "-c", script, expect=expect).stdout

    def node_files(self, node: str) -> Path:
        """The directory of a node's daemons, as seen from here."""
        return self.inner / "run/testbed/nodes" / node

    def node_init(self, node: str) -> int:
        """Pid of a node's init, inside the lab, as on record."""
        return int(json.loads((self.node_files(node) / "init.json").read_text())["pid"])

    def attachments(self, node: str) -> list[Document]:
        """What the node's agent has on record for the pods that are attached."""
        files = sorted((self.node_files(node) / "cni").glob("*.json"))
        return [dict(json.loads(file.read_text())) for file in files]

    def pod_interfaces(self, node: str) -> list[str]:
        """Names of the node's ends of its pods' links."""
        links = json.loads(self.on(node, "ip -j link show type veth"))
        return sorted(link["ifname"] for link in links if link["ifname"].startswith("cali"))

    def problems(self) -> list[str]:
        """What `testbed status` says is not as wanted; that it failed, if it did."""
        done = self.run("status", "-f", "json", expect=None)
        try:
            return [str(p) for p in json.loads(done.stdout)["problems"]]
        except ValueError:
            return [done.stderr.strip() or f"exit {done.returncode}"]

    def wait_until_well(self) -> None:
        """Until `testbed status` has nothing to say."""

        def probe() -> tuple[bool | None, str]:
            said = self.problems()
            return (None if said else True), "\n".join(said)

        wait_for("the cluster to be well", probe, PATIENCE, 0.2)

    def wait_for_problem(self, *words: str) -> None:
        """Until `testbed status` says something with all these words in it."""

        def probe() -> tuple[bool | None, str]:
            said = self.problems()
            return (any(all(w in s for w in words) for s in said) or None), "\n".join(said)

        wait_for(f"status to say {words}", probe, PATIENCE, 0.2)

    def supervisor(self, node: str) -> Supervisor:
        """Who keeps a node's programs running, reached from here."""
        return Supervisor(Place(self.node_files(node), own_netns=True))

    def pids(self, nodes: Iterable[str] = NODES) -> dict[str, int]:
        """Of every program that runs: worker1.kubelet → its pid, inside its node."""
        states = {n: said for node in nodes for n, said in self.supervisor(node).states().items()}
        return {n: said.pid for n, said in states.items() if said.statename == "RUNNING"}

    def kill(self, program: str) -> None:
        """kill -9 of worker1.kubelet or the like."""
        self.supervisor(program.partition(".")[0]).kill(program)

    def run_pods(self, *documents: Document) -> None:
        """Make pods, all at once, and wait until they run."""
        self.make_pods(*documents)
        self.wait_for_pods(*(d["metadata"]["name"] for d in documents))

    def make_pods(self, *documents: Document) -> None:
        """Make pods; the controller manager may be a moment behind with their account."""
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
        wait_for("an account", lambda: (self.api.get(account), "none yet"), PATIENCE)
        for document in documents:
            self.api.apply(document)

    def pods(self) -> dict[str, Document]:
        """Those of the default namespace, by name."""
        return {str(p["metadata"]["name"]): p for p in self.api.items(PODS)}

    def wait_for_pods(self, *names: str) -> None:
        """Until these pods are ready."""

        def probe() -> tuple[bool | None, str]:
            pods = self.pods()
            waiting = {n: _state(pods.get(n)) for n in names if _state(pods.get(n)) != "ready"}
            return (None if waiting else True), str(waiting)

        wait_for("pods to run", probe, PATIENCE, 0.1)

    def delete_pods(self, *names: str) -> None:
        """Remove pods; returns once they are gone from the API."""
        for name in names:
            self.api.delete(pod(name, ""))
        wait_for(
            "pods to go",
            lambda: (None if set(names) & set(self.pods()) else True, str(list(self.pods()))),
            PATIENCE,
            0.1,
        )

    def ping(self, targets: list[str] | None = None) -> None:
        """From pod one to pod two and back, in both families.

        The API is not needed where the addresses are given.
        """
        targets = targets or addresses(self.pods()["two"])
        assert len(targets) == 2
        self.on("one", " && ".join(f"ping -n -c 1 -W 5 {address}" for address in targets))

    def kill_outer(self) -> None:
        """kill -9 of the lab's init."""
        self.forget_api()
        self.kill_init()


def pod(
    name: str,
    node: str,
    script: str = STAYS,
    container: Mapping[str, object] | None = None,
    **more: object,
) -> Document:
    """A busybox pod on a node that runs a script.

    `container` goes into its container, `more` into its spec.
    """
    whole = {
        "name": "main",
        "image": "busybox",
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", script],
        **(container or {}),
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "nodeName": node,
            "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "tolerations": [{"operator": "Exists"}],
            "containers": [whole],
            **more,
        },
    }


def addresses(document: Document) -> list[str]:
    """The addresses of a pod, as the API has them."""
    return [str(entry["ip"]) for entry in document["status"].get("podIPs") or []]


def _state(document: Document | None) -> str:
    if document is None:
        return "absent"
    status = document.get("status", {})
    containers = status.get("containerStatuses") or []
    if containers and all(c["ready"] for c in containers):
        return "ready"
    states = [c["state"] for c in containers]
    waiting = [s["waiting"].get("message", "") for s in states if "waiting" in s]
    return f"{status.get('phase')} {'; '.join(waiting)}"


@contextmanager
def kube_sandbox(gobgpd: Path) -> Iterator[Sandbox]:
    """A machine within the machine for Kubernetes labs; skips where its programs are missing."""
    for name in ("kubelet", "coredns", "pause"):
        try:
            pinned(name)
        except TestbedError as error:
            pytest.skip(f"{error} (fetch it: testbed artefacts fetch)")
    box = Sandbox([*kept(gobgpd), cache_root().parent])
    try:
        yield box
    finally:
        box.close()


@contextmanager
def speaking(lab: KubeLab) -> Iterator[KubeLab]:
    """The lab, up, with two pods that speak to each other; down afterwards."""
    try:
        lab.up()
        lab.run_pods(*(pod(name, node) for name, node in SPEAKERS.items()))
        lab.wait_until_well()
        yield lab
    finally:
        lab.down()


def kube_lab(gobgpd: Path, box: Sandbox, kind: str) -> KubeLab:
    """A lab, not up; its name is nobody else's, as its control groups are the machine's."""
    return KubeLab(lab_name(kind), gobgpd, box, {"TESTBED_DATA": DATA})


@contextmanager
def applied(lab: KubeLab, document: Document) -> Iterator[None]:
    """One more object, for a while."""
    lab.api.apply(document)
    try:
        yield
    finally:
        lab.api.delete(document)
