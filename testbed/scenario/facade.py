"""What a scenario can do to a lab. Everything it changes is put back when it ends."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

from testbed.backbone.build import set_link
from testbed.errors import TestbedError
from testbed.host.namespaces import in_netns
from testbed.host.run import in_netns as enter
from testbed.host.run import run
from testbed.host.wait import wait_for
from testbed.lab import members, pods, policies, verify
from testbed.lab.inside import find_link
from testbed.nodes import cluster, supervision
from testbed.nodes.pods import Pod
from testbed.plan.model import Plan
from testbed.prove.stream import Stream
from testbed.scenario.check import Check
from testbed.scenario.paths import PathCheck
from testbed.srpolicy.change import PolicyChange
from testbed.srpolicy.model import SRPolicy
from testbed.te.load import load_configmaps, load_policy_file

POLICIES = Path(__file__).resolve().parents[2] / "scenarios" / "policies"


class Testbed:
    """A running lab, as a scenario sees it."""

    __test__ = False

    def __init__(self, plan: Plan, check: Check, evidence: Path, policy: Path | None) -> None:
        self.plan, self.check, self.evidence = plan, check, evidence
        self.policy_file = policy  # the user's own, or None
        self._undo = ExitStack()
        self._pods = itertools.count(1)
        self._proofs = itertools.count(1)
        self.api = members.api(plan)

    @contextmanager
    def restored(self) -> Iterator[None]:
        """Undo what the scenario did, also when it fails."""
        with self._undo:
            yield

    # -- pods and traffic ---------------------------------------------------------------------

    def pod(self, node: str) -> Pod:
        """A new pod on a cluster node, removed when the scenario ends."""
        pod = pods.create(self.plan, f"t{next(self._pods)}-{node}", node)
        self._undo.callback(pods.delete, self.plan, pod.name)
        return pod

    @contextmanager
    def short_lived_pod(self, node: str) -> Iterator[Pod]:
        """A pod for a `with` block only."""
        pod = pods.create(self.plan, f"t{next(self._pods)}-{node}", node)
        try:
            yield pod
        finally:
            pods.delete(self.plan, pod.name)

    def pod_mtu(self, pod: Pod) -> int:
        """MTU of the pod's interface, in bytes, as its kernel has it."""
        command = ["ip", "-j", "link", "show", "dev", "eth0"]
        return int(json.loads(run(enter(pod.netns, command)).stdout)[0]["mtu"])

    def traffic(self, source: Pod, destination: Pod, rate: int = 1000, family: int = 4) -> Stream:
        """A numbered stream, `rate` packets per second, for a `with` block."""
        return Stream(source.netns, destination.netns, self.address(destination, family), rate)

    def address(self, end: Pod | str, family: int) -> IPv4Address | IPv6Address:
        """The address of a pod or node. Raises TestbedError if it has none of this family."""
        if isinstance(end, Pod):
            address = end.address(family)
        else:
            address = self.plan.address_v6(end) if family == 6 else self.plan.address_v4(end)
        if address is None:
            raise TestbedError(f"{end} has no IPv{family} address")
        return address

    def path(self, source: Pod | str, destination: Pod | str, family: int) -> PathCheck:
        """A proof of path: `testbed.path(a, b, 4).uses_segments("r6", "r8")`."""
        number = next(self._proofs)
        return PathCheck(
            self.plan, self.check, source, destination, family, self.evidence / f"path-{number}"
        )

    # -- traffic engineering ------------------------------------------------------------------

    def inject(self, file: str | Path, force: bool = False) -> list[PolicyChange]:
        """Announce the SR Policies of a file over BGP (a name means scenarios/policies/)."""
        changes, _ = load_policy_file(self.plan, _policy_path(file), force)
        policies.inject(self.plan, changes)
        self._undo.callback(policies.withdraw, self.plan, [c.policy for c in changes])
        for change in changes:
            self._wait_announced(change)
        return changes

    def withdraw(self, changes: list[PolicyChange]) -> None:
        """Take the policies back; returns when no head end has them any more."""
        policies.withdraw(self.plan, [c.policy for c in changes])
        for change in changes:
            self.wait_policy(change.policy, present=False)

    def apply(self, file: str | Path) -> list[dict[str, Any]]:
        """Apply TE ConfigMaps."""
        documents, _ = load_configmaps(self.plan, _policy_path(file))
        policies.apply_objects(self.api, documents)
        self._undo.callback(self.unapply, documents)
        return documents

    def unapply(self, documents: list[dict[str, Any]]) -> None:
        """Delete TE ConfigMaps."""
        policies.delete_objects(self.api, documents)

    def mode(self, mode: str) -> None:
        """Switch the TE source of every node: bgp or configmap."""
        self._undo.callback(cluster.write_te_mode, self.plan.te_mode, self.api)
        cluster.write_te_mode(mode, self.api)
        self.wait(
            f"TE mode {mode} everywhere",
            lambda: all(self.status(n.name)["te_mode"] == mode for n in self.nodes()),
        )

    def chosen(self, head_end: str, endpoint: str, family: int) -> dict[str, Any]:
        """The policy that a head end uses towards a node (an entry of its status)."""
        address = str(self.plan.address_v6(endpoint))
        for policy in self.status(head_end)["policies"]:
            if policy["chosen"] and (policy["endpoint"], policy["family"]) == (address, family):
                return dict(policy)
        return {"source": "none", "segment_lists": []}

    def first_segment(self, head_end: str, endpoint: str, family: int) -> str | None:
        """The first segment in use towards a node."""
        lists = self.chosen(head_end, endpoint, family)["segment_lists"]
        return str(lists[0]["segments"][0]) if lists else None

    def wait_chosen(self, head_end: str, endpoint: str, family: int, source: str) -> None:
        """Wait until a head end uses a policy of this source (best-effort, bgp, configmap)."""
        self.wait(
            f"{head_end} to use {source} towards {endpoint} for IPv{family}",
            lambda: self.chosen(head_end, endpoint, family)["source"] == source,
            lambda: json.dumps(self.chosen(head_end, endpoint, family)),
        )

    def _wait_announced(self, change: PolicyChange) -> None:
        if not change.withdraw and change.candidate is not None:
            self.wait_policy(change.policy, present=True, head_ends=change.candidate.head_ends)

    def wait_policy(self, policy: SRPolicy, present: bool, head_ends: tuple[str, ...] = ()) -> None:
        """Wait until the head ends (default: all but the endpoint) have the policy, or not."""
        owner = self.plan.owner(policy.endpoint)
        names = head_ends or tuple(n.name for n in self.nodes() if n.name != owner)
        self.wait(
            f"{policy} to be {'present' if present else 'gone'} at {', '.join(names)}",
            lambda: all(self._has(name, policy) is present for name in names),
        )

    def _has(self, head_end: str, policy: SRPolicy) -> bool:
        wanted = (policy.distinguisher, policy.color, str(policy.endpoint))
        return any(
            (p["distinguisher"], p["color"], p["endpoint"]) == wanted and p["source"] == "bgp"
            for p in self.status(head_end)["policies"]
        )

    # -- nodes, links, routers ----------------------------------------------------------------

    def nodes(self) -> list[Any]:
        """The cluster nodes that are there."""
        return cluster.present(self.plan)

    def status(self, node: str) -> dict[str, Any]:
        """What the node's agent reported last."""
        return verify.agent_status(node) or {"policies": [], "te_mode": None, "generation": -1}

    def join(self, node: str) -> None:
        """Bring a cluster node up whose port is there; returns when its overlay is complete."""
        members.join(self.plan, [self.plan.node(node)])
        self._undo.callback(members.leave, self.plan, self.plan.node(node))
        verify.cluster_complete(self.plan)

    def configuration(self, node: str) -> dict[str, Any]:
        """What a node was configured with, and which processes it runs since when."""
        files = cluster.NODES / node
        states = supervision.all_states()
        return {
            "agent.json": _text(files / "agent.json"),
            "programs": {
                name: (info["pid"], info["start"])
                for name, info in states.items()
                if name.startswith(f"{node}.")
            },
        }

    def cut(self, a: str, b: str) -> None:
        """Cut a link; it is mended when the scenario ends."""
        link = find_link(self.plan, a, b)
        self._undo.callback(self._mend, a, b)
        set_link(link, up=False)

    def mend(self, a: str, b: str) -> None:
        """Mend a link and wait for IS-IS."""
        self._mend(a, b)

    def _mend(self, a: str, b: str) -> None:
        set_link(find_link(self.plan, a, b), up=True)
        verify.backbone_converged(self.plan)

    def set_seg6(self, router: str, enabled: bool) -> None:
        """Let a router process SRHs or not (seg6_enabled on all its interfaces)."""
        self._write_seg6(router, enabled)
        if not enabled:
            self._undo.callback(self._write_seg6, router, True)

    def _write_seg6(self, router: str, enabled: bool) -> None:
        with in_netns(router):
            for file in Path("/proc/sys/net/ipv6/conf").glob("*/seg6_enabled"):
                file.write_text("1" if enabled else "0")

    def routes(self, node: str) -> dict[str, list[str]]:
        """The node's overlay routes, normalised: destination → encapsulation, for comparing."""
        lines: dict[str, list[str]] = {}
        for family in ("-4", "-6"):
            command = ["ip", family, "-j", "route", "show", "proto", "201", "table", "all"]
            for route in json.loads(run(enter(node, command)).stdout or "[]"):
                kept = {k: v for k, v in route.items() if k not in ("flags", "pref", "metric")}
                lines.setdefault(str(route["dst"]), []).append(json.dumps(kept, sort_keys=True))
        return {destination: sorted(found) for destination, found in sorted(lines.items())}

    def wait(
        self,
        what: str,
        condition: Callable[[], bool],
        seen: Callable[[], str] = lambda: "not yet",
        timeout: float = 30,
    ) -> None:
        """Wait for a named condition. Raises CheckFailed with the last state."""
        wait_for(what, lambda: (True if condition() else None, seen()), timeout, interval=0.01)

    def keep(self, name: str, value: Any) -> None:
        """Write a piece of evidence."""
        text = value if isinstance(value, str) else json.dumps(value, indent=1, default=str)
        (self.evidence / name).write_text(text)


def _text(file: Path) -> str | None:
    return file.read_text() if file.exists() else None


def _policy_path(file: str | Path) -> Path:
    path = Path(file)
    return path if path.is_absolute() or path.exists() else POLICIES / path
