"""The page: one HTML document that needs nothing else. What runs say is text, never markup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from testbed import __version__
from testbed.paths import TEMPLATES
from testbed.report.figures import palette
from testbed.report.figures.forest import BAND
from testbed.report.graph.style import DARK
from testbed.report.graph.svg import dark_rules, svg_of
from testbed.run_report.contents import Contents
from testbed.run_report.facts import facts, sections
from testbed.run_report.figure import Figure
from testbed.run_report.index import folders, readable, texts
from testbed.run_report.measurements import interval_words
from testbed.run_report.quantities import CPU, THROUGHPUT, Quantity, describe, flat
from testbed.run_report.summaries import CaseSummary, Pair

FEW = 2  # scenarios that are shown unfolded
MOST_MAPS = 250  # drawings of paths on a page; further ones are files only
# Beside the drawings' own colours: those of charts.
_DARK = {**DARK, **palette.DARK, BAND: "#2a323b"}
_FIRST = (THROUGHPUT, "retransmits", CPU, "rtt_idle_s", "rtt_load_s", "loss", "jitter_s")


@dataclass(frozen=True)
class CaseTable:
    """The cases of an evaluation: quantities that any of them has, and the cells of each."""

    columns: tuple[Quantity, ...]
    rows: tuple[tuple[CaseSummary, tuple[str, ...]], ...]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Everything is escaped; what an undefined name is, is an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES / "report"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["readable"] = lambda text: readable(str(text).encode(errors="replace"))
    made.filters["bytes"] = _bytes_words
    made.filters["dotted"] = _breakable
    made.filters["by_heading"] = _by_heading
    return made


def page_of(contents: Contents, title: str, font: str, directory: Path, commit: str) -> str:
    """The document; `directory` is where it will be, `font` what brings the figures' glyphs."""
    outcomes = Counter(
        outcome.verdict
        for source in contents.sources
        if source.record and source.record.kind == "scenarios"
        for outcome in source.record.outcomes
    )
    shown = {id(figure) for figure in _maps(contents)[:MOST_MAPS]}
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            title=title,
            version=__version__,
            commit=commit,
            style=Markup(
                font + f"@media screen and (prefers-color-scheme:dark){{{dark_rules(_DARK)}}}"
            ),
            contents=contents,
            outcomes=outcomes,
            samples=sum(len(s.evaluation.samples) for s in contents.sources if s.evaluation),
            tables={run: case_table(own, _FIRST) for run, own in contents.summaries.items()},
            further={run: case_table(own) for run, own in contents.summaries.items()},
            ratio_words=ratio_words,
            singles=lambda pairs: [pair for pair in pairs if len(pair.proofs) == 1],
            verdict_words=verdict_words,
            few=sum(len(source.scenarios) for source in contents.sources) <= FEW,
            flat=lambda document: [(name, str(value)) for name, value in flat(document)],
            evaluations={s.name: s.evaluation for s in contents.sources if s.evaluation},
            facts={source.name: facts(source) for source in contents.sources},
            sections={source.name: sections(source) for source in contents.sources},
            folders={source.name: folders(source, directory) for source in contents.sources},
            texts=texts(contents.sources),
            svg=lambda figure: Markup(svg_of(figure.scene)),
            is_shown=lambda figure: id(figure) in shown,
            answers=Counter(claim.answer for claim in contents.claims),
        )
    )


def case_table(summaries: Sequence[CaseSummary], keys: Sequence[str] = ()) -> CaseTable:
    """Of these quantities, as far as they were measured, or of all others."""
    there = dict.fromkeys(key for one in summaries for key in one.quantities)
    shown = [k for k in keys if k in there] or [k for k in there if k not in _FIRST]
    columns = tuple(describe(key) for key in (shown if keys or shown else ()))
    rows = [(one, tuple(_cell(one, quantity) for quantity in columns)) for one in summaries]
    return CaseTable(columns, tuple(rows))


def verdict_words(pair: Pair) -> str:
    """What is said behind the verdict's kind."""
    return pair.comparison.words.removeprefix(pair.comparison.everything.kind).lstrip(":; ")


def ratio_words(pair: Pair) -> str:
    """The mean ratio with its interval."""
    ratio = pair.comparison.everything.ratio
    if ratio.value is None:
        return "–"
    if ratio.interval is None:
        return f"{ratio.value:.3f}"
    return f"{ratio.value:.3f} [{ratio.interval.low:.3f}, {ratio.interval.high:.3f}]"


def _cell(summary: CaseSummary, quantity: Quantity) -> str:
    mean = summary.quantities.get(quantity.key)
    if mean is None:
        return "–"
    return interval_words(mean, quantity).removesuffix(quantity.unit).rstrip()


def _maps(contents: Contents) -> Sequence[Figure]:
    return [
        drawn.figure
        for scenarios in contents.proofs.values()
        for pairs in scenarios.values()
        for pair in pairs
        for drawn in pair.proofs
        if drawn.figure
    ]


def _breakable(text: str) -> Markup:
    """A name with dots, which may be broken behind each of them."""
    return escape(text).replace(".", Markup(".<wbr>"))


def _by_heading(figures: Sequence[Figure]) -> dict[str, list[Figure]]:
    found: dict[str, list[Figure]] = {}
    for figure in figures:
        found.setdefault(figure.heading, []).append(figure)
    return found


def _bytes_words(count: int) -> str:
    if count < 1000:
        return f"{count} B"
    return f"{count / 1e3:.1f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"
