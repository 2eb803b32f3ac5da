"""Which snapshot a lab may go on from, and what is said of one that does not fit."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.lab.snapshots import fitting, refuse
from testbed.orchestrators.kubernetes.pki.validity import ends_soon
from testbed.orchestrators.kubernetes.wait import stale_leases
from testbed.providers.vagrant.snapshot.snapshots import Snapshot
from tests.paper_plan import paper_plan

NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=timezone.utc)


def test_namespaces_are_refused_with_what_to_use_instead() -> None:
    with pytest.raises(TestbedError, match="only virtual machines") as raised:
        fitting("lab", "ready", paper_plan())
    assert "--nodes vagrant" in str(raised.value.fix) and "--keep" in str(raised.value.fix)


def test_what_differs_is_named_and_what_to_do() -> None:
    snapshot = Snapshot("lab", "ready", Path("/s"))
    refuse(snapshot, [])
    with pytest.raises(TestbedError, match="snapshot 'ready' of lab 'lab' does not fit") as raised:
        refuse(snapshot, ["QEMU: 7 → 8", "profile: fast → paper"])
    assert raised.value.why == "QEMU: 7 → 8; profile: fast → paper"
    assert "testbed snapshot save --force ready" in str(raised.value.fix)


def test_certificates_are_replaced_before_they_end() -> None:
    assert not ends_soon(NOW + timedelta(days=6), NOW)
    assert ends_soon(NOW + timedelta(hours=23), NOW)
    assert ends_soon(NOW - timedelta(days=30), NOW)


def lease(name: str, renewed: str) -> dict[str, object]:
    return {"metadata": {"name": name}, "spec": {"renewTime": renewed}}


def test_only_a_lease_renewed_since_counts() -> None:
    leases = [
        lease("master", "2026-11-25T12:00:01.000000Z"),
        lease("worker1", "2026-11-25T11:59:59.900000Z"),
    ]
    assert stale_leases(leases, ["master"], NOW) == []
    assert stale_leases(leases, ["master", "worker1", "worker2"], NOW) == [
        "worker1: last renewed 2026-11-25T11:59:59.900000Z",
        "worker2: last renewed never",
    ]
