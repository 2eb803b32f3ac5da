"""Lays out tables for terminals and pipes: no word is ever broken.

On a terminal that is too narrow, columns are left out by rank, then folded below their record;
`-o wide` shows all of them. In a pipe one record is one line, as from kubectl.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from testbed.host.terminal import is_colourful

GAP = "   "
PROSE = 24  # characters under which a column of sentences is not squeezed


@dataclass(frozen=True)
class Column:
    """A column. `rank`: 0 is needed; of the others the highest is left out first.

    `prose`: what it holds may be broken between words.
    """

    title: str
    rank: int = 0
    prose: bool = False


def show_table(
    title: str | None, columns: Sequence[Column | str], rows: list[list[str]], wide: bool = False
) -> None:
    """Print a table on stdout."""
    width = None if wide else terminal_width()
    lines = lay_out([_as_column(c) for c in columns], rows, width)
    if title:
        print(title)
    bold = _is_terminal() and is_colourful(sys.stdout)
    print(f"\033[1m{lines[0]}\033[0m" if bold else lines[0])
    print("".join(f"{line}\n" for line in lines[1:]))


def terminal_width() -> int | None:
    """Characters of a line on stdout; None if it is no terminal."""
    return shutil.get_terminal_size().columns if _is_terminal() else None


def lay_out(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int | None
) -> list[str]:
    """The lines of a table; `width` in characters, None: as wide as it gets, a record a line."""
    if width is None:
        rows = [[", ".join(filter(None, cell.split("\n"))) for cell in row] for row in rows]
    needed = [_needed(column, _cells(rows, i)) for i, column in enumerate(columns)]
    beside, below = _place(columns, needed, width)
    widths = _widths(columns, rows, beside, needed, width)
    lines = _record([columns[i].title.upper() for i in beside], widths)
    for row in rows:
        cells = [
            _wrapped(row[i], w) if columns[i].prose else row[i]
            for i, w in zip(beside, widths, strict=True)
        ]
        lines += _record(cells, widths)
        for i in below:
            lines += _folded(columns[i].title, row[i], width or 0)
    return lines


def _place(
    columns: Sequence[Column], needed: Sequence[int], width: int | None
) -> tuple[list[int], list[int]]:
    """The columns that stand beside each other, and those folded below each record."""
    beside, below = list(range(len(columns))), list[int]()
    while width is not None and len(beside) > 1 and _total(needed[i] for i in beside) > width:
        optional = [i for i in beside if columns[i].rank]
        if optional:
            beside.remove(max(optional, key=lambda i: (columns[i].rank, i)))
        else:
            below.insert(0, beside.pop())
    return beside, below


def _widths(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    beside: Sequence[int],
    needed: Sequence[int],
    width: int | None,
) -> list[int]:
    """Characters of each column beside the others; prose takes what the rest leaves."""
    natural = {i: _longest_line([columns[i].title, *_cells(rows, i)]) for i in beside}
    if width is None:
        return [natural[i] for i in beside]
    spare = width - _total(needed[i] for i in beside)
    found = []
    for i in beside:
        more = max(0, min(natural[i] - needed[i], spare)) if columns[i].prose else 0
        spare -= more
        found.append(needed[i] + more)
    return found


def _needed(column: Column, cells: Sequence[str]) -> int:
    """Characters without which a word of the column would break."""
    natural = _longest_line([column.title, *cells])
    if not column.prose:
        return natural
    words = [word for cell in (column.title, *cells) for word in cell.split()]
    return max(min(natural, PROSE), *(len(word) for word in words), 0)


def _record(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    """The lines of one record, each column filled up to its width."""
    split = [cell.split("\n") for cell in cells]
    height = max(len(lines) for lines in split)
    return [
        GAP.join(
            (lines[n] if n < len(lines) else "").ljust(w)
            for lines, w in zip(split, widths, strict=True)
        ).rstrip()
        for n in range(height)
    ]


def _folded(title: str, cell: str, width: int) -> list[str]:
    """A column of a record, below it."""
    text = ", ".join(filter(None, cell.split("\n")))
    if text in ("", "-"):
        return []
    return _wrapped(f"{title}: {text}", width, "  ", "    ").split("\n")


def _wrapped(text: str, width: int, first: str = "", others: str = "") -> str:
    return "\n".join(
        part
        for line in text.split("\n")
        for part in textwrap.wrap(
            line,
            max(width, 1),
            initial_indent=first,
            subsequent_indent=others,
            break_long_words=False,
            break_on_hyphens=False,
        )
        or [""]
    )


def _cells(rows: Sequence[Sequence[str]], column: int) -> list[str]:
    return [row[column] for row in rows]


def _longest_line(texts: Sequence[str]) -> int:
    return max(len(line) for text in texts for line in text.split("\n"))


def _total(widths: Iterable[int]) -> int:
    found = list(widths)
    return sum(found) + len(GAP) * (len(found) - 1)


def _as_column(given: Column | str) -> Column:
    return given if isinstance(given, Column) else Column(given)


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()
