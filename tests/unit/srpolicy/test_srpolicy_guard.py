"""What our encoder makes passes the last check before gobgpd, whatever the candidate."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from hypothesis import given
from hypothesis import strategies as st

from testbed.bgp.guard import check_announcement
from testbed.bgp.model import Announcement, Family
from testbed.srpolicy.bgp import codec
from testbed.srpolicy.model import Candidate
from tests.unit.srpolicy import srpolicy_strategies as mine


@given(mine.announced, st.lists(mine.v4, max_size=3), mine.v6)
def test_every_encoded_candidate_may_be_sent(
    candidate: Candidate, targets: list[IPv4Address], hop: IPv6Address
) -> None:
    nlri = codec.encode_nlri(candidate.key)
    attrs = codec.encode_attributes(candidate, hop, targets)
    check_announcement(Announcement(Family.IPV6_SRPOLICY, nlri, attrs))
