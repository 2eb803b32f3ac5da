"""`testbed.kube`: what runs on Kubernetes: Deployments, Services, what pods print."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import quote

from testbed.artefacts import program
from testbed.errors import TestbedError
from testbed.host.run import in_netns, run
from testbed.orchestrators.kubernetes.api import USERS, KubernetesApi
from testbed.orchestrators.pod import Pod
from testbed.plan.kubernetes import control_plane, families
from testbed.scenario.api import manifests
from testbed.scenario.api.context import Context
from testbed.scenario.api.manifests import NAMESPACE, Deployment, Object, Service

ROLLOUT = 120.0  # seconds until a Deployment is rolled out, or gone


@dataclass(frozen=True)
class Served:
    """A Service with one server. `addresses` are its ClusterIPs by family."""

    server: Pod
    addresses: Mapping[int, IPv4Address | IPv6Address]


class Kube:
    """Objects of the API server; what the scenario makes is deleted when it ends."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._numbers = itertools.count(1)

    @property
    def available(self) -> bool:
        """Does Kubernetes run the pods of this lab?"""
        return isinstance(self._context.api, KubernetesApi)

    @property
    def api(self) -> KubernetesApi:
        """The API server. Raises TestbedError in a lab without one."""
        if isinstance(self._context.api, KubernetesApi):
            return self._context.api
        raise TestbedError(
            "this lab has no Kubernetes", fix='@scenario(needs=["kubernetes"]) says so beforehand'
        )

    def api_answers(self) -> bool:
        """Does the API server answer?"""
        try:
            return self.api.client.request("GET", "/livez").ok
        except TestbedError:
            return False

    def version(self) -> str:
        """Of the API server: v1.32.1. Raises TestbedError where there is none."""
        return str(self.api.client.request("GET", "/version").body["gitVersion"])

    def families(self) -> tuple[int, ...]:
        """The families that Services of this lab have, the primary one first."""
        return families(self._context.plan)

    def deploy(self, name: str, replicas: int = 1, node: str | None = None) -> Deployment:
        """Web servers on one node, or spread over the workers; returns when all are ready."""
        wanted = Deployment(name, replicas, node, patience=self._context.plan.slowness)
        self._context.undo.callback(self._remove_deployment, wanted)
        self._roll_out(wanted)
        return wanted

    def roll(self, deployment: Deployment, version: str) -> Deployment:
        """Replace all servers by those of another version; returns when only these are left."""
        wanted = replace(deployment, version=version)
        self._roll_out(wanted)
        return wanted

    def _roll_out(self, wanted: Deployment) -> None:
        self.api.apply(manifests.deployment(wanted))
        self.wait_rolled_out(wanted)

    def wait_rolled_out(self, wanted: Deployment) -> None:
        """Wait until all servers of this version, and no others, are ready. Raises CheckFailed."""
        document = manifests.deployment(wanted)

        def probe() -> tuple[bool | None, str]:
            done, words = manifests.rolled_out(self.api.get(document) or document)
            return done or None, words

        what = f"deployment {wanted.name} to be rolled out"
        fix = f"testbed kubectl describe pods -l app={wanted.name}"
        self._context.wait_for(what, probe, ROLLOUT, 0.05, fix)

    def servers(self, deployment: Deployment) -> list[Pod]:
        """The pods of a Deployment that run and are not about to end, by name."""
        running = {pod.name: pod for pod in self._list_pods()}
        items = self.api.items(_path_of_pods(deployment))
        names = [i["metadata"]["name"] for i in items if "deletionTimestamp" not in i["metadata"]]
        return [running[name] for name in sorted(names) if name in running]

    def _list_pods(self) -> list[Pod]:
        return self._context.orchestrator.pods(self._context.plan)

    def _remove_deployment(self, deployment: Deployment) -> None:
        """Returns when the pods' addresses are free again."""
        api, gone = self.api, {"propagationPolicy": "Foreground"}
        path = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{deployment.name}"
        api.client.request("DELETE", path, gone)

        def probe() -> tuple[bool | None, str]:
            left = [str(i["metadata"]["name"]) for i in api.items(_path_of_pods(deployment))]
            if left:  # sooner than they would end by themselves
                api.client.request("DELETE", _path_of_pods(deployment), {"gracePeriodSeconds": 1})
            mine = f"{deployment.name}-"
            left += [pod.name for pod in self._list_pods() if pod.name.startswith(mine)]
            return (None if left else True), f"still there: {', '.join(left)}"

        what = f"the pods of deployment {deployment.name} to go"
        self._context.wait_for(what, probe, ROLLOUT, 0.2)

    def service(self, deployment: Deployment, kind: str = "ClusterIP") -> Service:
        """A Service for the servers: ClusterIP, NodePort or headless, in all families.

        It also takes the probes of `path(…, through=address)`.
        """
        name = f"{deployment.name}-{kind.lower()}"
        document = manifests.service(name, deployment.name, kind, self.families())
        self._context.undo.callback(self.api.delete, document)
        self.api.apply(document)
        spec = (self.api.get(document) or document)["spec"]
        found = [ip_address(a) for a in spec.get("clusterIPs", []) if a != "None"]
        return Service(name, {a.version: a for a in found}, spec["ports"][0].get("nodePort"))

    def serve(self, node: str) -> Served:
        """A web server on a node, and a Service for it alone."""
        deployment = self.deploy(f"web{next(self._numbers)}", node=node)
        (server,) = self.servers(deployment)
        return Served(server, self.service(deployment).addresses)

    def isolate(self, name: str, pods: Object, types: Sequence[str], **rules: object) -> None:
        """A NetworkPolicy for the pods that the selector `pods` selects; one of its name changes.

        `ingress` and `egress` are its rules.
        """
        document = manifests.network_policy(name, pods, types, rules)
        if self.api.get(document) is None:
            self._context.undo.callback(self.api.delete, document)
        self.api.apply(document)

    def kubectl(self, *arguments: str, timeout: float = 120) -> str:
        """What the lab's kubectl prints, as administrator. Raises TestbedError if it fails."""
        self.api  # noqa: B018 - raises where there is no API server
        plan = self._context.plan
        command = [str(program("kubectl")), "--kubeconfig", str(USERS / "admin.conf"), *arguments]
        where = plan.vantage(control_plane(plan).name)
        return run(in_netns(where, command), timeout=timeout * plan.slowness).stdout

    def run_in(self, pod: Pod, *command: str) -> str:
        """What a program of the pod's own image prints. Raises TestbedError if it fails."""
        return self.kubectl("exec", "-n", NAMESPACE, pod.name, "--", *command)

    def logs(self, pod: Pod) -> str:
        """What the pod has printed so far."""
        return self.kubectl("logs", "-n", NAMESPACE, pod.name)

    def drain(self, node: str) -> None:
        """Have every pod of a node move elsewhere; it takes pods again when the scenario ends."""
        self._context.undo.callback(self.kubectl, "uncordon", node)
        self.kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force")

    def blocks(self, node: str) -> list[str]:
        """The address blocks that belong to a node, as the API has them."""
        affinities = self.api.items("/apis/crd.projectcalico.org/v1/blockaffinities")
        return sorted(str(a["spec"]["cidr"]) for a in affinities if a["spec"]["node"] == node)

    def containers(self) -> dict[str, dict[str, tuple[str | None, int]]]:
        """Which containers run since when: pod → container → id and restarts."""
        return {
            item["metadata"]["name"]: {
                status["name"]: (status.get("containerID"), status["restartCount"])
                for status in item["status"].get("containerStatuses", [])
            }
            for item in self.api.items("/api/v1/pods")
        }


def _path_of_pods(deployment: Deployment) -> str:
    selector = quote(f"app={deployment.name}")
    return f"/api/v1/namespaces/{NAMESPACE}/pods?labelSelector={selector}"
