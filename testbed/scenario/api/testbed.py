"""What a scenario can do to a lab. Everything it changes is put back when it ends."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from testbed.lab.access.locate import run_in
from testbed.orchestrators.pod import Pod
from testbed.orchestrators.registry import orchestrator_of
from testbed.plan.model import Plan
from testbed.prove.in_lab import stream
from testbed.prove.stream import Stream
from testbed.scenario.api.check import Check
from testbed.scenario.api.nodes import Machines
from testbed.scenario.api.paths import PathCheck
from testbed.scenario.api.pools import Pools
from testbed.scenario.api.second_lab import Neighbours
from testbed.scenario.api.steering import Steering
from testbed.scenario.api.workloads import Workloads

__all__ = ["Testbed"]


class Testbed(Steering, Machines, Workloads, Neighbours, Pools):
    """A running lab, as a scenario sees it."""

    __test__ = False

    def __init__(self, plan: Plan, check: Check, evidence: Path, policy: Path | None) -> None:
        super().__init__(plan, check, evidence, policy)
        self._pods = itertools.count(1)
        self._proofs = itertools.count(1)

    def pod(self, node: str) -> Pod:
        """A new pod on a cluster node, removed when the scenario ends."""
        pod = orchestrator_of(self.plan).create_pod(self.plan, f"t{next(self._pods)}-{node}", node)
        self._undo.callback(self._delete, pod)
        return pod

    def _delete(self, pod: Pod) -> None:
        if pod in orchestrator_of(self.plan).pods(
            self.plan
        ):  # its node may have left, or been drained
            orchestrator_of(self.plan).delete_pod(self.plan, pod.name)

    @contextmanager
    def short_lived_pod(self, node: str) -> Iterator[Pod]:
        """A pod for a `with` block only."""
        pod = orchestrator_of(self.plan).create_pod(self.plan, f"t{next(self._pods)}-{node}", node)
        try:
            yield pod
        finally:
            orchestrator_of(self.plan).delete_pod(self.plan, pod.name)

    def pod_mtu(self, pod: Pod) -> int:
        """MTU of the pod's interface, in bytes, as its kernel has it."""
        command = ["ip", "-j", "link", "show", "dev", "eth0"]
        return int(json.loads(run_in(self.plan, pod.netns, command).stdout)[0]["mtu"])

    def traffic(self, source: Pod, destination: Pod, rate: int = 1000, family: int = 4) -> Stream:
        """A numbered stream, `rate` packets per second, for a `with` block."""
        return stream(self.plan, source, destination, self.address(destination, family), rate)

    def path(
        self,
        source: Pod | str,
        destination: Pod | str,
        family: int,
        through: IPv4Address | IPv6Address | None = None,
    ) -> PathCheck:
        """A proof of path: `testbed.path(a, b, 4).uses_segments("r6", "r8")`.

        `through`: the address of a Service whose only server is `destination`.
        """
        evidence = self.evidence / f"path-{next(self._proofs)}"
        return PathCheck(self.plan, self.check, source, destination, family, evidence, through)
