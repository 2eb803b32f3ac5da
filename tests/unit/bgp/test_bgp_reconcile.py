"""The difference leads from any state to any other, and touches nothing that is right."""

from __future__ import annotations

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from testbed.bgp import unicast
from testbed.bgp.model import Announcement, BgpPeer, DesiredBgp, Family, GlobalConfig, ReceivedPath
from testbed.bgp.reconcile import (
    Applied,
    accept,
    adopted_paths,
    adopted_peers,
    changes,
    same_identity,
)
from testbed.bgp.translate import AdoptedPeer


def route(number: int, hop: int) -> Announcement:
    prefix = ipaddress.ip_network(f"10.244.{number}.0/24")
    return unicast.announce(prefix, ipaddress.ip_address(f"fd00::{hop}"))


routes = st.builds(route, st.integers(0, 4), st.integers(1, 2))
peers = st.builds(
    BgpPeer, st.sampled_from(["fd00::1", "fd00::2", "fd00::3"]), st.sampled_from([64512, 64513])
)
states = st.builds(
    lambda p, a: DesiredBgp(64512, "10.0.0.1", frozenset(p), frozenset(a)),
    st.lists(peers, unique_by=lambda peer: peer.address),
    st.lists(routes, unique_by=lambda path: path.key),
)


def reach(applied: Applied, desired: DesiredBgp) -> None:
    """Do what `changes` says, as gobgpd would: a second add of a peer is an error there."""
    steps = changes(applied, accept(desired, applied.paths))
    for path in steps.add_paths:
        applied.paths[path.key] = path
    for path in steps.delete_paths:
        del applied.paths[path.key]
    for address in steps.delete_peers:
        del applied.peers[address]
    for address, peer in steps.add_peers:
        assert address not in applied.peers
        applied.peers[address] = peer


@given(states, states)
def test_any_state_is_reached_from_any_other(first: DesiredBgp, second: DesiredBgp) -> None:
    applied = Applied()
    for desired in (first, second):
        reach(applied, desired)
        assert frozenset(applied.paths.values()) == desired.announcements
        assert frozenset(applied.peers.values()) == desired.peers
    nothing = changes(applied, accept(second, applied.paths))
    assert not any([*vars(nothing).values()])


@given(states, states)
def test_a_replaced_path_is_not_withdrawn(first: DesiredBgp, second: DesiredBgp) -> None:
    applied = Applied()
    reach(applied, first)
    steps = changes(applied, accept(second, applied.paths))
    kept = {path.key for path in second.announcements}
    assert not kept & {path.key for path in steps.delete_paths}


@given(st.lists(routes))
def test_a_double_announcement_is_told_and_decided_the_same_way(paths: list[Announcement]) -> None:
    wanted = accept(DesiredBgp(64512, "10.0.0.1", announcements=frozenset(paths)), {})
    keys = {path.key for path in paths}
    assert set(wanted.paths) == keys
    assert len(wanted.refused) == len(set(paths)) - len(keys)
    assert all(wanted.paths[path.key].attrs <= path.attrs for path in paths)


def test_one_bad_announcement_does_not_stop_the_others() -> None:
    bad = Announcement(Family.IPV4_UNICAST, b"\x21", b"")
    desired = DesiredBgp(64512, "10.0.0.1", announcements=frozenset({bad, route(1, 1)}))
    wanted = accept(desired, {})
    assert list(wanted.paths.values()) == [route(1, 1)]
    assert wanted.refused[0].startswith("IPV4_UNICAST 21: ")


FOUND = AdoptedPeer("fd00::2", 64512, "fd00::1", False, 179, 9, 15, frozenset(Family))


def test_only_a_session_that_is_configured_as_wanted_is_kept() -> None:
    same = BgpPeer("fd00:0::2", 64512, "fd00::1")
    assert adopted_peers([FOUND], {"fd00::2": same}) == {"fd00::2": same}
    for other in (
        BgpPeer("fd00::2", 64513, "fd00::1"),
        BgpPeer("fd00::2", 64512, "fd00::9"),
        BgpPeer("fd00::2", 64512, "fd00::1", passive=True),
        BgpPeer("fd00::2", 64512, "fd00::1", hold_time=90),
        BgpPeer("fd00::2", 64512, "fd00::1", restart_time=90),
        BgpPeer("fd00::2", 64512, "fd00::1", families=(Family.IPV6_UNICAST,)),
    ):
        assert adopted_peers([FOUND], {"fd00::2": other}) == {"fd00::2": None}
    assert adopted_peers([FOUND], {}) == {"fd00::2": None}


def test_adopted_paths_that_cannot_be_sent_again_get_harmless_attributes() -> None:
    good = route(1, 1)
    broken = ReceivedPath("", Family.IPV6_SRPOLICY, b"\xc0" + bytes(24), b"\xff")
    own = adopted_paths([ReceivedPath("", good.family, good.nlri, good.attrs), broken])
    assert own[good.key] == good
    assert own[broken.family, broken.nlri].attrs != broken.attrs


def test_identity_without_addresses_listens_everywhere() -> None:
    running = GlobalConfig(64512, "10.0.0.1", ("0.0.0.0", "::"), 179)
    assert same_identity(running, GlobalConfig(64512, "10.0.0.1"))
    assert not same_identity(running, GlobalConfig(64512, "10.0.0.1", ("::1",)))
    assert not same_identity(running, GlobalConfig(64513, "10.0.0.1"))
