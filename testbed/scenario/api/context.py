"""What every part of a scenario's Testbed works on: the lab, waiting, evidence, putting back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import TypeVar

from testbed.agent.contract import NodeStatus
from testbed.errors import TestbedError
from testbed.host.wait import wait_for
from testbed.orchestrators.agent_status import agent_status
from testbed.orchestrators.pod import Pod
from testbed.orchestrators.registry import orchestrator_of
from testbed.paths import POLICIES
from testbed.plan.model import Node, Plan
from testbed.providers.members import present
from testbed.scenario.api.check import Check, NoSuchFamily
from testbed.scenario.clients.host_proxy import HostProxy

T = TypeVar("T")
MANY = 300.0  # seconds for very many changes on very many nodes


class Context:
    """A running lab, and what will be put back when the scenario ends.

    `policy_file`: the user's own, or None; `policies`: where those are that scenarios name. `lab`
    and `topology`: the names that the run was started with. `host_proxy` runs commands outside of
    the lab.
    """

    def __init__(
        self,
        plan: Plan,
        check: Check,
        evidence: Path,
        policy_file: Path | None = None,
        policies: Path = POLICIES,
        lab: str = "",
        topology: str = "",
        host_proxy: HostProxy | None = None,
    ) -> None:
        self.plan, self.check, self.evidence = plan, check, evidence
        self.policy_file, self.policies = policy_file, policies
        self.lab, self.topology, self.host_proxy = lab, topology, host_proxy
        self.orchestrator = orchestrator_of(plan)
        self.api = self.orchestrator.api(plan)
        self.undo = ExitStack()

    @contextmanager
    def restored(self) -> Iterator[None]:
        """Undo what the scenario did, also when it fails: then its own failure is what counts."""
        failed = True
        try:
            yield
            failed = False
        finally:
            try:
                self.undo.close()
            except TestbedError as error:
                if not failed:
                    raise
                self.keep("not-put-back.txt", f"{error}\n")

    def present_nodes(self) -> list[Node]:
        """The cluster nodes that have joined."""
        return present(self.plan)

    def status(self, node: str) -> NodeStatus:
        """What the node's agent reported last."""
        return agent_status(node) or NodeStatus(node)

    def pod_families(self) -> tuple[int, ...]:
        """The families of which pods have addresses: 4, 6 or both."""
        pools = self.plan.pools
        return tuple(f for f, pool in ((4, pools.pods_v4), (6, pools.pods_v6)) if pool)

    def require_family(self, family: int, *ends: Pod | str) -> None:
        """Raises NoSuchFamily if one of the ends is a pod and pods have no such addresses."""
        if family not in self.pod_families() and any(isinstance(end, Pod) for end in ends):
            raise NoSuchFamily(f"pods of {self.plan.topology} have no IPv{family} addresses")

    def address(self, end: Pod | str, family: int) -> IPv4Address | IPv6Address:
        """The address of a pod or node. Raises TestbedError if it has none of this family."""
        self.require_family(family, end)
        if isinstance(end, Pod):
            address = end.address(family)
        else:
            address = self.plan.address_v6(end) if family == 6 else self.plan.address_v4(end)
        if address is None:
            raise TestbedError(f"{end} has no IPv{family} address")
        return address

    def wait(
        self,
        what: str,
        condition: Callable[[], bool],
        seen: Callable[[], str] = lambda: "not yet",
        timeout: float = 30,
    ) -> None:
        """Wait for a named condition. Raises CheckFailed with the last state."""
        self.wait_for(what, lambda: (True if condition() else None, seen()), timeout, 0.01)

    def wait_for(
        self,
        what: str,
        probe: Callable[[], tuple[T | None, str]],
        timeout: float,
        interval: float = 0.02,
        fix: str | None = None,
    ) -> T:
        """testbed.host.wait.wait_for, with the patience that this lab needs."""
        factor = self.plan.slowness
        return wait_for(what, probe, timeout * factor, interval * factor, fix)

    def wait_on_each_node(
        self, what: str, seen: Callable[[str], int], wanted: Mapping[str, int]
    ) -> None:
        """Wait until of each node (by name) so many are seen. Raises CheckFailed.

        A node that has been right once is not asked again: the statuses of many are long.
        """
        left = list(wanted)

        def probe() -> tuple[bool | None, str]:
            while left:
                node = left[0]
                count = seen(node)
                if count != wanted[node]:
                    return None, f"{node}: {count} of {wanted[node]}; {len(left)} nodes are left"
                left.pop(0)
            return True, ""

        self.wait_for(what, probe, MANY, 0.1)

    def keep(self, name: str, value: object) -> None:
        """Write a piece of evidence."""
        text = value if isinstance(value, str) else json.dumps(value, indent=1, default=str)
        (self.evidence / name).write_text(text)


def netns_of(end: Pod | str) -> str:
    """The name of the network namespace of a pod or node."""
    return end.netns if isinstance(end, Pod) else end
