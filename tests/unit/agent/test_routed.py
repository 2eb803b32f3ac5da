"""Pools without encapsulation: routes by the node's router, and what that router is told."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address, ip_network
from typing import Any

import pytest

from testbed.agent.desired.decide import decide
from testbed.agent.desired.inputs import Inputs
from testbed.agent.desired.node_status import node_status
from testbed.agent.desired.overlays.devices import Tunnels
from testbed.agent.desired.routes import Hop, Route
from testbed.agent.model.overlay_names import IPIP, ROUTED, SRV6, VXLAN, pool_fields
from testbed.bgp import attributes, unicast
from testbed.bgp.model import BgpPeer, DesiredBgp, Family, PeerStatus
from tests.unit.agent.decision_inputs import (
    BASE,
    ME,
    OWN4,
    PEERED,
    api,
    config,
    policy,
    pool,
    prefix,
    route,
    steered,
)

L4, L6 = "172.18.1.0/26", "fd18::40/122"
OWN = ip_network("172.18.0.64/26")
GATEWAY = {
    "router": "r3", "v6": "fd11::1020", "v4": "192.168.11.3", "asn": 64512,
    "community": "64512:1:1",
}  # fmt: skip
POOLS = (
    pool("r4", "172.18.0.0/16", encapsulation="None"),
    pool("r6", "fd18::/48", encapsulation="None"),
)
UNICAST = (Family.IPV4_UNICAST, Family.IPV6_UNICAST)
ROUTER = BgpPeer("fd11::1020", 64512, str(ME), families=UNICAST)


def inputs(
    *pools: dict[str, Any], gateway: dict[str, Any] | None = GATEWAY, **changes: Any
) -> Inputs:
    return replace(
        BASE,
        config=config(gateway=gateway),
        objects=api(*(pools or POOLS)),
        paths=(*PEERED, prefix(L4), prefix(L6)),
        blocks=(OWN4, OWN),
        **changes,
    )


def bgp(inputs: Inputs) -> DesiredBgp:
    wanted = decide(inputs).bgp
    assert wanted is not None
    return wanted


def test_remote_prefixes_lead_to_the_nodes_router() -> None:
    wanted = decide(inputs())
    v4 = Route(L4, (Hop("up", via="192.168.11.3"),), source="192.168.11.254")
    assert route(wanted, L4) == v4
    assert route(wanted, L6) == Route(L6, (Hop("up", via="fd11::1020"),), source=str(ME))
    vias = {p.prefix: p.via for p in wanted.prefixes}
    assert (vias[L4], vias[L6], vias["172.16.1.0/26"]) == ("routed", "routed", "segments")
    assert wanted.tunnels == Tunnels() and not wanted.problems


def test_policies_do_not_steer_it() -> None:
    before = inputs()
    te = policy(steered(IPv6Address("fcff:6::1")))
    after = decide(replace(before, paths=(*before.paths, te)))
    assert route(after, L4) == route(decide(before), L4)


def test_only_blocks_of_routed_pools_are_marked_for_the_router() -> None:
    announced = bgp(inputs()).announcements
    assert unicast.announce(OWN, ME, community="64512:1:1") in announced
    kept = bgp(replace(inputs(), attachments=BASE.attachments)).announcements
    marked = [a for a in kept if attributes.LARGE_COMMUNITY in _types(a.attrs)]
    assert [unicast.decode_nlri(a.family, a.nlri) for a in marked] == [OWN]
    assert unicast.announce(OWN4, ME) in kept


def _types(attrs: bytes) -> set[int]:
    return {attribute.type for attribute in attributes.split(attrs)}


def test_the_router_has_a_session_only_while_there_is_such_a_pool() -> None:
    assert ROUTER in bgp(inputs()).peers
    other = bgp(inputs(pool("v", "172.18.0.0/16", vxlanMode="Always")))
    assert ROUTER.address not in {peer.address for peer in other.peers}


def test_the_routers_session_has_its_name_in_the_status() -> None:
    known = inputs(peers=(PeerStatus("fd11::1020", 64512, "ESTABLISHED"),))
    (session,) = node_status(known, decide(known)).sessions
    assert (session.peer, session.state) == ("r3", "Established")


def test_a_cluster_in_another_as_than_its_routers_is_told() -> None:
    other = {"kind": "BGPConfiguration", "metadata": {"name": "default"}, "spec": {"asNumber": 1}}
    known = inputs(*POOLS, other)
    assert ROUTER.address not in {peer.address for peer in bgp(known).peers}
    assert (
        "the backbone has no routes to pods of IPPool r4, r6: its routers are in AS 64512, "
        "the cluster in AS 1"
    ) in decide(known).problems


@pytest.mark.parametrize(
    ("gateway", "unusable", "words"),
    [
        (None, {"r4", "r6"}, "no router takes announcements of pods from this node"),
        ({**GATEWAY, "v4": None}, {"r4"}, "the backbone has no IPv4 at this node"),
    ],
)
def test_a_node_without_a_way_says_so(
    gateway: dict[str, Any] | None, unusable: set[str], words: str
) -> None:
    wanted = decide(inputs(gateway=gateway))
    for name, told in (("r4", L4), ("r6", L6)):
        said = f"IPPool {name} is not used: {words}" in wanted.problems
        assert said == (name in unusable)
        assert (route(wanted, told) is None) == (name in unusable)
    assert any(p.startswith(f"{L4} is not reached by routing") for p in wanted.problems)


def test_fields_that_ask_for_an_overlay() -> None:
    asked = [pool_fields(name) for name in (SRV6, IPIP, VXLAN, ROUTED)]
    modes = [{}, {"ipipMode": "Always"}, {"vxlanMode": "Always"}, {"encapsulation": "None"}]
    assert asked == modes


@pytest.mark.parametrize("text", ["64512:1", "a:1:1", "4294967296:1:1", "64512:-1:1"])
def test_a_community_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no large community"):
        config(gateway={**GATEWAY, "community": text})


def test_a_large_community_on_the_wire() -> None:
    """RFC 8092: optional, transitive, type 32, three numbers of four octets."""
    encoded = attributes.encode_large_community("64512:1:2")
    assert encoded.hex() == "c0200c0000fc000000000100000002"
