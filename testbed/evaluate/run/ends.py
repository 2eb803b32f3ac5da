"""The ends of transfers: two pods per overlay, on two workers, with a Service, or a veth pair."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from testbed.agent.model.overlay_names import ROUTED, pool_fields
from testbed.errors import TestbedError
from testbed.evaluate.cases import Case, Overlay, Placement
from testbed.evaluate.run import veth
from testbed.evaluate.run.iperf3 import PORT, SERVER
from testbed.lab.access.locate import run_in
from testbed.orchestrators.kubernetes import pods
from testbed.plan.kubernetes import control_plane
from testbed.providers.registry import handle
from testbed.scenario import Testbed
from testbed.scenario.api import manifests
from testbed.scenario.api.manifests import Object

# One pool per family and overlay for these pods alone: they ask for it, others get none of it.
POOLS: Mapping[Overlay, Mapping[int, str]] = {
    "vxlan": {4: "172.18.0.0/16", 6: "fdfb:af47:32b0::/48"},
    "ipip": {4: "172.19.0.0/16"},
    "routed": {4: "172.20.0.0/16", 6: "fdfb:af47:32b1::/48"},
}
TRANSPORTS = ("tcp", "udp")
PATIENCE = 120.0  # seconds until a pod answers

Addresses = Mapping[int, IPv4Address | IPv6Address]  # by family


@dataclass(frozen=True)
class Ends:
    """Where a transfer starts and where it ends.

    `nodes` are those of client and server; `execute` runs a command at the client and gives what
    it prints, `ping` is the same from the client's network, by a node's own program. `proved` are
    the names of both for a proof of path, none where there is nothing to be proved. `mtu` is that
    of the client's interface.
    """

    nodes: tuple[str, str]
    addresses: Addresses  # of the server
    service: Addresses
    proved: tuple[str, str] | None
    mtu: int
    execute: Callable[[Sequence[str], float], str]
    ping: Callable[[Sequence[str]], str]

    def target(self, case: Case) -> IPv4Address | IPv6Address:
        """Where a transfer goes to. Raises TestbedError if there is no address of that family."""
        found = self.service if case.traffic == "pod-to-service" else self.addresses
        if case.family not in found:
            raise TestbedError(
                f"{case.id}: this lab's pods have no IPv{case.family}",
                where="--cases",
                fix=f"--cases family={10 - case.family}",
            )
        return found[case.family]


def workers(testbed: Testbed) -> tuple[str, str]:
    """The two nodes between which is measured. Raises TestbedError if there is but one."""
    head = control_plane(testbed.plan).name
    names = [node.name for node in testbed.context.present_nodes() if node.name != head]
    if len(names) < 2:
        raise TestbedError(
            f"an evaluation needs two workers; here: {', '.join(names) or 'none'}",
            fix="testbed up full --recreate",
        )
    return names[0], names[1]


class Builder:
    """Makes ends as cases ask for them; they go when the Testbed's changes are put back."""

    def __init__(self, testbed: Testbed) -> None:
        self._testbed = testbed
        self._near, self._far = workers(testbed)
        self._made: dict[tuple[Overlay, Placement], Ends] = {}
        self._pods: dict[tuple[Overlay, Placement], list[Object]] = {}

    def ends(self, case: Case) -> Ends:
        """Those of a case. Raises TestbedError, NotApplicable where a kernel lacks the overlay."""
        key = (case.overlay, case.placement)
        if key not in self._made or not all(map(self._is_there, self._pods.get(key, []))):
            self._made[key] = self._make_veth() if case.overlay == "veth" else self._make(*key)
        return self._made[key]

    def forget(self, case: Case) -> None:
        """Make its ends anew where they are asked for next: a pod of theirs may be gone."""
        self._made.pop((case.overlay, case.placement), None)

    def smallest_mtu(self) -> int:
        """Of all ends that were made, and of the lab's pods."""
        return min([self._testbed.plan.pod_mtu, *(ends.mtu for ends in self._made.values())])

    def _make_veth(self) -> Ends:
        node, mtu = handle(self._near), self._testbed.plan.uplink(self._near).mtu
        veth.make(node, mtu, self._testbed.context.undo)
        return Ends(
            (self._near, self._near),
            veth.ADDRESSES,
            {},
            None,
            mtu,
            lambda words, _limit: veth.execute(node, words),
            lambda words: veth.execute(node, words),
        )

    def _make(self, overlay: Overlay, placement: Placement) -> Ends:
        far = self._near if placement == "same-node" else self._far
        own_network = overlay == "none" and placement == "across"
        asked = self._make_pools(overlay)
        name = f"evaluate-{'same-node' if placement == 'same-node' else overlay}"
        client, server = f"{name}-client", f"{name}-server"
        wanted = ((client, self._near), (server, far))
        documents = [_pod(pod, node, asked, own_network) for pod, node in wanted]
        self._pods[overlay, placement] = documents
        for document in documents:
            self._start(document)
        if overlay == ROUTED:
            self._testbed.pools.wait_routed(ip_network(c) for c in POOLS[overlay].values())
        nodes = (self._near, far)
        plan = self._testbed.plan
        here = self._near if own_network else pods.get(plan, client).netns
        return Ends(
            nodes,
            self._addresses_of(far if own_network else server),
            {} if own_network else self._make_service(server),
            nodes if own_network else (client, server),
            plan.uplink(here).mtu
            if own_network
            else self._testbed.pods.mtu(pods.get(plan, client)),
            partial(self._execute, client),
            lambda words: run_in(plan, here, words, check=False).stdout,
        )

    def _execute(self, pod: str, words: Sequence[str], limit: float) -> str:
        return self._testbed.kube.kubectl("exec", pod, "--", *words, timeout=limit)

    def _make_pools(self, overlay: Overlay) -> list[str]:
        """The names of the pools that the pods ask for; none for the plan's own."""
        ranges = POOLS.get(overlay, {})
        if ranges:
            self._testbed.pools.refuse_unable(overlay)
        api, names = self._testbed.api, []
        for family, cidr in ranges.items():
            document = _pool(f"evaluate-{overlay}-v{family}", cidr, overlay)
            self._testbed.context.undo.callback(api.delete, document)
            api.apply(document)
            names.append(str(document["metadata"]["name"]))
        return names

    def _start(self, document: Object) -> None:
        name, api = document["metadata"]["name"], self._testbed.kube.api
        if not self._is_there(document):  # evicted, or left by a run that was killed
            self._remove(document)
        api.apply(document)
        self._testbed.context.undo.callback(self._remove, document)
        self._testbed.wait_for(
            f"pod {name} to answer",
            partial(self._probe_ready, document),
            PATIENCE,
            fix=f"testbed kubectl describe pod {name}",
        )

    def _is_there(self, document: Object) -> bool:
        found = self._testbed.kube.api.get(document)
        return found is not None and not _has_ended(found)

    def _remove(self, document: Object) -> None:
        if self._testbed.kube.api.get(document) is not None:
            pods.delete(self._testbed.plan, document["metadata"]["name"])

    def _probe_ready(self, document: Object) -> tuple[bool | None, str]:
        status = (self._testbed.kube.api.get(document) or {}).get("status", {})
        ready = {c["type"]: c["status"] for c in status.get("conditions", [])}.get("Ready")
        return (ready == "True" or None), str(status.get("phase"))

    def _addresses_of(self, end: str) -> Addresses:
        plan = self._testbed.plan
        known = end if end in plan.by_name else pods.get(plan, end)
        found = {}
        for family in self._testbed.kube.families():
            with suppress(TestbedError):  # it has none of this family
                found[family] = self._testbed.address(known, family)
        return found

    def _make_service(self, server: str) -> Addresses:
        families = self._testbed.kube.families()
        document = manifests.service(server, server, "ClusterIP", families)
        tcp, udp = (
            {"name": f"iperf3-{p}", "port": PORT, "protocol": p.upper()} for p in TRANSPORTS
        )
        document["spec"]["ports"][:1] = [tcp, udp]
        api = self._testbed.kube.api
        self._testbed.context.undo.callback(api.delete, document)
        api.apply(document)
        spec = (api.get(document) or document)["spec"]
        return {a.version: a for a in map(ip_address, spec.get("clusterIPs", []))}


def _pool(name: str, cidr: str, overlay: Overlay) -> Object:
    spec = {"cidr": cidr, "assignmentMode": "Manual", **pool_fields(overlay)}
    return {
        "apiVersion": "crd.projectcalico.org/v1",
        "kind": "IPPool",
        "metadata": {"name": name},
        "spec": spec,
    }


def _pod(name: str, node: str, pools: Iterable[str], own_network: bool) -> Object:
    """A pod that serves iperf3, and from which clients are started."""
    document = pods.manifest(name, node)
    by_family = {pool[-1]: pool for pool in pools}
    document["metadata"]["annotations"] = {
        f"cni.projectcalico.org/ipv{family}pools": json.dumps([pool])
        for family, pool in by_family.items()
    }
    container = document["spec"]["containers"][0]
    container["command"] = ["sh", "-c", SERVER]
    listening = f"ss -Hltn sport = :{PORT} | grep -q ."
    container["startupProbe"] = {
        "exec": {"command": ["sh", "-c", listening]},
        "periodSeconds": 1,
        "failureThreshold": 60,
    }
    document["spec"]["hostNetwork"] = own_network
    return document


def _has_ended(pod: Object) -> bool:
    ended = pod.get("status", {}).get("phase") in ("Failed", "Succeeded")
    return ended or "deletionTimestamp" in pod["metadata"]
