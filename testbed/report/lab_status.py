"""The status of a running lab: what `testbed status` shows, as one frozen model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from testbed.agent.contract import NodeStatus


@dataclass(frozen=True)
class ProgramLine:
    """A program of the lab: its state, its supervisor's words, and since when (local time)."""

    state: str
    description: str
    since: str

    @property
    def runs(self) -> bool:
        return self.state == "RUNNING"


@dataclass(frozen=True)
class PodLine:
    """A pod: where it is, and its addresses with their prefix lengths."""

    name: str
    node: str
    ipv4: str | None
    ipv6: str | None


@dataclass(frozen=True)
class Measured:
    """Probes between pods of different nodes: how many, the lost ones, nodes that have no pod.

    Each is a short packet, and one as long as the pods' MTU.
    """

    probes: int
    lost: tuple[str, ...] = ()
    without_pod: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.probes:
            return "there are no two nodes with pods"
        arrived = f"{self.probes - len(self.lost)} of {self.probes} probes"
        said = f"{arrived} between pods of different nodes arrived, short and long"
        missing = ", ".join(self.without_pod)
        return said + (f"; nothing to measure on {missing}, without a pod" if missing else "")


@dataclass(frozen=True)
class LabStatus:
    """What is there, and what is not as wanted and why.

    `box`: what virtual machines were made from. `nodes`: what each cluster node's agent reported
    last, None before its first report. `measured`: None where no probe was asked for.
    """

    topology: str
    profile: str
    box: Mapping[str, str] | None
    routers: tuple[str, ...]
    hosts: tuple[str, ...]
    nodes: Mapping[str, NodeStatus | None]
    pods: tuple[PodLine, ...]
    programs: Mapping[str, ProgramLine]
    problems: tuple[str, ...]
    measured: Measured | None = None

    def to_json(self) -> dict[str, object]:
        """The stable JSON of `testbed status --format json`."""
        return {
            "topology": self.topology,
            "profile": self.profile,
            "box": self.box,
            "routers": list(self.routers),
            "hosts": list(self.hosts),
            "nodes": {name: status and status.to_json() for name, status in self.nodes.items()},
            "pods": [asdict(pod) for pod in self.pods],
            "programs": {name: asdict(program) for name, program in self.programs.items()},
            "problems": list(self.problems),
            "measured": self.measured and asdict(self.measured),
        }
