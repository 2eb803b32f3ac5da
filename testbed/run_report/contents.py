"""All that a report says, gathered from its runs before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from testbed.run_report import measurements, paths, timings
from testbed.run_report.claims import Claim, claims
from testbed.run_report.figure import Figure
from testbed.run_report.paths import PairOfPods
from testbed.run_report.source import Source
from testbed.run_report.summaries import CaseSummary, Pair, pairs, summarise_cases
from testbed.run_report.timings import Recorded


@dataclass(frozen=True)
class Contents:
    """`scenarios`: name → claims, of those that there are; by run: everything else."""

    sources: Sequence[Source]
    scenarios: Mapping[str, Sequence[str]]

    @cached_property
    def summaries(self) -> dict[str, list[CaseSummary]]:
        """Run → its cases in numbers."""
        return {
            s.name: summarise_cases(s.evaluation.by_case()) for s in self.sources if s.evaluation
        }

    @cached_property
    def compared(self) -> dict[str, list[Pair]]:
        """Run → its comparisons."""
        return {s.name: pairs(s.evaluation.by_case()) for s in self.sources if s.evaluation}

    @cached_property
    def claims(self) -> list[Claim]:
        """Each claim of the paper."""
        return claims(self.sources, self.scenarios, self.compared)

    @cached_property
    def recorded(self) -> list[Recorded]:
        """What scenarios recorded."""
        return timings.recorded(self.sources)

    @cached_property
    def measured(self) -> dict[str, list[Figure]]:
        """Run → figures of its evaluation; named by the run where there are several."""
        found = {
            run: measurements.figures(own, self.compared[run])
            for run, own in self.summaries.items()
        }
        if len(found) < 2:
            return found
        return {run: [figure.of(run) for figure in own] for run, own in found.items()}

    @cached_property
    def timed(self) -> list[Figure]:
        """Distributions over all runs."""
        return timings.figures(self.recorded)

    @cached_property
    def topologies(self) -> list[Figure]:
        """Each topology."""
        return paths.topologies(self.sources)

    @cached_property
    def proofs(self) -> dict[str, dict[str, list[PairOfPods]]]:
        """Run → directory of the scenario → its proofs."""
        return {
            source.name: {
                scenario.directory: paths.draw_proofs(source.name, scenario)
                for scenario in source.scenarios
                if scenario.proofs
            }
            for source in self.sources
        }

    def figures(self) -> Iterator[Figure]:
        """All of them, in the order of the page."""
        for own in self.measured.values():
            yield from own
        yield from self.timed
        yield from self.topologies
        for scenarios in self.proofs.values():
            for drawn in scenarios.values():
                yield from paths.figures(drawn)
