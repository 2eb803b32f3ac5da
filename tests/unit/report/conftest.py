"""Shipped topologies as plans."""

from __future__ import annotations

import pytest

from testbed.plan.model import Plan
from testbed.topology.load import load_plan


@pytest.fixture(scope="session")
def full() -> Plan:
    return load_plan("full")


@pytest.fixture(scope="session")
def grid() -> Plan:
    return load_plan("grid", params={"rows": "4", "columns": "5"})


@pytest.fixture(scope="session")
def basic() -> Plan:
    return load_plan("basic")
