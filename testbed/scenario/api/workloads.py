"""A scenario's words for what runs on Kubernetes: servers, Services, requests, names."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import quote

from testbed.artefacts import program
from testbed.errors import TestbedError
from testbed.host.run import in_netns, run
from testbed.orchestrators.kubernetes.api import USERS, KubernetesApi
from testbed.orchestrators.pod import Pod
from testbed.orchestrators.registry import orchestrator_of
from testbed.plan.kubernetes import control_plane, dns_addresses, families
from testbed.scenario.api import manifests
from testbed.scenario.api.context import World
from testbed.scenario.api.manifests import NAMESPACE, PORT, Deployment, Service
from testbed.scenario.clients import dns
from testbed.scenario.clients.web import Answer, Origin, Requests

Address = IPv4Address | IPv6Address

ROLLOUT = 120.0  # seconds until a Deployment is rolled out, or gone
SERVICE = 30.0  # seconds until a new Service answers


class Workloads(World):
    """Deployments, Services and requests; every word but `ask` and `requests` needs Kubernetes."""

    @property
    def kubernetes(self) -> KubernetesApi:
        """The API server. Raises TestbedError in a lab without one."""
        if isinstance(self.api, KubernetesApi):
            return self.api
        raise TestbedError(
            "this lab has no Kubernetes", fix='@scenario(needs=["kubernetes"]) says so beforehand'
        )

    def api_answers(self) -> bool:
        """Is the API server there?"""
        try:
            return self.kubernetes.client.request("GET", "/livez").ok
        except TestbedError:
            return False

    def families(self) -> tuple[int, ...]:
        """The families that Services of this lab have, the primary one first."""
        return families(self.plan)

    def deploy(self, name: str, replicas: int = 1, node: str | None = None) -> Deployment:
        """Web servers on one node, or spread over the workers; returns when all are ready."""
        wanted = Deployment(name, replicas, node, patience=self.plan.slowness)
        self._undo.callback(self._remove, wanted)
        self._roll_out(wanted)
        return wanted

    def roll(self, deployment: Deployment, version: str) -> Deployment:
        """Replace all servers by those of another version; returns when only these are left."""
        wanted = replace(deployment, version=version)
        self._roll_out(wanted)
        return wanted

    def _roll_out(self, wanted: Deployment) -> None:
        self.kubernetes.apply(manifests.deployment(wanted))
        self.wait_rolled_out(wanted)

    def wait_rolled_out(self, wanted: Deployment) -> None:
        """Wait until all servers are there and ready, and no other ones. Raises CheckFailed."""
        document = manifests.deployment(wanted)

        def probe() -> tuple[bool | None, str]:
            done, words = manifests.rolled_out(self.kubernetes.get(document) or document)
            return done or None, words

        what = f"deployment {wanted.name} to be rolled out"
        fix = f"testbed kubectl describe pods -l app={wanted.name}"
        self.wait_for(what, probe, ROLLOUT, 0.05, fix)

    def servers(self, deployment: Deployment) -> list[Pod]:
        """The pods of a Deployment that run and are not about to end, by name."""
        there = {pod.name: pod for pod in orchestrator_of(self.plan).pods(self.plan)}
        items = self.kubernetes.items(_pods_of(deployment))
        names = [i["metadata"]["name"] for i in items if "deletionTimestamp" not in i["metadata"]]
        return [there[name] for name in sorted(names) if name in there]

    def _remove(self, deployment: Deployment) -> None:
        """Returns when the pods' addresses are free again."""
        api, gone = self.kubernetes, {"propagationPolicy": "Foreground"}
        path = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{deployment.name}"
        api.client.request("DELETE", path, gone)

        def probe() -> tuple[bool | None, str]:
            left = [str(item["metadata"]["name"]) for item in api.items(_pods_of(deployment))]
            if left:  # sooner than they would end by themselves
                api.client.request("DELETE", _pods_of(deployment), {"gracePeriodSeconds": 1})
            mine = f"{deployment.name}-"
            left += [
                pod.name
                for pod in orchestrator_of(self.plan).pods(self.plan)
                if pod.name.startswith(mine)
            ]
            return (None if left else True), f"still there: {', '.join(left)}"

        self.wait_for(f"the pods of deployment {deployment.name} to go", probe, ROLLOUT, 0.2)

    def service(self, deployment: Deployment, kind: str = "ClusterIP") -> Service:
        """A Service for the servers: ClusterIP, NodePort or headless, in all families.

        It also takes the probes of `path(…, through=address)`.
        """
        name = f"{deployment.name}-{kind.lower()}"
        document = manifests.service(name, deployment.name, kind, self.families())
        self._undo.callback(self.kubernetes.delete, document)
        self.kubernetes.apply(document)
        spec = (self.kubernetes.get(document) or document)["spec"]
        found = [ip_address(a) for a in spec.get("clusterIPs", []) if a != "None"]
        return Service(name, {a.version: a for a in found}, spec["ports"][0].get("nodePort"))

    def ask(
        self,
        source: Pod | str,
        address: Address | str,
        port: int = PORT,
        times: int = 5,
        patience: float = SERVICE,
    ) -> list[Answer]:
        """Requests from a pod or node, each over a connection of its own.

        The first is repeated for `patience` seconds, until a new Service answers; the others
        must be answered at once. Raises CheckFailed.
        """
        origin = Origin(self.plan, _netns(source), ip_address(str(address)), port)
        first = origin.first_answer(patience)
        return [first, *(origin.first_answer(0) for _ in range(times - 1))]

    def requests(
        self, source: Pod | str, address: Address, port: int = PORT, rate: int = 20
    ) -> Requests:
        """Requests, `rate` per second, one after the other, for a `with` block."""
        return Requests(Origin(self.plan, _netns(source), address, port), rate)

    def resolve(
        self,
        source: Pod | str,
        name: str,
        kind: str = "A",
        server: Address | None = None,
        tcp: bool = False,
    ) -> dns.Reply:
        """Ask the cluster's DNS, from a pod or node, for a complete name.

        `server` is one of `dns_servers()`. Raises CheckFailed if there is no answer.
        """
        server = server or self.dns_servers()[0]

        def probe() -> tuple[dns.Reply | None, str]:
            try:
                return dns.ask(self.plan, _netns(source), server, name, kind, tcp), ""
            except OSError as error:
                return None, str(error)

        who = source.name if isinstance(source, Pod) else source
        return self.wait_for(f"{server} to answer {who} about {name} {kind}", probe, SERVICE)

    def wait_resolved(
        self, source: Pod | str, name: str, address: Address, patience: float = SERVICE
    ) -> None:
        """Wait until the cluster's DNS knows a complete name by just this address."""
        kind = "A" if address.version == 4 else "AAAA"

        def probe() -> tuple[bool | None, str]:
            values = self.resolve(source, name, kind).values
            return (True if values == (str(address),) else None), f"{kind} {', '.join(values)}"

        self.wait_for(f"{name} to mean {address}", probe, patience)

    def dns_servers(self) -> list[Address]:
        """The addresses of the cluster's DNS Service, that of the primary family first."""
        return dns_addresses(self.plan)

    def kubectl(self, *arguments: str, timeout: float = 120) -> str:
        """What the lab's kubectl prints, as administrator. Raises TestbedError if it fails."""
        self.kubernetes  # noqa: B018 - complain where there is none
        command = [str(program("kubectl")), "--kubeconfig", str(USERS / "admin.conf"), *arguments]
        where = self.plan.vantage(control_plane(self.plan).name)
        return run(in_netns(where, command), timeout=timeout * self.plan.slowness).stdout

    def run_in(self, pod: Pod, *command: str) -> str:
        """What a program of the pod's own image prints. Raises TestbedError if it fails."""
        return self.kubectl("exec", "-n", NAMESPACE, pod.name, "--", *command)

    def logs(self, pod: Pod) -> str:
        """What the pod has printed so far."""
        return self.kubectl("logs", "-n", NAMESPACE, pod.name)

    def drain(self, node: str) -> None:
        """Have every pod of a node move elsewhere; it takes pods again when the scenario ends."""
        self._undo.callback(self.kubectl, "uncordon", node)
        self.kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force")

    def blocks(self, node: str) -> list[str]:
        """The address blocks that belong to a node, as the API has them."""
        affinities = self.kubernetes.items("/apis/crd.projectcalico.org/v1/blockaffinities")
        return sorted(str(a["spec"]["cidr"]) for a in affinities if a["spec"]["node"] == node)

    def containers(self) -> dict[str, Any]:
        """Which containers run since when: pod → container → id and restarts."""
        return {
            item["metadata"]["name"]: {
                status["name"]: (status.get("containerID"), status["restartCount"])
                for status in item["status"].get("containerStatuses", [])
            }
            for item in self.kubernetes.items("/api/v1/pods")
        }


def _pods_of(deployment: Deployment) -> str:
    selector = quote(f"app={deployment.name}")
    return f"/api/v1/namespaces/{NAMESPACE}/pods?labelSelector={selector}"


def _netns(source: Pod | str) -> str:
    return source.netns if isinstance(source, Pod) else source
