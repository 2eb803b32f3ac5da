"""Reads the Kubernetes API by watches, claims blocks there, and reports the node's state."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from testbed.agent.api import block_claims
from testbed.agent.api.block_claims import Claims
from testbed.agent.api.pod_lookup import PodLookup, read_fields_of_pod
from testbed.agent.api.reporter import Reporter
from testbed.agent.contract import NodeStatus
from testbed.agent.desired.te_config import Refusal
from testbed.agent.model import read_objects
from testbed.agent.model.objects import IpNetwork, Node, Objects
from testbed.agent.model.pod_wish import PodMetadata
from testbed.api_objects import TE_NAMESPACE
from testbed.host.coalescing_worker import one_line
from testbed.kube.api_wait import ApiWait
from testbed.kube.backoff import SharedBackoff
from testbed.kube.client import KubeClient
from testbed.kube.errors import Unreachable
from testbed.kube.kubeconfig import reader
from testbed.kube.watch import Resource, ResourceWatch

_CALICO = "/apis/crd.projectcalico.org/v1"
RESOURCES = (
    Resource("Node", "/api/v1/nodes", scout=True),
    Resource("ConfigMap", f"/api/v1/namespaces/{TE_NAMESPACE}/configmaps"),
    Resource("IPPool", f"{_CALICO}/ippools", optional=True),
    Resource("BGPPeer", f"{_CALICO}/bgppeers", optional=True),
    Resource("BGPConfiguration", f"{_CALICO}/bgpconfigurations", optional=True),
    Resource("BlockAffinity", block_claims.PATH, optional=True),
    Resource("NetworkPolicy", "/apis/networking.k8s.io/v1/networkpolicies"),
    Resource("Namespace", "/api/v1/namespaces"),
    Resource("Pod", "/api/v1/pods", keep=read_fields_of_pod),
)


class KubernetesSource:
    """One node's view of the cluster; `clock` gives the time of day that people read."""

    def __init__(
        self, node: str, kubeconfig: Path, clock: Callable[[], datetime] = datetime.now
    ) -> None:
        self._clock = clock
        self._backoff = SharedBackoff()
        self._lock = threading.Lock()
        self._since: str | None = None
        self._objects: Objects | None = None
        self._claims = Claims(kubeconfig)
        self._pods = PodLookup(kubeconfig)
        self._reporter = Reporter(kubeconfig, node, self._publish_objects)
        wait = ApiWait()
        self._watches = [
            ResourceWatch(
                KubeClient(reader(kubeconfig)),
                resource,
                self._publish_objects,
                self._backoff,
                wait,
            )
            for resource in RESOURCES
        ]

    def start(self, on_change: Callable[[Objects], None]) -> None:
        """Watch and report from now on."""
        self._on_change = on_change
        for watch in self._watches:
            watch.start()
        self._reporter.start()

    def stop(self) -> None:
        """End the watches, each at its next event or loss."""
        self._backoff.end()

    def claim(self, block: IpNetwork, node: Node) -> bool:
        """Create the block's affinity; False if it is another node's."""
        return self._claims.claim(block, node)

    def release(self, block: IpNetwork, node: Node) -> None:
        """Delete the block's affinity."""
        self._claims.release(block, node)

    def register(self) -> None:
        """The kubelet makes the Node object."""

    def pod(self, namespace: str, name: str) -> PodMetadata:
        """Asked of the API server: what was watched a moment ago may be of before the pod."""
        return self._pods.find(namespace, name)

    def report(self, status: NodeStatus, refusals: Iterable[Refusal]) -> None:
        """Hand the newest state to the reporter's thread."""
        with self._lock:
            objects = self._objects
        if objects is not None and objects.complete:
            self._reporter.put(objects, status, refusals)

    def _publish_objects(self) -> None:
        """From any thread: tell what is known now, if that differs from what was told last."""
        with self._lock:
            objects = self._read_objects()
            if objects == self._objects or not (objects.complete or objects.problems):
                return
            self._objects = objects
            self._on_change(objects)

    def _read_objects(self) -> Objects:
        complete = all(watch.listed for watch in self._watches)
        problems = self._describe_failures(complete)
        if not complete:
            return Objects(problems=tuple(problems), complete=False)
        documents = [
            (f"{watch.resource.kind} {name}", document)
            for watch in self._watches
            for name, document in watch.documents.items()
        ]
        return read_objects.read(documents, problems, enforced=True)

    def _describe_failures(self, complete: bool) -> list[str]:
        failures = [watch.failure for watch in self._watches if watch.failure]
        away = [failure for failure in failures if isinstance(failure, Unreachable)]
        if not away:
            self._since = None
            refusals = {one_line(failure): None for failure in failures}
            return [*refusals, *self._reporter.problems]
        self._since = self._since or self._clock().strftime("%Y-%m-%d %H:%M:%S")
        state = "last state kept" if complete else "nothing is known yet"
        return [f"API server does not answer since {self._since}; {state} ({one_line(away[0])})"]
