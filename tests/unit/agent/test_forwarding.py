"""The two ways into and out of SRv6, as what is decided for them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from testbed.agent.desired import route_listing, routes, service_veth
from testbed.agent.desired.capabilities import Capabilities
from testbed.agent.desired.decide import decide
from testbed.agent.desired.inputs import Inputs
from testbed.agent.desired.routes import Hop, Route
from testbed.agent.desired.service_veth import ServiceVeth
from testbed.agent.desired.wanted import Wanted
from testbed.bgp.model import ReceivedPath
from testbed.srpolicy.model import Segment, SegmentList
from tests.unit.agent.decision_inputs import (
    B4,
    B6,
    BASE,
    PATHS,
    R6,
    R8,
    SID4,
    SID6,
    api,
    config,
    policy,
    steered,
)

SERVICES = replace(BASE, config=config(services=True))
TO_PAIR, FROM_PAIR = (Hop("srv6", via="fe80::2"),), (Hop("srv6-tun", via="fe80::1"),)


def by_table(wanted: Wanted) -> dict[int, dict[str, Route]]:
    tables: dict[int, dict[str, Route]] = {254: {}, 201: {}, 202: {}}
    for route in wanted.routes:
        tables[route.table][route.prefix] = route
    return tables


def test_the_main_table_leads_to_the_pair_and_the_encapsulation_is_behind_it() -> None:
    tables = by_table(decide(SERVICES))
    assert tables[254][B4] == Route(B4, TO_PAIR, source="192.168.11.254")
    assert tables[254][B6] == Route(B6, TO_PAIR, source="fd11::1000")
    direct = by_table(decide(BASE))[254]
    for prefix in (B4, B6):
        assert tables[201][prefix] == replace(direct[prefix], table=201)


def test_what_is_taken_out_comes_in_by_the_pair() -> None:
    tables = by_table(decide(SERVICES))
    actions = {r.action for r in tables[254].values() if r.action}
    assert actions == {"End.DX4 nh4 169.254.2.1", "End.DT6 table 202"}
    assert tables[254]["169.254.2.1/32"].hops == FROM_PAIR
    again = {prefix: r for prefix, r in tables[254].items() if r.action}
    assert tables[202] == {
        "::/0": Route("::/0", FROM_PAIR, table=202),
        # for what was wrapped twice: it is longer than the pair takes
        **{prefix: replace(r, table=202) for prefix, r in again.items()},
    }


def test_where_there_are_vrfs_ipv4_is_taken_out_by_end_dt4() -> None:
    able = replace(SERVICES, capabilities=Capabilities(vrf=True))
    wanted = decide(able)
    [dt4, again] = sorted(
        (r for r in wanted.routes if r.action.startswith("End.DT4")), key=lambda r: -r.table
    )
    assert again == replace(dt4, table=202)
    assert dt4.action == "End.DT4 vrftable 203"
    assert [r for r in wanted.routes if r.table == 203] == [
        Route("0.0.0.0/0", FROM_PAIR, table=203)
    ]
    assert not [r for r in wanted.routes if r.prefix == "169.254.2.1/32"]
    assert wanted.service_veth == ServiceVeth(able.config.pod_mtu, vrf=True)
    # what the VRF hands on is looked at once, where it comes in by the pair
    assert 'iifname "srv6-vrf" notrack' in wanted.rules
    assert "srv6-vrf" not in decide(SERVICES).rules


def test_without_services_a_vrf_is_of_no_use() -> None:
    assert decide(replace(BASE, capabilities=Capabilities(vrf=True))) == decide(BASE)


def test_the_pools_and_only_they_end_behind_the_pair() -> None:
    def guards(inputs: Inputs) -> list[str]:
        table = by_table(decide(inputs))[201]
        return [p for p, route in table.items() if route.refusal == "unreachable"]

    assert guards(SERVICES) == ["172.16.0.0/16", "fdfb::/48"]
    more = {"kind": "IPPool", "metadata": {"name": "new"}, "spec": {"cidr": "172.18.0.0/16"}}
    assert "172.18.0.0/16" in guards(replace(SERVICES, objects=api(more)))
    single = tuple(pool for pool in api().pools if pool.name != "v4")
    assert guards(replace(SERVICES, objects=replace(api(), pools=single))) == ["fdfb::/48"]
    idle = {"kind": "IPPool", "metadata": {"name": "idle"}, "spec": {"cidr": "172.20.0.0/16"}}
    assert "172.20.0.0/16" not in guards(replace(SERVICES, objects=api(idle)))  # no pods in it
    whole = {"kind": "IPPool", "metadata": {"name": "one"}, "spec": {"cidr": B4}}
    tiny = replace(SERVICES, objects=api(whole))
    assert by_table(decide(tiny))[201][B4].hops  # a block that is all of its pool


def test_a_policy_changes_nothing_but_the_table_behind_the_pair() -> None:
    lists = tuple(
        SegmentList((Segment(w), Segment(SID4, 19)), weight) for w, weight in ((R6, 3), (R8, 1))
    )
    changed = replace(SERVICES, paths=(*BASE.paths, policy(steered(segment_lists=lists))))
    before, after = decide(SERVICES), decide(changed)
    change = routes.diff(after.routes, before.routes)
    assert [r.key for r in change.replace] == [(201, B4)] and not change.delete
    assert sorted(hop.weight for hop in change.replace[0].hops) == [1, 3]


def test_a_prefix_without_policy_is_not_led_to_the_pair() -> None:
    wanted = decide(replace(SERVICES, paths=BASE.paths[:2]))
    tables = by_table(wanted)
    assert B4 not in tables[254] and B4 not in tables[201]
    assert any("left to the underlay" in problem for problem in wanted.problems)


@pytest.mark.parametrize(("to_services", "first", "last"), [(True, 201, 254), (False, 254, 201)])
def test_from_one_plane_to_the_other_packets_always_have_a_way(
    to_services: bool, first: int, last: int
) -> None:
    """What is behind the pair is there before the main table leads to it, and goes after it."""
    before, after = (BASE, SERVICES) if to_services else (SERVICES, BASE)
    change = routes.diff(decide(after).routes, decide(before).routes)
    lines = [line for family in (4, 6) for line in routes.commands(change, family)]
    assert not any(line.startswith(f"route del {B4} proto") for line in lines)
    of_prefix = [201 if "table 201" in line else 254 for line in lines if f" {B4} " in line]
    assert of_prefix == [first, last]


def test_pair_and_rules_are_wanted_with_services_only() -> None:
    with_, without = decide(SERVICES), decide(BASE)
    assert with_.service_veth == ServiceVeth(1284) and without.service_veth is None
    assert f'iifname "{service_veth.TUNNEL}" notrack' in with_.rules
    assert "notrack" not in without.rules
    assert 'oifname "up" ip saddr { 172.16.0.0/16 }' in with_.rules  # what leaves by the uplink


def test_a_node_without_ipv4_has_no_source_for_it() -> None:
    bare = replace(SERVICES, config=config(services=True, address_v4=None))
    assert by_table(decide(bare))[254][B4] == Route(B4, TO_PAIR)


def test_rendering_and_reading_back() -> None:
    lead = Route(B4, TO_PAIR, source="192.168.11.254")
    assert routes.render(lead) == (
        f"{B4} proto 201 via inet6 fe80::2 dev srv6 onlink src 192.168.11.254"
    )
    assert routes.render(Route("::/0", FROM_PAIR, table=202)) == (
        "::/0 table 202 proto 201 via inet6 fe80::1 dev srv6-tun onlink"
    )
    guard = Route("172.16.0.0/16", refusal="unreachable", table=201)
    assert routes.render(guard) == "unreachable 172.16.0.0/16 table 201 proto 201"
    listed_v4: list[dict[str, Any]] = [
        {"type": "7", "dst": "172.16.0.0/16", "table": "201", "flags": []},
        {"dst": B4, "via": {"family": "inet6", "host": "fe80::2"}, "dev": "srv6",
         "prefsrc": "192.168.11.254", "flags": ["onlink"]},
    ]  # fmt: skip
    assert route_listing.parse(listed_v4, 4) == [guard, lead]
    behaviour = {"dst": "fcdd::1", "encap": "seg6local", "action": "End.DT6", "table": "202",
                 "dev": "up"}  # fmt: skip
    steered_ = {"dst": B6, "encap": "seg6", "mode": "encap.red", "segs": [str(SID6)],
                "table": "201", "dev": "up", "metric": 1024}  # fmt: skip
    default = {"dst": "default", "gateway": "fe80::1", "dev": "srv6-tun", "table": "202"}
    assert route_listing.parse([behaviour, steered_, default], 6) == [
        Route("fcdd::1/128", (Hop("up"),), action="End.DT6 table 202"),
        Route(B6, (Hop("up", mode="encap.red", segments=(str(SID6),)),), table=201),
        Route("::/0", FROM_PAIR, table=202),
    ]


@given(PATHS)
def test_every_way_to_the_pair_goes_on_behind_it(paths: list[ReceivedPath]) -> None:
    tables = by_table(decide(replace(SERVICES, paths=tuple(paths))))
    led = {p for p, route in tables[254].items() if route.hops == TO_PAIR}
    behind = {p for p, route in tables[201].items() if route.hops}
    assert led == behind
