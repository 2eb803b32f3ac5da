"""Shipped topologies as plans."""

from __future__ import annotations

import pytest

from testbed.plan.model import Plan
from tests.shipped_plans import shipped_plan


@pytest.fixture(scope="session")
def full() -> Plan:
    return shipped_plan("full")


@pytest.fixture(scope="session")
def grid() -> Plan:
    return shipped_plan("grid", rows="4", columns="5")


@pytest.fixture(scope="session")
def basic() -> Plan:
    return shipped_plan("basic")
