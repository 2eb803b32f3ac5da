"""What differs from what was applied is given to `ip`; in doubt the kernel is looked at."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from ipaddress import IPv6Address

import pytest

from testbed.agent.dataplane import linux as dataplane
from testbed.agent.dataplane.linux import Linux
from testbed.agent.desired.overlays.devices import Tunnels
from testbed.agent.desired.routes import Hop, Route

STAYS, OLD = Route("fd00:1::/64", (Hop("up"),)), Route("fd00:2::/64", (Hop("up"),))
NEW, GOES = Route("fd00:2::/64", (Hop("other"),)), Route("10.0.0.0/24", (Hop("up"),))


class Ip:
    """Stands for `ip`: keeps what it is told, and may complain."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.complaint = ""

    def __call__(self, argv: Sequence[str], stdin: str = "") -> subprocess.CompletedProcess[str]:
        self.told += stdin.splitlines()
        return subprocess.CompletedProcess(argv, 0, "", self.complaint)


@pytest.fixture
def ip(monkeypatch: pytest.MonkeyPatch) -> Ip:
    found = Ip()
    monkeypatch.setattr(dataplane, "attempt", found)
    return found


@pytest.fixture
def linux() -> Linux:
    """After a round in which all was as wanted."""
    found = Linux("up", IPv6Address("fd00::1"))
    found._applied, found._beside = (STAYS, OLD, GOES), (None, "", Tunnels())
    return found


def test_only_the_difference_is_told(ip: Ip, linux: Linux) -> None:
    assert linux.apply_difference((STAYS, NEW), None, "")
    assert ip.told == [
        "route replace fd00:2::/64 proto 201 dev other",
        "route del 10.0.0.0/24 proto 201",
    ]
    assert linux.apply_difference((STAYS, NEW), None, "") and len(ip.told) == 2


def test_more_than_routes_is_not_for_it(ip: Ip, linux: Linux) -> None:
    assert not linux.apply_difference((STAYS,), None, "add table …")
    assert not Linux("up", IPv6Address("fd00::1")).apply_difference((), None, "")
    assert not ip.told


def test_after_a_complaint_the_kernel_is_looked_at(ip: Ip, linux: Linux) -> None:
    ip.complaint = "RTNETLINK answers: No such device\nCommand failed -:1\n"
    assert not linux.apply_difference((STAYS, NEW, GOES), None, "")
    ip.complaint = ""
    assert not linux.apply_difference((STAYS, NEW, GOES), None, "")
