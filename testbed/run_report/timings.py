"""Seconds that scenarios recorded: without traffic, and until a change took effect."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from testbed.report.figures.cdf import cdf
from testbed.run_report.figure import Figure
from testbed.run_report.source import Source

# How the name of a figure begins → name of the chart's files, and its title.
KINDS = {
    "seconds without": ("outages", "Outages: seconds without traffic"),
    "seconds until": ("time-to-effect", "Time to effect: seconds until a change was followed"),
}
FEWEST = 3  # values of which a distribution is drawn


@dataclass(frozen=True)
class Recorded:
    """A figure of a scenario, of one run; a number, several, or what else it recorded."""

    run: str
    scenario: str
    name: str
    value: object
    bound: float | None = None  # what it is to be at most

    @property
    def numbers(self) -> tuple[float, ...]:
        """Its values, if it has any that are numbers."""
        values = self.value if isinstance(self.value, list | tuple) else [self.value]
        return tuple(number for value in values if (number := _number(value)) is not None)

    @property
    def words(self) -> str:
        """The value for people, with its bound."""
        many = self.value if isinstance(self.value, list | tuple) else [self.value]
        value = ", ".join(map(str, many))
        return value if self.bound is None else f"{value} (bound: {self.bound:g})"


def recorded(sources: Iterable[Source]) -> list[Recorded]:
    """All figures of all scenarios."""
    return [
        Recorded(
            source.name, scenario.result.scenario, name, value, scenario.result.bounds.get(name)
        )
        for source in sources
        for scenario in source.scenarios
        if scenario.result
        for name, value in scenario.result.figures.items()
    ]


def figures(all_recorded: Sequence[Recorded]) -> list[Figure]:
    """A distribution for each kind of time of which there are enough values; over all runs."""
    found = []
    for beginning, (name, title) in KINDS.items():
        series: dict[str, list[float]] = {}
        for one in all_recorded:
            if one.name.startswith(beginning) and not one.name.endswith("median"):
                label = f"{one.scenario}: {_short(one.name, beginning)}".rstrip(": ")
                series.setdefault(label, []).extend(one.numbers)
        drawn = {label: values for label, values in series.items() if len(values) >= FEWEST}
        if drawn:
            caption = f"{title}; the share of values (n of each in the legend) that are at most x."
            found.append(Figure(name, caption, cdf(title, "s", drawn)))
    return found


def _short(name: str, beginning: str) -> str:
    return name.removeprefix(beginning).strip().removesuffix(", each").removeprefix("traffic")


def _number(value: object) -> float | None:
    """A value that can be drawn; a truth is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
