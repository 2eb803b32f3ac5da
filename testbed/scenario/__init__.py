"""Scenarios: what a file in scenarios/ sees, how it is run, and what is kept of it."""

from __future__ import annotations

from testbed.orchestrators.pod import Pod
from testbed.scenario.api.check import Check
from testbed.scenario.api.manifests import Deployment, Service
from testbed.scenario.api.testbed import Testbed
from testbed.scenario.run.registry import scenario

__all__ = ["Check", "Deployment", "Pod", "Service", "Testbed", "scenario"]
