"""Plans of shipped topologies, each evaluated once per run: that takes a process of its own."""

from __future__ import annotations

from functools import cache

from testbed.plan.model import Plan, Profile
from testbed.topology.load import load_plan


@cache
def shipped_plan(topology: str, profile: Profile = "fast", **params: str) -> Plan:
    """A plan cannot be changed, so all tests may have the same."""
    return load_plan(topology, profile, params)
