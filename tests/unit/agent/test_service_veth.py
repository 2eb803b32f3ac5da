"""The pair for Services: whatever there is, the lines lead to the wanted one, and only once."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.agent.dataplane import route_watch
from testbed.agent.desired import nftables, service_veth
from testbed.agent.desired.service_veth import End, Seen, ServiceVeth

WANTED = ServiceVeth(1284)
GOOD = Seen(
    ends={
        "srv6": End("02:00:00:00:00:01", 1284, True, "srv6-tun"),
        "srv6-tun": End("02:00:00:00:00:02", 1284, True, "srv6"),
    },
    neighbours=service_veth.NEIGHBOURS,
    rules={4: (service_veth.RULE,), 6: (service_veth.RULE,)},
)
NOTHING = Seen(rules={4: (), 6: ()})


def link(name: str, peer: str | None, **more: Any) -> dict[str, Any]:
    found = {"ifname": name, "address": service_veth.MACS.get(name, "0e::"), "mtu": 1284,
             "flags": ["BROADCAST", "UP"], **more}  # fmt: skip
    return found if peer is None else {**found, "link": peer}


RULE = {"priority": 100, "src": "all", "iif": "srv6-tun", "table": "201", "protocol": "201"}
LISTED: tuple[list[Any], list[Any], dict[int, list[Any]]] = (
    [link("cali1", "eth0"), link("srv6-tun", "srv6"), link("srv6", "srv6-tun")],
    [
        {"dst": "fe80::2", "dev": "srv6", "lladdr": "02:00:00:00:00:02", "state": ["PERMANENT"]},
        {"dst": "fe80::1", "dev": "srv6-tun", "lladdr": "02:00:00:00:00:01"},
        {"dst": "fe80::9", "dev": "cali1", "lladdr": "02:00:00:00:00:09"},
    ],
    {
        4: [{"priority": 0, "src": "all", "table": "255", "protocol": "2"}, RULE],
        6: [RULE, {"priority": 5, "src": "all", "table": "201"}],
    },
)


def all_lines(wanted: ServiceVeth | None, seen: Seen) -> list[str]:
    return [
        *service_veth.creation(wanted, seen),
        *service_veth.settings(wanted, seen, 6),
        *service_veth.settings(wanted, seen, 4),
    ]


def test_what_ip_lists_is_read() -> None:
    assert service_veth.parse(*LISTED) == GOOD


def test_a_good_pair_is_left_alone() -> None:
    assert all_lines(WANTED, GOOD) == [] and service_veth.faults(WANTED, GOOD) == []


def test_a_pair_is_made_from_nothing() -> None:
    assert service_veth.creation(WANTED, NOTHING) == [
        "link add srv6 mtu 1284 address 02:00:00:00:00:01 type veth "
        "peer name srv6-tun mtu 1284 address 02:00:00:00:00:02"
    ]
    made = replace(NOTHING, ends={n: replace(e, up=False) for n, e in GOOD.ends.items()})
    assert service_veth.settings(WANTED, made, 6) == [
        "link set dev srv6 mtu 1284 address 02:00:00:00:00:01 up",
        "link set dev srv6-tun mtu 1284 address 02:00:00:00:00:02 up",
        "neigh replace fe80::2 lladdr 02:00:00:00:00:02 dev srv6 nud permanent",
        "neigh replace fe80::1 lladdr 02:00:00:00:00:01 dev srv6-tun nud permanent",
        "rule add priority 100 iif srv6-tun lookup 201 protocol 201",
    ]
    assert service_veth.settings(WANTED, made, 4) == [
        "rule add priority 100 iif srv6-tun lookup 201 protocol 201"
    ]
    assert "is not there" in service_veth.faults(WANTED, NOTHING)[0]


def test_addresses_never_come_before_the_switch_that_keeps_them_away() -> None:
    """A new pair is down until its switches are set."""
    assert not any(line.endswith(" up") for line in service_veth.creation(WANTED, NOTHING))
    switches = service_veth.switches()
    for end in service_veth.ENDS:
        assert switches[f"ipv6/conf/{end}/addr_gen_mode"] == "1"
        assert switches[f"ipv6/conf/{end}/seg6_enabled"] == "0"
    assert switches["ipv4/conf/srv6-tun/accept_local"] == "1"


@pytest.mark.parametrize(
    ("ends", "gone"),
    [
        ({"srv6": ("eth9",)}, ["srv6"]),  # its other end was renamed or is somewhere else
        ({"srv6-tun": ("",)}, ["srv6-tun"]),
        ({"srv6": ("a",), "srv6-tun": ("b",)}, ["srv6", "srv6-tun"]),
    ],
)
def test_halves_are_replaced_by_a_pair(ends: dict[str, tuple[str]], gone: list[str]) -> None:
    halves = {name: replace(GOOD.ends[name], peer=peer) for name, (peer,) in ends.items()}
    lines = service_veth.creation(WANTED, replace(GOOD, ends=halves))
    assert lines[:-1] == [f"link del dev {name}" for name in gone]
    assert lines[-1].startswith("link add srv6 ")


def test_without_services_everything_goes() -> None:
    assert all_lines(None, GOOD) == [
        "link del dev srv6",
        *["rule del priority 100 iif srv6-tun lookup 201 protocol 201"] * 2,
    ]
    assert all_lines(None, NOTHING) == [] and service_veth.faults(None, NOTHING) == []
    assert service_veth.faults(None, GOOD) == ["srv6 is left over", "srv6-tun is left over"]


DAMAGES = {
    "mtu": replace(GOOD, ends={**GOOD.ends, "srv6": replace(GOOD.ends["srv6"], mtu=1500)}),
    "up": replace(GOOD, ends={**GOOD.ends, "srv6": replace(GOOD.ends["srv6"], up=False)}),
    "mac": replace(GOOD, ends={**GOOD.ends, "srv6": replace(GOOD.ends["srv6"], mac="x")}),
    "fe80::2": replace(GOOD, neighbours=frozenset({sorted(service_veth.NEIGHBOURS)[1]})),
    "rule add": replace(GOOD, rules={4: (), 6: (service_veth.RULE,)}),
    "rule del": replace(
        GOOD, rules={4: (service_veth.RULE, (7, "", "202")), 6: (service_veth.RULE,)}
    ),
}


@given(st.sampled_from(sorted(DAMAGES)))
def test_each_damage_has_one_line_and_one_sentence(what: str) -> None:
    lines = all_lines(WANTED, DAMAGES[what])
    assert len(lines) == 1
    assert what in lines[0] or lines[0].startswith("link set dev srv6 ")
    assert service_veth.faults(WANTED, DAMAGES[what]) == [
        f"the pair srv6/srv6-tun lacks: {lines[0]}"
    ]


def test_nftables_has_only_what_is_wanted() -> None:
    assert nftables.ruleset([], ["172.16.0.0/16"], "up") == ""
    both = nftables.ruleset(["172.16.0.0/16", "fd::/48"], ["172.16.0.0/16", "fd::/48"], "up", "t")
    assert 'oifname "up" ip6 saddr { fd::/48 } ip6 daddr != { fd::/48 } masquerade' in both
    assert "hook prerouting priority -450" in both and 'iifname "t" notrack' in both
    assert "postrouting" not in nftables.ruleset([], [], "up", "t")


@pytest.mark.parametrize(
    ("kind", "name", "lost"),
    [
        (16, "srv6", True),
        (17, "srv6-tun", True),
        (17, "pods-vxlan", True),
        (16, "pods-ipip", True),
        (16, "srv6x", False),
        (16, "cali1", False),
    ],
)
def test_what_happens_to_devices_of_ours_is_heard(kind: int, name: str, lost: bool) -> None:
    value = name.encode() + b"\0"
    attribute = struct.pack("=HH", 4 + len(value), 3) + value + bytes(-len(value) % 4)
    body = bytes(16) + attribute  # ifinfomsg, IFLA_IFNAME
    message = struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body
    assert route_watch.read(message) == (lost, kind == 16)


def test_a_deleted_rule_is_heard() -> None:
    message = struct.pack("=IHHII", 16 + 12, 33, 0, 0, 0) + bytes(12)
    assert route_watch.read(message) == (True, False)
