"""The API as one node's agent sees it, whichever kind it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from testbed.agent.config import AgentConfig, DirectoryAt
from testbed.agent.contract import NodeStatus
from testbed.agent.desired.te_config import Refusal
from testbed.agent.ipam.blocks import BlockClaims
from testbed.agent.model.objects import Objects
from testbed.agent.model.pod_wish import PodMetadata


class Source(BlockClaims, Protocol):
    """The API as one node's agent sees it. Safe for use by several threads."""

    def start(self, on_change: Callable[[Objects], None]) -> None:
        """Call `on_change` with all objects, and again after every change, from other threads.

        Objects that are not `complete` come only with the problem that keeps them so.
        """

    def register(self) -> None:
        """Make this node known, if that is the agent's business. Raises TestbedError."""

    def pod(self, namespace: str, name: str, /) -> PodMetadata:
        """What is said of a pod that is being attached. Raises TestbedError."""

    def report(self, status: NodeStatus, refusals: Iterable[Refusal]) -> None:
        """Show the users of this API what became of what they asked for; returns at once."""


def open_source(config: AgentConfig) -> Source:
    """The source that agent.json names; TestbedError when it can never work."""
    if isinstance(config.source, DirectoryAt):
        from testbed.agent.api.directory_source import DirectorySource

        return DirectorySource(config, config.source.path)
    from testbed.agent.api.kubernetes_source import KubernetesSource  # its imports cost 30 ms

    return KubernetesSource(config.node, config.source.kubeconfig)
