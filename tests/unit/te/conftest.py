"""The paper's plan as the shipped topology gives it."""

from __future__ import annotations

import pytest

from testbed.plan.model import Plan
from tests.shipped_plans import shipped_plan


@pytest.fixture(scope="session")
def full() -> Plan:
    return shipped_plan("full")
