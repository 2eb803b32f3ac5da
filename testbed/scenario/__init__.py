"""Scenarios: what a file in scenarios/ sees, how it is run, and what is kept of it."""

from __future__ import annotations

from testbed.scenario.api.check import Check
from testbed.scenario.api.testbed import Testbed
from testbed.scenario.run.registry import scenario

__all__ = ["Check", "Testbed", "scenario"]
