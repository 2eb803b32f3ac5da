"""A joining node writes its own Node object into the directory that plays the API."""

from __future__ import annotations

from pathlib import Path

from testbed.agent.api.publish import publish_once
from testbed.agent.config import AgentConfig
from testbed.api_objects import node_object


def register(config: AgentConfig, directory: Path) -> None:
    """Write the Node object unless somebody has; raises TestbedError when it cannot be written."""
    addresses = [a for a in (config.address_v6, config.address_v4) if a]
    node = node_object(config.node, addresses)
    publish_once(directory / f"Node.{config.node}.json", node)
