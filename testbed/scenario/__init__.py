"""Scenarios: what a file in scenarios/ sees, how it is run, and what is kept of it."""

from __future__ import annotations

from testbed.scenario.check import Check
from testbed.scenario.facade import Testbed
from testbed.scenario.registry import scenario

__all__ = ["Check", "Testbed", "scenario"]
