"""Reads the pages for people as scripts: the files that they show, their commands and the output.

A command is an indented line that begins with `$ `; what follows it, indented, is its output. An
indented block below a line that ends in "`NAME`:" is the file NAME.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from textwrap import dedent

from tests.repository import ROOT

PAGES = [
    *("README.md", "CONTRIBUTING.md"),
    *(str(page.relative_to(ROOT)) for page in sorted((ROOT / "docs").glob("*.md"))),
]
INDENT = "    "
FILE = re.compile(r"`([\w.-]+\.(?:py|ya?ml))`[^`]*:$")
COMMENT = re.compile(r"\s+# .*$")
OURS = re.compile(r"`(testbed [^`]*)`")
# How a command's output begins a line that says that it failed; the last is ping's.
FAILED = r"error:|✗|FAIL\b|From \S+ .*Unreachable$"
# What differs from run to run, and what stands for it.
VOLATILE = [
    (re.compile(pattern), mark)
    for pattern, mark in (
        (r"\x1b\[[0-9;]*m|\x00|\^@", ""),  # colours, and what `script` echoes
        (r"\b(\d+)/\1 programs", "all programs"),  # FRR 10 has one more in each router
        (r"\b\d+\.\d+ (m?s)\b", r"_ \1"),
        (r"\b\d+\.\d(?!\.)\b", "_"),
        (r"\btime=\S+", "time=_"),
        (r"\brun-\d+-\d+\b", "run-_"),
        (r"\b\d{8}-\d{6}\b", "_"),
        (r"\b\d\d:\d\d:\d\d\b", "_"),
        (r"\b\d+s\b", "_s"),
        (r"\bcali[0-9a-f]{8,}\b", "cali_"),
        (r"\b\d of (\d) probes", r"_ of \1 probes"),
    )
]


@dataclass(frozen=True)
class Shown:
    """A file that a page shows."""

    name: str
    text: str


@dataclass(frozen=True)
class Command:
    """A command of a page, at `line`, and the output that the page shows for it."""

    line: int
    text: str
    output: list[str] = field(default_factory=list)

    @property
    def fails(self) -> bool:
        """True if the page shows it failing."""
        return any(re.match(FAILED, line) for line in self.output)

    @property
    def typed(self) -> str:
        """The command without the comment behind it."""
        return COMMENT.sub("", self.text)

    @property
    def words(self) -> list[str]:
        """Its words, without the comment behind it."""
        return shlex.split(self.text, comments=True)


def steps(text: str) -> Iterator[Shown | Command]:
    """What a reader does who follows the page."""
    lines = text.splitlines()
    position, named = 0, None
    while position < len(lines):
        line = lines[position]
        if not line.startswith(INDENT):
            match = FILE.search(line.strip())
            named = match.group(1) if match else (named if not line.strip() else None)
            position += 1
            continue
        end = end_of_block(lines, position)
        block = dedent("\n".join(lines[position:end])).split("\n")
        typed = next((n for n, line in enumerate(block) if line.startswith("$ ")), len(block))
        if named and typed:
            yield Shown(named, "\n".join(block[:typed]).rstrip() + "\n")
        yield from commands_of(block[typed:], position + 1 + typed)
        position, named = end, None


def coming_from() -> dict[str, list[str]]:
    """The commands that docs/coming-from.md names for another tool's, by that tool."""
    found: dict[str, list[str]] = {}
    tool = ""
    for line in (ROOT / "docs/coming-from.md").read_text().splitlines():
        if line.startswith("## "):
            tool = line[3:]
        elif line.startswith("|"):
            found.setdefault(tool, []).extend(OURS.findall(line.split(" | ")[-1]))
    return found


def matches(shown: list[str], seen: str) -> bool:
    """True if the output is as shown: words in their order, `…` stands for any of them."""
    parts = " ".join(normal(" ".join(shown)).split()).split("…")
    # a word that a page cuts short ends in `…` too
    pattern = ".*".join(re.escape(part) for part in parts)
    return re.fullmatch(pattern, " ".join(normal(seen).split()), re.DOTALL) is not None


def normal(text: str) -> str:
    """The text without what differs from run to run."""
    for pattern, mark in VOLATILE:
        text = pattern.sub(mark, text)
    return text


def end_of_block(lines: list[str], position: int) -> int:
    """The first line behind an indented block; empty lines within belong to it."""
    end = position
    while end < len(lines) and (lines[end].startswith(INDENT) or not lines[end].strip()):
        end += 1
    while not lines[end - 1].strip():
        end -= 1
    return end


def commands_of(block: list[str], first: int) -> Iterator[Command]:
    """The commands of a block whose first line is the page's line `first`."""
    command: Command | None = None
    for number, line in enumerate(block, first):
        if line.startswith("$ "):
            if command:
                yield command
            command = Command(number, line[2:])
        elif command:
            command.output.append(line)
    if command:
        yield command
