"""A router's detours: they come when BFD tells of a silent link, and go when IS-IS left it."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network
from types import SimpleNamespace

import pytest

from testbed.backbone.repair import detour_table, ip_commands
from testbed.backbone.repair.detour_table import DetourTable
from testbed.backbone.repair.kernel import RouterKernel
from testbed.engine.linkstate.lsp import Prefix
from testbed.engine.repair.routes import TABLE, Place, RepairRoute
from tests.shipped_plans import shipped_plan

FAR, NEAR = ip_network("fcff:8::1/128"), ip_network("fcff:7::1/128")


class FakeRouter(RouterKernel):
    """r6, which has backups by r7; what `ip` is told, without the beginning."""

    def __init__(self) -> None:
        super().__init__("r6")
        self.main: dict[Prefix, frozenset[str]] = {
            FAR: frozenset({"r6-r8"}),
            NEAR: frozenset({"r6-r7"}),
        }
        self.told: list[str] = []

    def backups(self) -> dict[Prefix, RepairRoute]:
        return {FAR: RepairRoute(Place(TABLE, FAR, "r6-r7"), "via fe80::7")}

    def run(self, command: Sequence[str], stdin: str = "", check: bool = True) -> SimpleNamespace:
        assert not check
        self.told += stdin.splitlines() or [" ".join(command[3:8])]
        return SimpleNamespace(returncode=0)


@pytest.fixture
def router(monkeypatch: pytest.MonkeyPatch) -> FakeRouter:
    fake = FakeRouter()
    monkeypatch.setattr(ip_commands, "run", fake.run)
    monkeypatch.setattr(detour_table, "run", fake.run)
    monkeypatch.setattr(detour_table, "by_isis", lambda _: fake.main)
    monkeypatch.setattr(DetourTable, "_prefixes", lambda _: frozenset(fake.main))
    return fake


@pytest.fixture
def table(router: FakeRouter) -> DetourTable:
    found = DetourTable(shipped_plan("full"), router)
    found.update()
    assert router.told == [
        "-6 route flush table 204",  # of a program before this one
        "-4 route flush table 204",
        "-6 rule add pref 30000",
        "-4 rule add pref 30000",
    ]
    router.told.clear()
    return found


DETOUR = f"route replace {FAR} via fe80::7 dev r6-r7 table 204 proto 203"
GONE = f"route del {FAR} table 204 proto 203"


def test_a_detour_comes_once_and_goes_when_isis_has_left_the_link(
    table: DetourTable, router: FakeRouter
) -> None:
    table.tell("r6-r8", silent=True)
    table.update()
    assert router.told == [DETOUR]
    router.main[FAR] = frozenset({"r6-r7"})
    table.update()
    assert router.told == [DETOUR, GONE]
    router.main[FAR] = frozenset({"r6-r8"})  # used again, before its session is up
    table.update()
    assert router.told == [DETOUR, GONE]


def test_it_goes_when_packets_pass_again(table: DetourTable, router: FakeRouter) -> None:
    table.tell("r6-r8", silent=True)
    table.tell("r6-r8", silent=False)
    assert router.told == [DETOUR, GONE]


def test_a_link_that_isis_does_not_use_needs_none(table: DetourTable, router: FakeRouter) -> None:
    table.tell("r6-r5", silent=True)
    assert router.told == []


def test_a_rule_that_was_lost_comes_back_and_detours_stay(
    table: DetourTable, router: FakeRouter
) -> None:
    table.tell("r6-r8", silent=True)
    table.rule_was_lost()
    table.update()
    assert router.told == [DETOUR, "-6 rule add pref 30000", "-4 rule add pref 30000"]


def test_all_of_it_goes(table: DetourTable, router: FakeRouter) -> None:
    table.clear()
    assert [line.split(" pref")[0] for line in router.told] == [
        "-6 rule del",
        "-4 rule del",
        "-6 route flush table 204",
        "-4 route flush table 204",
    ]
