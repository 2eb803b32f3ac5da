"""What gobgpd says, in our words."""

from __future__ import annotations

from testbed.bgp import schema, translate
from testbed.bgp.model import Family

MAKE = schema.messages()


def path(family: Family, peer: str) -> object:
    wanted = MAKE["Family"](afi=family.afi, safi=family.safi)
    return MAKE["Path"](family=wanted, neighbor_ip=peer)


def test_ends_of_rib_name_peer_and_family_and_leave_out_our_own() -> None:
    paths = [
        path(Family.IPV4_UNICAST, "fd00::2"),
        path(Family.IPV6_SRPOLICY, "fd00::2"),
        path(Family.IPV4_UNICAST, ""),
        path(Family.IPV4_UNICAST, "<nil>"),
        MAKE["Path"](family=MAKE["Family"](afi=25, safi=70), neighbor_ip="fd00::3"),
    ]
    reply = MAKE["WatchEventResponse"](table=MAKE["TableEvent"](paths=paths))
    families = (Family.IPV4_UNICAST, Family.IPV6_SRPOLICY)
    ends = [translate.EndOfRib("fd00::2", family) for family in families]
    assert list(translate.events(reply)) == ends


def test_peer_event() -> None:
    state = MAKE["PeerState"](neighbor_address="fd00::2", session_state=6)
    event = MAKE["PeerEvent"](type=3, peer=MAKE["Peer"](state=state))
    reply = MAKE["WatchEventResponse"](peer=event)
    assert list(translate.events(reply)) == [translate.PeerChanged("fd00::2", "ESTABLISHED")]
    end_of_list = MAKE["WatchEventResponse"](peer=MAKE["PeerEvent"](type=2))
    assert list(translate.events(end_of_list)) == []


def test_down_peer_tells_its_reason() -> None:
    state = MAKE["PeerState"](session_state=1, disconnect_reason=2, disconnect_message="9 s")
    conf = MAKE["PeerConf"](neighbor_address="fd00::2", peer_asn=64512)
    status = translate.peer_status(MAKE["Peer"](conf=conf, state=state))
    assert (status.state, status.reason) == ("IDLE", "hold timer expired: 9 s")
    assert not status.established


def test_numbers_from_the_future() -> None:
    status = translate.peer_status(
        MAKE["Peer"](state=MAKE["PeerState"](session_state=77, disconnect_reason=88))
    )
    assert (status.state, status.reason) == ("UNKNOWN", "reason 88")
