"""What was heard from a lost session stays as long as it should, and no longer."""

from __future__ import annotations

from testbed.bgp.model import Family, ReceivedPath
from testbed.bgp.retention import Retention

PEER, OTHER = "fd00::2", "fd00::3"
SOURCE = (PEER, Family.IPV6_UNICAST)


def path(number: int, attrs: bytes = b"old", peer: str = PEER) -> ReceivedPath:
    return ReceivedPath(peer, Family.IPV6_UNICAST, bytes([8, number]), attrs)


def in_use(retention: Retention, *live: ReceivedPath) -> set[ReceivedPath]:
    rib = retention.beside({SOURCE: live} if live else {})
    return {path for paths in rib.values() for path in paths}


def test_stale_paths_stay_until_their_time() -> None:
    retention = Retention()
    retention.keep(SOURCE, [path(1)], 10.0)
    retention.purge(9.9, [PEER])
    assert in_use(retention) == {path(1)} and retention.due() == 10.0
    retention.purge(10.0, [PEER])
    assert in_use(retention) == set() and retention.due() is None


def test_a_new_path_takes_the_place_of_a_stale_one() -> None:
    retention = Retention()
    retention.keep(SOURCE, [path(1), path(2)], 10.0)
    assert in_use(retention, path(1, b"new")) == {path(1, b"new"), path(2)}


def test_the_end_of_rib_removes_what_was_not_sent_again() -> None:
    retention = Retention()
    retention.keep(SOURCE, [path(1), path(2)], 10.0)
    retention.keep((OTHER, Family.IPV6_UNICAST), [path(3, peer=OTHER)], 10.0)
    retention.release(SOURCE)
    assert in_use(retention, path(1)) == {path(1), path(3, peer=OTHER)}


def test_a_second_loss_gives_no_more_time_to_what_was_not_heard_again() -> None:
    retention = Retention()
    retention.keep(SOURCE, [path(1), path(2)], 10.0)
    retention.keep(SOURCE, [path(2)], 20.0)
    retention.purge(15.0, [PEER])
    assert in_use(retention) == {path(2)}


def test_a_peer_that_is_wanted_no_more_goes_at_once() -> None:
    retention = Retention()
    retention.keep(SOURCE, [path(1)], 10.0)
    retention.purge(0.0, [OTHER])
    assert in_use(retention) == set()
