"""Who may ask the API server, in a lab that grows old."""

from __future__ import annotations

import stat
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.kube import kubeconfig
from testbed.orchestrators.kubernetes import users
from testbed.orchestrators.kubernetes.pki import authorities, x509
from tests.unit.orchestrators.kubernetes.cluster_plans import cluster_plan

PLAN = cluster_plan()
NOW = datetime(2031, 1, 1, tzinfo=timezone.utc)
DAY = timedelta(days=1)


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A lab that was brought up at NOW: users/ and keys/."""
    keys = authorities.ensure_keys(tmp_path / "keys", NOW, print)
    users.write(tmp_path / "users", PLAN, keys.cluster, NOW)
    return tmp_path


def ensure(lab: Path, now: datetime) -> None:
    users.ensure_administrator(lab / "users", PLAN, lab / "keys", now)


def test_all_can_connect_and_bootstrap_only_for_an_hour(lab: Path) -> None:
    lifetimes = {"admin": 90 * DAY, "te-engine": 90 * DAY, "bootstrap": timedelta(hours=1)}
    for name, lifetime in lifetimes.items():
        assert kubeconfig.load(lab / f"users/{name}.conf").host == "fd10::1000"
        assert x509.expiry((lab / f"users/{name}.crt").read_text()) == NOW + lifetime
        assert stat.S_IMODE((lab / f"users/{name}.conf").stat().st_mode) == 0o600


@pytest.mark.parametrize("days", [0, 1, 30, 88])
def test_a_certificate_that_lasts_is_kept(lab: Path, days: int) -> None:
    before = {p.name: p.read_text() for p in (lab / "users").iterdir()}
    ensure(lab, NOW + days * DAY)
    assert {p.name: p.read_text() for p in (lab / "users").iterdir()} == before


@pytest.mark.parametrize("days", [90, 120, 300])
def test_the_administrator_of_an_old_lab_gets_a_new_one(lab: Path, days: int) -> None:
    bootstrap, now = (lab / "users/bootstrap.conf").read_text(), NOW + days * DAY
    ensure(lab, now)
    certificate = (lab / "users/admin.crt").read_text()
    assert x509.expiry(certificate) == min(now + 90 * DAY, NOW + 365 * DAY)
    assert kubeconfig.load(lab / "users/admin.conf").host == "fd10::1000"
    assert x509.expiry((lab / "users/te-engine.crt").read_text()) == x509.expiry(certificate)
    assert (lab / "users/bootstrap.conf").read_text() == bootstrap, "only `up` is given that"


def test_an_authority_that_has_ended_signs_nothing(lab: Path) -> None:
    with pytest.raises(TestbedError, match="the lab's authority cannot sign") as refused:
        ensure(lab, NOW + 366 * DAY)
    assert "valid until 2032-01-01" in str(refused.value.why)
    assert "testbed up" in str(refused.value.fix)


def test_an_authority_that_the_server_does_not_trust_signs_nothing(lab: Path) -> None:
    (lab / "keys/ca.pem").unlink()
    authorities.ensure_keys(lab / "keys", NOW, print)
    with pytest.raises(TestbedError, match="cannot sign") as refused:
        ensure(lab, NOW + 100 * DAY)
    assert refused.value.why == "the API server trusts another one"
    (lab / "keys/ca.pem").unlink()
    with pytest.raises(TestbedError, match="cannot sign") as refused:
        ensure(lab, NOW + 100 * DAY)
    assert refused.value.why == "it is absent"
