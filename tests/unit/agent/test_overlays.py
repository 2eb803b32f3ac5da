"""The legacy overlays: who gets which, by which routes, and that lines lead there only once."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_network
from subprocess import CompletedProcess
from typing import Any

import pytest

from testbed.agent.dataplane import overlay_devices
from testbed.agent.desired.capabilities import Capabilities
from testbed.agent.desired.decide import decide
from testbed.agent.desired.inputs import Inputs
from testbed.agent.desired.node_status import node_status
from testbed.agent.desired.overlays import devices, registry, vxlan
from testbed.agent.desired.overlays.base import Device, Reach, Remote, Situation
from testbed.agent.desired.overlays.devices import Seen, Tunnels
from testbed.agent.desired.overlays.srv6 import Srv6
from testbed.agent.desired.route_listing import parse
from testbed.agent.desired.routes import Hop, Route, render
from testbed.agent.desired.wanted import Wanted
from testbed.agent.model import overlay_names
from tests.unit.agent.decision_inputs import (
    BASE,
    ME,
    OWN4,
    PEERED,
    W2,
    api,
    config,
    policy,
    prefix,
    route,
    steered,
)

L4, L6 = "172.18.1.0/26", "fd18::40/122"
NODE = {
    "kind": "Node",
    "metadata": {"name": "worker2"},
    "status": {
        "addresses": [
            {"type": "InternalIP", "address": str(W2)},
            {"type": "InternalIP", "address": "192.168.12.254"},
        ]
    },
}
LEGACY_4 = IPv4Address("192.168.12.254")


def pool(name: str, cidr: str, **spec: Any) -> dict[str, Any]:
    return {"kind": "IPPool", "metadata": {"name": name}, "spec": {"cidr": cidr, **spec}}


def inputs(*pools: dict[str, Any], node: dict[str, Any] = NODE, **changes: Any) -> Inputs:
    paths = (*PEERED, prefix(L4), prefix(L6))
    return replace(BASE, **{"objects": api(node, *pools), "paths": paths, **changes})


VXLAN = (
    pool("vx4", "172.18.0.0/16", vxlanMode="Always"),
    pool("vx6", "fd18::/48", vxlanMode="CrossSubnet"),
)
IPIP = pool("ip", "172.18.0.0/16", ipipMode="Always")


def vias(wanted: Wanted) -> dict[str, str]:
    return {entry.prefix: entry.via for entry in wanted.prefixes}


@pytest.mark.parametrize("services", [False, True])
def test_a_vxlan_pool_is_reached_by_vxlan_and_others_by_srv6(services: bool) -> None:
    wanted = decide(inputs(*VXLAN, config=config(services=services)))
    way = (Hop("pods-vxlan", via=vxlan.neighbour(W2)),)
    assert route(wanted, L4) == Route(L4, way, source="192.168.11.254")
    assert route(wanted, L6) == Route(L6, way, source=str(ME))
    assert wanted.tunnels == Tunnels((Device("vxlan", ME, 1284),), (W2,))
    assert vias(wanted)[L4] == vias(wanted)[L6] == "vxlan"
    assert vias(wanted)["172.16.1.0/26"] == "segments"
    assert not wanted.problems


def test_policies_do_not_steer_a_legacy_overlay() -> None:
    te = policy(steered(IPv6Address("fcff:6::1")))
    before = inputs(*VXLAN)
    after = decide(replace(before, paths=(*before.paths, te)))
    assert route(after, L4) == route(decide(before), L4)
    assert route(after, "172.16.1.0/26") != route(decide(before), "172.16.1.0/26")


def test_an_ipip_pool_is_reached_at_the_nodes_ipv4_address() -> None:
    wanted = decide(inputs(IPIP, pool("v6", "fd18::/48")))
    way = (Hop("pods-ipip", via="192.168.12.254"),)
    assert route(wanted, L4) == Route(L4, way, source="192.168.11.254")
    assert wanted.tunnels == Tunnels((Device("ipip", IPv4Address("192.168.11.254"), 1284),))
    assert vias(wanted)[L6] == "segments"


def test_devices_are_there_before_any_other_node_is() -> None:
    wanted = decide(replace(inputs(*VXLAN), paths=()))
    assert wanted.tunnels == Tunnels((Device("vxlan", ME, 1284),))
    assert decide(BASE).tunnels == Tunnels()


@pytest.mark.parametrize(
    ("pools", "changes", "words"),
    [
        ([IPIP], {"capabilities": Capabilities(tunnels=frozenset())}, "kernel has no IP-in-IP"),
        ([IPIP], {"config": config(address_v4=None)}, "needs an IPv4 address of this node"),
        ([pool("ip", "fd18::/48", ipipMode="Always")], {}, "IP-in-IP carries IPv4 only"),
        ([VXLAN[0]], {"capabilities": Capabilities(tunnels=frozenset(["ipip"]))}, "no VXLAN"),
    ],
)
def test_what_a_node_cannot_do_is_said_and_no_route_pretends(
    pools: list[dict[str, Any]], changes: dict[str, Any], words: str
) -> None:
    wanted = decide(inputs(*pools, **changes))
    name, cidr = pools[0]["metadata"]["name"], pools[0]["spec"]["cidr"]
    told = L6 if ":" in cidr else L4
    assert any(p.startswith(f"IPPool {name} is not used:") and words in p for p in wanted.problems)
    assert any(p.startswith(f"{told} is not reached by") for p in wanted.problems)
    assert route(wanted, told) is None and vias(wanted)[told] == "plain"
    assert wanted.tunnels == Tunnels()


def test_a_node_without_a_known_ipv4_address_is_not_reached_by_ipip() -> None:
    without = {**NODE, "status": {"addresses": NODE["status"]["addresses"][:1]}}  # type: ignore[index]
    wanted = decide(inputs(IPIP, node=without))
    assert route(wanted, L4) is None
    assert f"{L4} is not reached by IP-in-IP: no IPv4 address of {W2} is known" in wanted.problems


def test_own_blocks_of_a_legacy_pool_are_announced_like_others() -> None:
    def announced(*blocks: str) -> int:
        wanted = decide(replace(inputs(*VXLAN), blocks=(OWN4, *map(ip_network, blocks))))
        assert wanted.bgp is not None
        return len(wanted.bgp.announcements)

    assert announced("172.18.0.64/26", "fd18::/122") == announced() + 2


def test_routes_by_ipv4_and_ipv6_gateways_are_read_back() -> None:
    by_ipip = Route(L4, (Hop("pods-ipip", via="192.168.12.254"),), source="192.168.11.254")
    assert render(by_ipip) == (
        f"{L4} proto 201 via 192.168.12.254 dev pods-ipip onlink src 192.168.11.254"
    )
    listed = {"dst": L4, "gateway": "192.168.12.254", "dev": "pods-ipip", "flags": ["onlink"],
              "prefsrc": "192.168.11.254"}  # fmt: skip
    assert parse([listed], 4) == [by_ipip]


VX, IP = Device("vxlan", ME, 1284), Device("ipip", LEGACY_4, 1284)
BOTH = Tunnels((IP, VX), (W2,))
DONE = Seen(
    frozenset([IP, VX]),
    frozenset(["pods-ipip", "pods-vxlan"]),
    frozenset([(vxlan.neighbour(W2), vxlan.mac(W2))]),
    frozenset([(vxlan.mac(W2), str(W2))]),
)


def lines(want: Tunnels, seen: Seen) -> list[str]:
    return [
        *devices.links(want, seen),
        *devices.neighbour_lines(want, seen),
        *devices.place_lines(want, seen),
    ]


def test_from_nothing_to_all_and_back() -> None:
    made = lines(BOTH, Seen())
    assert "link add pods-ipip mtu 1284 type ipip local 192.168.12.254 ttl 64" in made
    assert [line for line in made if line.startswith("fdb replace")] == [
        f"fdb replace {vxlan.mac(W2)} dev pods-vxlan dst {W2} self"
    ]
    assert lines(BOTH, DONE) == [] and devices.faults(BOTH, DONE) == []
    assert devices.links(Tunnels(), DONE) == ["link del dev pods-ipip", "link del dev pods-vxlan"]
    assert devices.faults(BOTH, Seen())


@pytest.mark.parametrize("change", [{"mtu": 1400}, {"local": W2}])
def test_a_device_that_is_not_as_wanted_is_made_anew(change: dict[str, Any]) -> None:
    other = replace(DONE, devices=frozenset([IP, replace(VX, **change)]))
    first, second, *_ = devices.links(BOTH, other)
    assert first == "link del dev pods-vxlan" and second.startswith("link add pods-vxlan mtu 1284")


def test_entries_of_nodes_that_left_go() -> None:
    gone = lines(Tunnels((IP, VX)), DONE)
    assert gone == [
        f"neigh del {vxlan.neighbour(W2)} dev pods-vxlan",
        f"fdb del {vxlan.mac(W2)} dev pods-vxlan dst {W2} self",
    ]


def test_a_wrong_mac_is_replaced_not_deleted() -> None:
    wrong = replace(DONE, neighbours=frozenset([(vxlan.neighbour(W2), "02:00:00:00:00:09")]))
    assert lines(BOTH, wrong) == [
        f"neigh replace {vxlan.neighbour(W2)} lladdr {vxlan.mac(W2)} dev pods-vxlan nud permanent"
    ]


def test_what_ip_and_bridge_list_is_read() -> None:
    up = ["BROADCAST", "UP"]
    data = {"id": 4096, "local6": str(ME), "port": 4789}
    seen = devices.parse(
        [
            {"ifname": "pods-vxlan", "mtu": 1284, "flags": up,
             "linkinfo": {"info_kind": "vxlan", "info_data": data}},
            {"ifname": "pods-ipip", "mtu": 1284, "flags": up,
             "linkinfo": {"info_kind": "ipip", "info_data": {"local": str(LEGACY_4)}}},
            {"ifname": "tunl0", "mtu": 1480, "flags": [], "linkinfo": {"info_kind": "ipip"}},
        ],
        [
            {"dst": vxlan.neighbour(W2), "dev": "pods-vxlan", "lladdr": vxlan.mac(W2)},
            {"dst": "fe80::2", "dev": "srv6", "lladdr": "02:00:00:00:00:02"},
        ],
        [{"mac": vxlan.mac(W2), "dst": str(W2), "flags": ["self"], "state": "permanent"},
         {"mac": "33:33:00:00:00:01", "flags": ["self"], "state": "permanent"}],
    )  # fmt: skip
    assert seen == DONE


@pytest.mark.parametrize(
    "entry",
    [
        {"flags": []},
        {"linkinfo": {"info_kind": "dummy"}},
        {"linkinfo": {"info_kind": "vxlan", "info_data": {"id": 1, "local6": "::1", "port": 4789}}},
    ],
)
def test_a_device_of_our_name_that_is_something_else_is_seen_as_such(entry: dict[str, Any]) -> None:
    data = {"id": 4096, "local6": str(ME), "port": 4789}
    good = {"ifname": "pods-vxlan", "mtu": 1284, "flags": ["UP"],
            "linkinfo": {"info_kind": "vxlan", "info_data": data}}  # fmt: skip
    seen = devices.parse([{**good, **entry}], [], [])
    assert (seen.devices, seen.names) == (frozenset(), frozenset(["pods-vxlan"]))


def test_nodes_have_macs_and_neighbours_of_their_own() -> None:
    nodes = [IPv6Address(f"fd{n}::1000") for n in range(10, 40)]
    assert len({vxlan.mac(n) for n in nodes}) == len({vxlan.neighbour(n) for n in nodes}) == 30
    assert all(vxlan.mac(n).startswith("02:") for n in nodes)
    assert all(IPv6Address(vxlan.neighbour(n)).is_link_local for n in nodes)


@pytest.mark.parametrize(
    ("accepted", "kinds"),
    [
        (("modprobe", "vxlan"), {"ipip", "vxlan"}),
        (("vxlan",), {"vxlan"}),
        (("ipip",), {"ipip"}),  # a part of the kernel of which no list of modules tells
        ((), set()),
    ],
)
def test_ipip_is_asked_for_before_it_is_tried(
    accepted: tuple[str, ...], kinds: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def attempt(argv: list[str]) -> CompletedProcess[str]:
        asked.append(" ".join(argv))
        agreed = argv[0] in accepted or any(k in accepted for k in argv[4:]) or "del" in argv
        return CompletedProcess(argv, 0 if agreed else 1, "", "")

    monkeypatch.setattr(overlay_devices, "attempt", attempt)
    assert overlay_devices.possible() == kinds
    tried = any("type ipip" in line for line in asked)
    assert tried == ("modprobe" not in accepted), "trying would load the module"


def test_every_overlay_that_a_pool_can_name_is_there() -> None:
    names = {overlay_names.SRV6, overlay_names.ROUTED, *overlay_names.POOL_MODES}
    assert names <= registry.OVERLAYS.keys()
    assert all(name == overlay.name for name, overlay in registry.OVERLAYS.items())


def test_a_new_overlay_is_one_entry_in_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """decide() asks the registry; nothing else knows the overlays by name."""

    class Straight(Srv6):
        name = "straight"
        title = "plain routes"

        def reach(self, remote: Remote, situation: Situation, /) -> Reach:
            way = (Hop(situation.inputs.config.uplink, via=str(remote.node)),)
            return Reach(self.name, (Route(str(remote.prefix), way),))

    monkeypatch.setitem(registry.OVERLAYS, "straight", Straight())
    before = inputs(*VXLAN)
    pools = tuple(
        replace(p, overlay="straight") if p.name == "vx6" else p for p in before.objects.pools
    )
    after = replace(before, objects=replace(before.objects, pools=pools))
    wanted = decide(after)
    assert route(wanted, L6) == Route(L6, (Hop("up", via=str(W2)),))
    assert vias(wanted)[L6] == "straight" and vias(wanted)[L4] == "vxlan"
    assert "straight" in node_status(after, wanted).overlays and not wanted.problems
