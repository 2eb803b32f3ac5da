"""Which certificates are replaced at a given moment, and what is said of it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from testbed.orchestrators.kubernetes.pki import authorities, certificates
from testbed.orchestrators.kubernetes.pki.authorities import Keys
from testbed.orchestrators.kubernetes.pki.validity import why_due
from testbed.orchestrators.kubernetes.renewal import why_renew

NOW = datetime(2031, 1, 1, tzinfo=timezone.utc)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return authorities.ensure_keys(tmp_path_factory.mktemp("keys"), NOW, print)


def issued(keys: Keys, lifetime: timedelta) -> str:
    return authorities.issue(keys, certificates.ADMIN, NOW, lifetime).certificate


@pytest.mark.parametrize(
    ("lifetime", "age", "said"),
    [
        (90 * DAY, timedelta(0), ""),
        (90 * DAY, DAY, ""),
        (90 * DAY, 30 * DAY, ""),
        (90 * DAY, 88 * DAY + 23 * HOUR, ""),
        (90 * DAY, 89 * DAY + HOUR, "it ends on 2031-04-01 00:00 UTC"),
        (90 * DAY, 365 * DAY, "it ended on 2031-04-01 00:00 UTC"),
        (HOUR, HOUR, "it ended on 2031-01-01 01:00 UTC"),
        (90 * DAY, -DAY, "it is valid from 2030-12-31 23:50 UTC on only"),
    ],
)
def test_age_decides(keys: Keys, lifetime: timedelta, age: timedelta, said: str) -> None:
    assert why_due(issued(keys, lifetime), NOW + age) == said


def test_what_is_no_certificate_is_due() -> None:
    assert why_due("", NOW) == why_due("garbage", NOW) == "it holds no whole certificate"


def test_a_node_that_trusts_other_authorities_is_renewed(keys: Keys, tmp_path: Path) -> None:
    others = authorities.ensure_keys(tmp_path / "others", NOW, print)
    trusted = keys.cluster.certificate + keys.etcd.certificate
    held = issued(keys, 90 * DAY) + trusted
    assert why_renew(held, trusted, NOW) == ""
    assert why_renew(held, trusted, NOW + 91 * DAY).startswith("it ended on")
    strange = others.cluster.certificate + keys.etcd.certificate
    assert why_renew(held, strange, NOW) == "the lab's authorities are new"
    assert why_renew("", trusted, NOW) == "the lab's authorities are new"
