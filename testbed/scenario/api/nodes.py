"""A scenario's words for nodes, their programs, links and routers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from testbed.agent.desired.routes import PROTOCOL
from testbed.backbone.build import set_link
from testbed.host.namespaces import in_netns
from testbed.lab import membership, verify
from testbed.lab.access.inside import find_link
from testbed.lab.access.reach import run_in
from testbed.orchestrators.kubernetes.api import connect
from testbed.orchestrators.kubernetes.wait import api_ready
from testbed.paths import NODES
from testbed.providers.registry import all_states, services_of
from testbed.scenario.api.context import World


class Machines(World):
    """Nodes come and go, programs end, links break."""

    def join(self, node: str) -> None:
        """Bring a cluster node up whose port is there; returns when its overlay is complete."""
        self._remember_members()
        self._join(node)

    def leave(self, node: str) -> None:
        """Take a cluster node away; returns when all others have forgotten it."""
        self._remember_members()
        self._away(node)
        self.wait(
            f"the other nodes to forget {node}",
            lambda: not any(self._knows(other.name, node) for other in self.nodes()),
        )

    _members: list[str] | None = None

    def _remember_members(self) -> None:
        """When the scenario ends, the nodes are there that were there before it."""
        if self._members is None:
            self._members = [node.name for node in self.nodes()]
            self._undo.callback(self._restore_members, self._members)

    def _restore_members(self, names: list[str]) -> None:
        for node in self.plan.cluster:
            (self._join if node.name in names else self._away)(node.name)

    def _join(self, node: str) -> None:
        if not self._there(node):
            membership.join(self.plan, [self.plan.node(node)])
        verify.cluster_complete(self.plan)

    def _away(self, node: str) -> None:
        if self._there(node):
            membership.leave(self.plan, self.plan.node(node))

    def _there(self, node: str) -> bool:
        return node in {n.name for n in self.nodes()}

    def _knows(self, node: str, other: str) -> bool:
        """Has a node still a policy towards another, or a session?"""
        status, address = self.status(node), str(self.plan.address_v6(other))
        entries = [policy.endpoint for policy in status.policies]
        return address in entries + [session.address for session in status.sessions]

    def stop(self, *programs: str) -> None:
        """End programs, e.g. "master.etcd", until they are started or the scenario ends."""
        self._undo.callback(self.start, *programs)
        for program in programs:
            services_of(_node_of(program)).stop([program])

    def start(self, *programs: str) -> None:
        """Start programs that were stopped; returns when they run, and the API server answers."""
        for program in programs:
            services_of(_node_of(program)).start([program])
        if self.plan.kubernetes:
            api_ready(connect(self.plan).client)

    def kill(self, program: str) -> None:
        """kill -9 of a program, e.g. "worker1.agent"; returns when its successor runs."""
        supervisor = services_of(_node_of(program))
        before = supervisor.states()[program]["pid"]
        supervisor.kill(program)

        def successor() -> bool:
            now = supervisor.states().get(program)  # a busy machine may not say
            return now is not None and now["statename"] == "RUNNING" and now["pid"] != before

        self.wait(f"{program} to run again", successor)

    def configuration(self, node: str) -> dict[str, Any]:
        """What a node was configured with, and which processes it runs since when."""
        files = NODES / node
        states = all_states()
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
        set_link(self.plan, link, up=False)

    def mend(self, a: str, b: str) -> None:
        """Mend a link and wait for IS-IS."""
        self._mend(a, b)

    def _mend(self, a: str, b: str) -> None:
        set_link(self.plan, find_link(self.plan, a, b), up=True)
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
            command = ["ip", family, "-j", "route", "show", "proto", str(PROTOCOL), "table", "all"]
            for route in json.loads(run_in(self.plan, node, command).stdout or "[]"):
                kept = {k: v for k, v in route.items() if k not in ("flags", "pref", "metric")}
                lines.setdefault(str(route["dst"]), []).append(json.dumps(kept, sort_keys=True))
        return {destination: sorted(found) for destination, found in sorted(lines.items())}


def _node_of(program: str) -> str:
    """worker1.kubelet is a program of worker1."""
    return program.partition(".")[0]


def _text(file: Path) -> str | None:
    return file.read_text() if file.exists() else None
