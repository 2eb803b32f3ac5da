"""A figure of a report: a drawing with its name, which is that of its files, and its caption."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from testbed.report.graph.scene import Scene


@dataclass(frozen=True)
class Figure:
    """`name` is unique in a report and fit for a file; figures of one `heading` stand together."""

    name: str
    caption: str
    scene: Scene
    heading: str = ""

    def of(self, run: str) -> Figure:
        """The same, named by its run too."""
        return replace(self, name=f"{slug(run)}-{self.name}")


def slug(text: str) -> str:
    """A text as a part of a file's name: neither long nor hostile."""
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")[:60] or "x"
