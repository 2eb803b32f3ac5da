"""Writes a report into a directory: the page, figures, data. What it did not write stays."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.files import write_atomically
from testbed.host.for_caller import hand_to_caller, make_directory
from testbed.json_types import JsonObject
from testbed.report.figures.fonts import font_style
from testbed.report.figures.pdf import pdf_of
from testbed.report.graph.svg import svg_of
from testbed.run_report import data
from testbed.run_report.contents import Contents
from testbed.run_report.page import page_of

PAGE, FIGURES, SUMMARY = "index.html", "figures", "report.json"


@dataclass(frozen=True)
class Written:
    """The page, the number of figures and that of samples."""

    page: Path
    figures: int
    samples: int


def write(contents: Contents, directory: Path, title: str, commit: str) -> Written:
    """Raises TestbedError, OSError. An earlier report in the directory is replaced."""
    _refuse_evidence(directory)
    make_directory(directory / FIGURES)
    earlier = _earlier(directory)
    figures = list(contents.figures())
    font = font_style(figure.scene for figure in figures)
    written = []
    for name, content in _files(contents, directory, title, commit, font):
        write_atomically(directory / name, content)
        hand_to_caller(directory / name)
        written.append(name)
    _write_summary(contents, directory, written)
    for name in earlier - {*written, SUMMARY}:
        with suppress(OSError):
            (directory / name).unlink()
    samples = sum(len(s.evaluation.samples) for s in contents.sources if s.evaluation)
    return Written(directory / PAGE, len(figures), samples)


def _files(
    contents: Contents, directory: Path, title: str, commit: str, font: str
) -> Iterator[tuple[str, str | bytes]]:
    for figure in contents.figures():
        yield f"{FIGURES}/{figure.name}.svg", svg_of(figure.scene, font)
        yield f"{FIGURES}/{figure.name}.pdf", pdf_of(figure.scene)
    if contents.summaries:
        yield "samples.csv", data.samples_csv(contents.sources)
        yield "samples.json", _as_text(data.samples_json(contents.sources))
    if contents.recorded:
        yield "scenario-figures.csv", data.recorded_csv(contents.recorded)
    yield PAGE, page_of(contents, title, font, directory, commit)


def _write_summary(contents: Contents, directory: Path, written: Sequence[str]) -> None:
    summary = data.summary_json(
        contents.sources, contents.claims, contents.summaries, contents.compared
    )
    text = _as_text({**summary, "files": [*written, SUMMARY]})
    write_atomically(directory / SUMMARY, text)
    hand_to_caller(directory / SUMMARY)


def _refuse_evidence(directory: Path) -> None:
    """A run's own directory has digests of all its files: nothing is added to it."""
    for name in ("ro-crate-metadata.json", "evaluation.json"):
        if (directory / name).exists():
            raise TestbedError(
                f"{directory} is the directory of a run",
                why="a report in it would be a part of its evidence",
                fix="-o with another directory",
            )


def _earlier(directory: Path) -> set[str]:
    """The files of the report that is there, as it says itself; none below another directory."""
    try:
        content: JsonObject = json.loads((directory / SUMMARY).read_bytes())
        files = content["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    if not isinstance(files, list):
        return set()
    names = {name for name in files if isinstance(name, str)}
    return {name for name in names if name.removeprefix(f"{FIGURES}/").count("/") == 0
            and ".." not in name}  # fmt: skip


def _as_text(value: object) -> str:
    return json.dumps(value, indent=1, default=str) + "\n"
