"""What the rest of the testbed knows of the programs that carry pods' packets between nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from testbed.host.progress import Progress
from testbed.kube.documents import KubeObject
from testbed.plan.model import Node, Plan
from testbed.providers.base import NodeHandle


@dataclass(frozen=True)
class CniFiles:
    """What the container runtime of a node needs: absolute path → text, or link target."""

    files: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)


class NodeOverlay(Protocol):
    """Chosen by testbed.orchestrators.overlays.registry. Every call raises TestbedError."""

    pods_at_start: bool  # can `up` start a pod on every node by itself?
    own_definitions: bool  # do the CRDs of IPPools and BGP come with it?

    def fetch(self, say: Callable[[str], None]) -> None:
        """Have at hand what it is installed from; outside of any lab."""

    def cni(self, configuration: str, node: NodeHandle) -> CniFiles:
        """What makes a node's container runtime call it; `configuration` is our own plugin's."""

    def start(self, nodes: Sequence[Node], gobgpd: Path) -> None:
        """Start its programs on nodes that are configured."""

    def objects(self, plan: Plan) -> list[KubeObject]:
        """The objects of the plan that it reads from the start, of our definitions."""

    def install(self, plan: Plan, progress: Progress) -> None:
        """Install what runs as pods; the API server answers."""

    def problems(self, plan: Plan) -> list[str]:
        """What keeps it from being complete, in words."""
