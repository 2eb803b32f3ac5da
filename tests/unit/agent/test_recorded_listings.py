"""What each iproute2 prints of one situation is read alike (recorded/record makes it)."""

from __future__ import annotations

import json
from ipaddress import ip_address
from pathlib import Path

import pytest

from testbed.agent.dataplane import overlay_devices, pod_veth
from testbed.agent.dataplane import service_veth as pair
from testbed.agent.dataplane.run import parse_list, understood
from testbed.agent.desired import route_faults, route_listing, routes, service_veth
from testbed.agent.desired.overlays import devices
from testbed.agent.desired.overlays.base import Device
from testbed.agent.desired.routes import Hop, Route
from testbed.agent.desired.service_veth import MACS, NEIGHBOURS, RULE, End, ServiceVeth
from testbed.agent.model.attachment import Attachment
from testbed.errors import TestbedError
from testbed.json_types import JsonObject

RECORDED = Path(__file__).parent / "recorded"
VERSIONS = sorted(p.name for p in RECORDED.glob("iproute2-*"))
FLAT, NESTED = "iproute2-6.1", "iproute2-6.15"
RED = Hop("uplink", 1, "encap.red", ("fd00::9",))
FULL = Hop("uplink", 1, "encap", ("fd00::7", "fd00::9"))
SPREAD = (
    Hop("uplink", 1, "encap.red", ("fd00::9",)),
    Hop("uplink", 3, "encap", ("fd00::7", "fd00::9")),
)


@pytest.fixture(params=VERSIONS)
def recorded(request: pytest.FixtureRequest) -> Path:
    """What one version printed."""
    return RECORDED / str(request.param)


def listed(recorded: Path, file: str) -> list[JsonObject]:
    return parse_list((recorded / file).read_text())


def read_routes(recorded: Path, family: int) -> dict[routes.Key, Route]:
    parsed = route_listing.parse(listed(recorded, f"routes-{family}.json"), family)
    return {route.key: route for route in parsed}


def test_a_behaviour_has_a_table_and_so_has_its_route() -> None:
    mixed = (
        '[{"dst":"fcdd::1","encap":"seg6local","action":"End.DT6","table":"202","dev":"up"},'
        '{"dst":"fcdd::1","encap":"seg6local","action":"End.DT6","table":"202","dev":"up",'
        '"table":"202"},'
        '{"dst":"fcdd::2","encap":"seg6local","action":"End.DX4","nh4":"169.254.2.1","dev":"up",'
        '"table":"202"}]'
    )
    at = (Hop("up"),)
    assert route_listing.parse(parse_list(mixed), 6) == [
        Route("fcdd::1/128", at, action="End.DT6 table 202"),
        Route("fcdd::1/128", at, action="End.DT6 table 202", table=202),
        Route("fcdd::2/128", at, action="End.DX4 nh4 169.254.2.1", table=202),
    ]


def test_both_forms_are_recorded() -> None:
    assert {FLAT, NESTED} <= set(VERSIONS)
    forms = {
        version: {type(entry.get("encap")) for entry in listed(RECORDED / version, "routes-4.json")}
        for version in (FLAT, NESTED)
    }
    assert str in forms[FLAT] and dict not in forms[FLAT]
    assert dict in forms[NESTED] and str not in forms[NESTED]


def test_routes_of_ipv4(recorded: Path) -> None:
    found = read_routes(recorded, 4)
    unread = {key for key, route in found.items() if route.unread}
    assert unread == {(254, "172.16.6.0/26"), (254, "172.16.7.0/26")}  # encap ip6, prohibit
    assert [route for key, route in sorted(found.items()) if key not in unread] == [
        Route("172.16.0.0/16", refusal="unreachable", table=201),
        Route("172.16.3.0/26", (FULL,), table=201),
        Route("172.16.0.0/26", refusal="blackhole"),
        Route("172.16.0.1/32", (Hop("uplink"),), source="10.0.0.1"),
        Route("172.16.1.0/26", (RED,)),
        Route("172.16.4.0/26", (Hop("uplink", via="fd00::9"),)),
        Route("172.16.5.0/26", SPREAD),
    ]


def test_routes_of_ipv6(recorded: Path) -> None:
    assert [route for _, route in sorted(read_routes(recorded, 6).items())] == [
        Route("fcdd::aa/128", (Hop("uplink"),), action="End.DX4 nh4 0.0.0.0"),
        Route("fcdd::ab/128", (Hop("uplink"),), action="End.DT6 table 254"),
        Route("fcdd::ac/128", (Hop("uplink"),), action="End.DT6 table 202"),
        Route("fdfb::/122", SPREAD),
        Route("fdfb::40/122", refusal="blackhole"),
        Route("fdfb::80/122", (RED,)),
        Route("fdfb::c0/122", (Hop("uplink", 1, "inline", ("fd00::9", "::")),)),
    ]


def test_a_route_that_is_not_understood_is_not_called_missing(recorded: Path) -> None:
    """What is wanted instead replaces it; if it stays, both are said."""
    found = list(read_routes(recorded, 4).values())
    wanted = Route("172.16.6.0/26", (RED,))
    change = routes.diff([wanted], [r for r in found if r.prefix == wanted.prefix])
    assert change == routes.Change(replace=(wanted,))
    [said] = route_faults.describe(change, found, [])
    assert said.startswith(f"route not understood: {routes.render(wanted)} is wanted, ip shows {{")
    assert '"ip6"' in said


def test_what_became_of_a_wanted_route_is_said() -> None:
    wanted, other = Route("172.16.1.0/26", (RED,)), Route("172.16.1.0/26", (FULL,))
    change = routes.Change(replace=(wanted,))
    render = routes.render
    complaint = f"route replace {render(wanted)}: Error: Nexthop has invalid gateway."
    assert route_faults.describe(change, [], [complaint]) == [
        f"route missing: {render(wanted)} ({complaint})"
    ]
    assert route_faults.describe(change, [other], []) == [
        f"route differs: {render(wanted)} is wanted, ip shows {render(other)} (no error was given)"
    ]
    assert route_faults.describe(routes.Change(delete=(other,)), [other], []) == [
        f"route left over: {render(other)} (no error was given)"
    ]


def test_a_new_form_of_a_known_encapsulation_is_not_understood() -> None:
    """Neither a route without segments, nor an error that stops the round."""
    entry: JsonObject = {"dst": "172.16.1.0/26", "dev": "uplink", "encap": ["seg6", "fd00::9"]}
    moved: JsonObject = {"dst": "172.16.2.0/26", "dev": "uplink", "encap": {"encap_type": "seg6"}}
    assert [r.unread for r in route_listing.parse([entry, moved], 4)] == [
        json.dumps(entry),
        json.dumps(moved),
    ]


def lists(recorded: Path, file: str) -> list[list[JsonObject]]:
    return [parse_list(line) for line in (recorded / file).read_text().splitlines()]


def test_service_veth(recorded: Path) -> None:
    links, neighbours, rules = lists(recorded, "service-veth-6.txt")
    (rules_v4,) = lists(recorded, "service-veth-4.txt")
    seen = service_veth.parse(links, neighbours, {4: rules_v4, 6: rules})
    assert seen.whole
    assert seen.ends["srv6"] == End(MACS["srv6"], 1404, True, "srv6-tun")
    assert seen.neighbours >= NEIGHBOURS
    assert seen.rules == {4: (RULE,), 6: (RULE,)}
    assert service_veth.faults(ServiceVeth(1404), seen) == []


def test_nothing_is_an_empty_list_per_question(recorded: Path) -> None:
    assert lists(recorded, "nothing.txt") == [[], [], []]


def test_vxlan(recorded: Path) -> None:
    seen = devices.parse(
        *(listed(recorded, f"{name}.json") for name in ("vxlan", "neighbours", "places"))
    )
    assert seen.devices == {Device("vxlan", ip_address("fd00::1"), 1404)}
    assert seen.neighbours == {("fe80::9", "02:aa:00:00:00:09")}
    assert seen.places == {("02:aa:00:00:00:09", "fd00::9")}


def test_a_pods_addresses(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (recorded / "addresses.json").read_text()
    monkeypatch.setattr(pod_veth, "listed", lambda _: parse_list(text))
    attachment = Attachment(
        container="c", interface="eth0", netns="/n", name="p", host_interface="cali1",
        ipv4="10.0.0.1", ipv6="fd00::1",
    )  # fmt: skip
    assert pod_veth.faults(attachment) == []
    assert pod_veth.pod_mac(attachment) == "02:00:00:00:00:11"


def test_statistics(recorded: Path) -> None:
    """As testbed.conformance reads them."""
    [link] = json.loads((recorded / "statistics.json").read_text())
    assert isinstance(link["stats64"]["tx"]["packets"], int)


@pytest.mark.parametrize("text", ["{}", "[1]", "no JSON", '[{"a": '])
def test_what_is_no_listing_is_not_taken_for_nothing(text: str) -> None:
    with pytest.raises(TestbedError) as said, understood(["ip", "-j", "link", "show"]):
        parse_list(text)
    assert said.value.what == "what ip prints is not understood"
    assert said.value.where == "ip -j link show"


def test_a_missing_key_is_not_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair, "_list_by_batch", lambda *_: [[{"ifname": "srv6"}], [], []])
    with pytest.raises(TestbedError, match="what ip prints is not understood"):
        pair.read()
    monkeypatch.setattr(overlay_devices, "present", lambda: ["pods-vxlan"])
    monkeypatch.setattr(overlay_devices, "_list_objects", lambda *_: [{"ifname": "pods-vxlan"}])
    with pytest.raises(TestbedError, match="what ip prints is not understood"):
        overlay_devices.read()
