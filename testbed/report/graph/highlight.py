"""A path to highlight in colour in a drawing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

Hops = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Highlight:
    """Directed hops of one TE path (several per node where paths of equal cost split).

    `backup`: hops of the path that stands by, drawn dashed in the same colour.
    """

    label: str
    hops: Hops
    waypoints: tuple[str, ...] = ()
    backup: Hops = ()

    @classmethod
    def of_paths(
        cls,
        paths: Iterable[Sequence[str]],
        waypoints: Sequence[str] = (),
        label: str | None = None,
    ) -> Highlight:
        """The highlight of several paths of equal cost; hops that they share occur once."""
        paths = [p for p in paths if p]
        hops = dict.fromkeys(hop for nodes in paths for hop in pairwise(nodes))
        if label is None:
            label = f"TE path {paths[0][0]} → {paths[0][-1]}" if paths else "no path"
            label += f" by {', '.join(waypoints)}" if waypoints else ""
        return cls(label, tuple(hops), tuple(waypoints))
