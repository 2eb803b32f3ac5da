"""Observations of a probe's walk through a plan, made up for tests."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address, ip_address
from itertools import pairwise

from testbed.plan.model import Plan
from testbed.prove.packets import Header, Observation

SRC, DST = ip_address("172.16.0.1"), ip_address("172.16.1.1")


class Walker:
    """Moves a probe along plan links and records both ends of every crossing."""

    def __init__(self, plan: Plan, tag: bytes = b"tag-of-16-bytes.") -> None:
        self.plan, self.seen = plan, list[Observation]()
        self.now = Observation(
            "", "", True, SRC, DST, 64, None, None, None, None, None, tag
        )  # fmt: skip

    def tunnel(self, source: str, remote: str, vni: int | None = None) -> Walker:
        """In front of the next crossing: the header of a legacy overlay."""
        self.encapsulate(source, IPv6Address("::"))
        self.now = replace(self.now, outer_dst=ip_address(remote), vni=vni)
        return self

    def encapsulate(self, source: str, *sids: IPv6Address) -> Walker:
        """In front of the next crossing: an outer header, with an SRH if there are several SIDs."""
        now = self.now
        srh = len(sids) > 1 or now.encapsulated
        if now.encapsulated:  # End.B6.Encaps leaves the header that it encloses as it came
            whole = Header(now.outer_src, now.outer_dst, now.hop_limit + 1, now.segments)
            enclosed = replace(whole, segments_left=now.segments_left)
            self.now = replace(now, between=(enclosed, *now.between))
        else:
            self.now = replace(
                now,
                inner_src=now.outer_src,
                inner_dst=now.outer_dst,
                inner_hop_limit=now.hop_limit - 1,
            )
        self.now = replace(
            self.now,
            outer_src=ip_address(source),
            outer_dst=sids[0],
            hop_limit=64,
            segments=tuple(sids) if srh else None,
            segments_left=len(sids) - 1 if srh else None,
        )
        return self

    def advance(self) -> Walker:
        """What a waypoint does: the next segment becomes the destination."""
        assert self.now.segments is not None and self.now.segments_left is not None
        left = self.now.segments_left - 1
        following = self.now.segments[len(self.now.segments) - 1 - left]
        self.now = replace(self.now, outer_dst=following, segments_left=left)
        return self

    def decapsulate(self) -> Walker:
        """What the egress does."""
        now = self.now
        assert now.inner_src and now.inner_dst and now.inner_hop_limit
        if now.between:
            enclosed, *others = now.between
            self.now = replace(
                now,
                outer_src=enclosed.src,
                outer_dst=enclosed.dst,
                hop_limit=enclosed.hop_limit - 1,
                segments=enclosed.segments,
                segments_left=enclosed.segments_left,
                between=tuple(others),
            )
            return self
        self.now = replace(
            now,
            outer_src=now.inner_src,
            outer_dst=now.inner_dst,
            hop_limit=now.inner_hop_limit,
            segments=None,
            segments_left=None,
            inner_src=None,
            inner_dst=None,
            inner_hop_limit=None,
            vni=None,
        )
        return self

    def cross(self, *nodes: str) -> Walker:
        """Along links of the plan, a hop limit less each time but the first."""
        for a, b in pairwise(nodes):
            link = next(x for x in self.plan.links_of(a) if x.peer(a).node == b)
            self._record((a, link.end(a).interface), (b, link.peer(a).interface))
        return self

    def attach(self, out: tuple[str, str], into: tuple[str, str]) -> Walker:
        """Between a pod and its node."""
        self._record(out, into)
        return self

    def inside(self, node: str, out: str, into: str) -> Walker:
        """From one interface of a node to another of the same node."""
        self._record((node, out), (node, into))
        return self

    def _record(self, out: tuple[str, str], into: tuple[str, str]) -> None:
        self.seen.append(replace(self.now, node=out[0], interface=out[1], outgoing=True))
        self.seen.append(replace(self.now, node=into[0], interface=into[1], outgoing=False))
        self.now = replace(self.now, hop_limit=self.now.hop_limit - 1)
