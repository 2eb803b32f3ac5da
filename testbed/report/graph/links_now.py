"""What is known of a plan's links while a lab runs, and its words beside a link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from testbed.plan.model import Link, Port

Traffic = tuple[float, float]  # Mbit/s, from a link's first end to its second, and back
QUIET = 0.05  # Mbit/s; IS-IS and BGP of an idle lab stay below


@dataclass(frozen=True)
class LinksNow:
    """Links that are down, and what others carry, by their first end."""

    down: tuple[Link, ...] = ()
    traffic: Mapping[Port, Traffic] = field(default_factory=dict)

    def words(self, link: Link) -> list[str]:
        """Whether it is down, what it carries, how it is shaped; nothing of a usual, idle one."""
        shaping = link.shaping
        parts = ["down"] if link in self.down else []
        parts += self._load(link)
        parts += [f"{shaping.bandwidth:g} Mbit/s"] if shaping.bandwidth is not None else []
        parts += [shaping.delay] if shaping.delay is not None else []
        return parts + ([f"{shaping.loss:g} % loss"] if shaping.loss is not None else [])

    def _load(self, link: Link) -> list[str]:
        forth, back = self.traffic.get(link.a, (0.0, 0.0))
        if max(forth, back) < QUIET:
            return []
        return [f"{link.a.node}→{link.b.node} {forth:.3g}, back {back:.3g} Mbit/s"]


AS_PLANNED = LinksNow()
