"""The paper's plan as the shipped topology gives it."""

from __future__ import annotations

import pytest

from testbed.plan.model import Plan
from testbed.topology.load import load_plan


@pytest.fixture(scope="session")
def full() -> Plan:
    return load_plan("full")
