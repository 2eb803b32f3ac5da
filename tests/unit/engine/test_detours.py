"""Detours around silent links: what led there goes by its backup, and nothing else does."""

from __future__ import annotations

from ipaddress import ip_network

from testbed.engine.linkstate.lsp import Prefix
from testbed.engine.repair.detours import Detours, with_exceptions
from testbed.engine.repair.routes import DETOURS, TABLE, Place, RepairRoute
from tests.shipped_plans import shipped_plan

PLAN = shipped_plan("full")
R6 = Detours(PLAN, "r6")
FAR, NEAR, LOCAL = (ip_network(f"fcff:{n}::1/128") for n in (8, 7, 4))
OLD = ip_network("10.255.255.8/32")
SILENT = {"r6-r8"}


def backup(prefix: Prefix, interface: str = "r6-r7") -> RepairRoute:
    return RepairRoute(Place(TABLE, prefix, interface), "encap seg6 mode encap.red segs 5f00::1")


def around(main: dict[Prefix, set[str]], *backups: RepairRoute) -> dict[Prefix, RepairRoute]:
    by_prefix = {one.place.prefix: one for one in backups}
    return {one.place.prefix: one for one in R6.around(SILENT, main, by_prefix)}


def test_what_leads_to_a_silent_link_goes_by_its_backup() -> None:
    found = around({FAR: {"r6-r8"}, NEAR: {"r6-r7"}}, backup(FAR), backup(NEAR, "r6-r8"))
    assert found == {FAR: RepairRoute(Place(DETOURS, FAR, "r6-r7"), backup(FAR).how)}


def test_of_equal_next_hops_one_that_is_left() -> None:
    found = around({FAR: {"r6-r8", "r6-r7"}, OLD: {"r6-r8", "r6-r7"}}, backup(FAR, "r6-r4"))
    (r7,) = [x.peer("r6") for x in PLAN.links_of("r6") if x.end("r6").interface == "r6-r7"]
    assert r7.v6 and r7.v4
    assert found[FAR].line.startswith(f"{FAR} via {r7.v6.ip} onlink dev r6-r7 table 204 ")
    assert found[OLD].line.startswith(f"{OLD} via {r7.v4.ip} onlink dev r6-r7 table 204 ")


def test_without_another_way_there_is_none() -> None:
    assert around({FAR: {"r6-r8"}}) == {}
    assert around({FAR: {"r6-r8"}}, backup(FAR, "r6-r8")) == {}


def test_longer_prefixes_of_the_main_table_count_before_a_detour() -> None:
    wide, within, other = map(ip_network, ("fd00::/16", "fd00:1::/64", "fd01::/64"))
    (detour,) = around({wide: {"r6-r8"}}, backup(wide)).values()
    found = list(with_exceptions([detour], [wide, within, other, ip_network("::/0")]))
    assert [one.line for one in found] == [detour.line, f"throw {within}  table 204 proto 203"]
