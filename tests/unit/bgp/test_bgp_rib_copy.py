"""However messages, reads and losses follow each other, the copy is what a full read would be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from testbed.bgp.mirror import Mirror
from testbed.bgp.model import Announcement, Family, ReceivedPath
from testbed.bgp.retention import Rib, Source
from testbed.bgp.rib_copy import RibCopy
from testbed.bgp.update import Update

PEERS, FAMILIES = ("fd00::1", "fd00::2"), (Family.IPV6_UNICAST, Family.IPV6_SRPOLICY)
KEYS = st.tuples(st.sampled_from(FAMILIES), st.sampled_from([b"a", b"b", b"c"]))
ANNOUNCED = st.builds(
    lambda key, attrs: Announcement(key[0], key[1], attrs), KEYS, st.sampled_from([b"x", b"y"])
)
UPDATES = st.builds(
    Update,
    st.lists(KEYS, max_size=3).map(tuple),
    st.lists(ANNOUNCED, max_size=3, unique_by=lambda a: a.key).map(tuple),
)
READ, LOST = "read", "lost"
STEPS = st.lists(
    st.tuples(st.sampled_from(PEERS), UPDATES | st.sampled_from([READ, LOST])), max_size=25
)


class Gobgpd:
    """What a peer has announced, kept in the simplest way."""

    def __init__(self) -> None:
        self.paths: dict[str, dict[tuple[Family, bytes], ReceivedPath]] = {}

    def hear(self, peer: str, update: Update) -> None:
        paths = self.paths.setdefault(peer, {})
        for key in update.withdrawn:
            paths.pop(key, None)
        for one in update.announced:
            paths[one.key] = ReceivedPath(peer, one.family, one.nlri, one.attrs)

    def read(self, peer: str, family: Family) -> list[ReceivedPath]:
        return [path for path in self.paths.get(peer, {}).values() if path.family is family]


def content(rib: Rib) -> dict[Source, set[ReceivedPath]]:
    return {source: set(paths) for source, paths in rib.items()}


@given(STEPS)
def test_any_sequence_of_events_is_a_full_read(steps: list[tuple[str, Update | str]]) -> None:
    gobgpd, copy, known = Gobgpd(), RibCopy(), set[str]()
    for peer, step in steps:
        if isinstance(step, Update):
            gobgpd.hear(peer, step)
            copy.apply(peer, step)
        elif step == READ:
            known.add(peer)
            for family in FAMILIES:
                copy.replace((peer, family), gobgpd.read(peer, family))
        else:
            known.discard(peer)
            gobgpd.paths.pop(peer, None)
            copy.take(peer)
        full = {(p, f): set(gobgpd.read(p, f)) for p in known for f in FAMILIES}
        assert content(copy.view()) == full
        assert copy.peers == known


@given(STEPS, STEPS)
def test_messages_that_a_read_had_seen_do_not_matter(
    early: list[tuple[str, Update | str]], late: list[tuple[str, Update | str]]
) -> None:
    """gobgpd reports a message after it has acted on it, so a read may be ahead of the reports."""
    gobgpd, copy = Gobgpd(), RibCopy()
    updates = [(p, step) for p, step in (*early, *late) if isinstance(step, Update)]
    for peer, step in updates:
        gobgpd.hear(peer, step)
    for peer in PEERS:
        for family in FAMILIES:
            copy.replace((peer, family), gobgpd.read(peer, family))
    for peer, step in updates:
        copy.apply(peer, step)
    full = {(p, f): set(gobgpd.read(p, f)) for p in PEERS for f in FAMILIES}
    assert content(copy.view()) == full


def test_what_did_not_change_is_not_made_anew() -> None:
    """Who compares two views must not have to compare a thousand paths."""
    copy, source = RibCopy(), (PEERS[0], FAMILIES[0])
    first = [ReceivedPath(*source, nlri, b"x") for nlri in (b"a", b"b")]
    copy.replace(source, first)
    view = copy.view()[source]
    copy.replace(source, [ReceivedPath(*source, nlri, b"x") for nlri in (b"b", b"a")])
    copy.apply(PEERS[0], Update(announced=(Announcement(FAMILIES[0], b"a", b"x"),)))
    copy.apply(PEERS[0], Update(withdrawn=((FAMILIES[0], b"c"),)))
    copy.apply(PEERS[1], Update(announced=(Announcement(FAMILIES[0], b"a", b"x"),)))
    assert copy.view()[source] is view
    copy.apply(PEERS[0], Update(announced=(Announcement(FAMILIES[0], b"a", b"y"),)))
    assert [path.attrs for path in copy.view()[source]] == [b"y", b"x"]
    assert copy.view()[source][1] is first[1]


def test_a_lost_session_leaves_its_paths_and_the_next_one_replaces_them() -> None:
    mirror, source = Mirror(), (PEERS[0], FAMILIES[0])
    old, new = (ReceivedPath(*source, b"a", attrs) for attrs in (b"x", b"y"))
    mirror.replace(source, [old])
    mirror.lose(PEERS[0], until=10.0)
    assert mirror.in_use(1.0, PEERS) == {source: (old,)} and mirror.peers == set()
    mirror.apply(PEERS[0], Update(withdrawn=((FAMILIES[0], b"a"),)))  # a late one of that session
    assert mirror.in_use(1.0, PEERS) == {source: (old,)}
    mirror.replace(source, [])
    mirror.apply(PEERS[0], Update(announced=(Announcement(FAMILIES[0], b"a", b"y"),)))
    assert mirror.in_use(1.0, PEERS) == {source: (new,)} and mirror.due() == 10.0
    mirror.release(source)
    assert mirror.in_use(1.0, PEERS) == {source: (new,)} and mirror.due() is None
