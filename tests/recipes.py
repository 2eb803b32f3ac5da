"""Reads the recipes of CONTRIBUTING.md: numbered steps, with what is to be written and typed.

A fenced block is a file, named by the last "Create `PATH`" before it. In an indented block, lines
before the first command are to be put into files; a line `…` divides what goes to different places.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from tests.pages import INDENT, Command, Shown, commands_of, end_of_block
from tests.repository import ROOT

PAGE = "CONTRIBUTING.md"
HEAD = "## Recipe: "
NUMBER = re.compile(r"(\d+)\. ")
MARGIN = "   "  # of what belongs to a numbered step
FENCE = MARGIN + "```"
CREATED = re.compile(r"(?:Create|Write) (?:the folder )?`([\w./-]+)`(?: with `(\w+\.py)`)?")
EDITED = re.compile(r"(?:\b[Ii]n|Add a test to) `([\w./-]+\.py)`[,:]")
ELSEWHERE = "…"


@dataclass
class Step:
    """One step of a recipe; `prose` is all of it but the blocks."""

    number: int
    prose: str = ""
    files: list[Shown] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)

    @property
    def edited(self) -> list[str]:
        """The files that are to be changed."""
        return [] if self.files else EDITED.findall(self.prose)


def titles() -> list[str]:
    """The recipes."""
    lines = (ROOT / PAGE).read_text().splitlines()
    return [line.removeprefix(HEAD) for line in lines if line.startswith(HEAD)]


def recipe(title: str) -> list[Step]:
    """The numbered steps of a recipe."""
    return read((ROOT / PAGE).read_text(), title)


def read(text: str, title: str) -> list[Step]:
    """The numbered steps of a recipe of a page."""
    lines = text.splitlines()
    begin = lines.index(HEAD + title)
    heads = (n for n, line in enumerate(lines) if n > begin and line.startswith("## "))
    end = next(heads, len(lines))
    starts = [n for n in range(begin, end) if NUMBER.match(lines[n])]
    return [_step(lines[:stop], start) for start, stop in pairwise([*starts, end])]


def _step(lines: list[str], position: int) -> Step:
    """The step that begins in line `position` and ends with the lines."""
    number = NUMBER.match(lines[position])
    assert number is not None
    step = Step(int(number[1]))
    while position < len(lines):
        line = lines[position]
        if line.startswith(FENCE):
            end = lines.index(FENCE, position + 1)
            step.files.append(_file(step.prose, lines[position + 1 : end]))
            position = end + 1
        elif line.startswith(MARGIN + INDENT):
            end = end_of_block(lines, position)
            _read_block(step, [x[len(MARGIN + INDENT) :] for x in lines[position:end]], position)
            position = end
        else:
            step.prose += line.strip() + " "
            position += 1
    return step


def _file(prose: str, body: list[str]) -> Shown:
    folder, name = CREATED.findall(prose)[-1]
    text = "".join(f"{line[len(MARGIN) :]}\n" for line in body)
    return Shown(f"{folder}/{name}" if name else folder, text)


def _read_block(step: Step, block: list[str], first: int) -> None:
    typed = next((n for n, line in enumerate(block) if line.startswith("$ ")), len(block))
    shown = "\n".join(block[:typed]).split(f"\n{ELSEWHERE}\n")
    step.parts += [part.rstrip() for part in shown if part.strip()]
    step.commands += commands_of(block[typed:], first + 1 + typed)
