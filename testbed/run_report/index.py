"""The files of a run's evidence, by what they are: an index for people."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from testbed.run_report.source import Source

# A part of a file's path → what is in it; the first that fits.
_MEANINGS = (
    (r"^(command\.txt)$", "what was typed"),
    (r"^(environment|artefacts)\.json$|environment\.txt$", "machine, versions and digests"),
    (r"^source\.patch$", "what differs from the commit"),
    (r"^ro-crate-metadata\.json$", "the record of the run, with a digest of each file"),
    (r"^inputs/", "what the run was given"),
    (r"^(lab|plan)\.json$", "the lab"),
    (r"^(evaluation\.json|samples\.jsonl)$", "settings and samples of the evaluation"),
    (r"result\.json$", "verdict, checks and figures"),
    (r"output\.txt$", "what the scenario printed"),
    (r"/path-\d+/", "proofs of path: ways, and the captured packets"),
    (r"/rendered/", "the plan, and the files that were made of it"),
    (r"/observed/", "what each node had: routes, links, the agent's status, gobgpd's table"),
    (r"/kubernetes/", "objects of the API server"),
    (r"/(pod-)?logs/", "logs"),
)
_SHOWN = re.compile(r"^(command\.txt|source\.patch)$|(^|/)output\.txt$|^inputs/")
_LONGEST = 30_000  # characters of one text; 1 MB of all
_TOTAL = 1_000_000
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class IndexedFile:
    """A file, its length, and where it is, seen from the report."""

    name: str
    bytes: int
    link: str


@dataclass(frozen=True)
class Folder:
    """Files of one meaning."""

    meaning: str
    files: tuple[IndexedFile, ...]


@dataclass(frozen=True)
class ShownText:
    """A file whose text stands in the report; `left` characters of it do not."""

    name: str
    text: str
    left: int


def folders(source: Source, report: Path) -> list[Folder]:
    """All files of the run's directory, by their meaning."""
    found: dict[str, list[IndexedFile]] = {}
    for name in source.files:
        path = source.directory / name
        link = quote(os.path.relpath(path.resolve(), report.resolve()))
        file = IndexedFile(name, path.stat().st_size, f"./{link}")
        found.setdefault(_meaning(name), []).append(file)
    order = [*(meaning for _, meaning in _MEANINGS), "others"]
    return [Folder(m, tuple(found[m])) for m in dict.fromkeys(order) if m in found]


def texts(sources: Iterable[Source]) -> dict[str, list[ShownText]]:
    """Run → the texts that a reader wants first; together no more than a page can hold."""
    left, found = _TOTAL, dict[str, list[ShownText]]()
    for source in sources:
        shown = found.setdefault(source.name, [])
        for name in source.files:
            if not _SHOWN.search(name) or not _may_be_text(name):
                continue
            text = readable((source.directory / name).read_bytes())
            kept = text[: min(_LONGEST, max(left, 0))]
            left -= len(kept)
            if kept:
                shown.append(ShownText(name, kept, len(text) - len(kept)))
    return found


def readable(data: bytes) -> str:
    """Bytes as text for people: without what moves a terminal's cursor."""
    text = _ESCAPES.sub("", data.decode(errors="replace")).replace("\r", "")
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)


def _meaning(name: str) -> str:
    return next((meaning for part, meaning in _MEANINGS if re.search(part, name)), "others")


def _may_be_text(name: str) -> bool:
    suffixes = (".txt", ".patch", ".py", ".yaml", ".yml", ".json", ".log", "")
    return PurePosixPath(name).suffix in suffixes
