"""What every group of a scenario's words stands on: the lab, waiting, putting back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any, TypeVar

from testbed.agent.contract import NodeStatus
from testbed.errors import TestbedError
from testbed.host.wait import wait_for
from testbed.lab import membership, verify
from testbed.orchestrators import agents
from testbed.orchestrators.light.pods import Pod
from testbed.plan.model import Node, Plan
from testbed.scenario.api.check import Check

T = TypeVar("T")


class World:
    """A running lab, and what will be put back when the scenario ends."""

    def __init__(self, plan: Plan, check: Check, evidence: Path, policy: Path | None) -> None:
        self.plan, self.check, self.evidence = plan, check, evidence
        self.policy_file = policy  # the user's own, or None
        self.api = membership.api(plan)
        self._undo = ExitStack()

    @contextmanager
    def restored(self) -> Iterator[None]:
        """Undo what the scenario did, also when it fails: then its own failure is what counts."""
        failed = True
        try:
            yield
            failed = False
        finally:
            try:
                self._undo.close()
            except TestbedError as error:
                if not failed:
                    raise
                self.keep("not-put-back.txt", f"{error}\n")

    def nodes(self) -> list[Node]:
        """The cluster nodes that are there."""
        return agents.present(self.plan)

    def status(self, node: str) -> NodeStatus:
        """What the node's agent reported last."""
        return verify.agent_status(node) or NodeStatus(node)

    def address(self, end: Pod | str, family: int) -> IPv4Address | IPv6Address:
        """The address of a pod or node. Raises TestbedError if it has none of this family."""
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
        factor = self.plan.patience
        return wait_for(what, probe, timeout * factor, interval * factor, fix)

    def keep(self, name: str, value: Any) -> None:
        """Write a piece of evidence."""
        text = value if isinstance(value, str) else json.dumps(value, indent=1, default=str)
        (self.evidence / name).write_text(text)
