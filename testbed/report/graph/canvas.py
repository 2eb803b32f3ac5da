"""A character canvas that draws straight lines as box characters and slanted lines in braille."""

from __future__ import annotations

BRAILLE = 0x2800
# Bit of the dot in column 0/1 and row 0..3 of a braille cell (Unicode chapter 21.1).
DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


class Canvas:
    """`columns` x `rows` characters; later drawing covers earlier drawing, text covers lines."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._dots = [[0] * columns for _ in range(rows)]
        self._strokes = [[""] * columns for _ in range(rows)]
        self._text = [[""] * columns for _ in range(rows)]

    def line(self, a: tuple[int, int], b: tuple[int, int], broken: bool = False) -> None:
        """Draw a line between two cells (column, row); a `broken` one with gaps."""
        if a[1] == b[1]:
            for column in range(min(a[0], b[0]), max(a[0], b[0]) + 1):
                self._draw_stroke(column, a[1], "╌" if broken else "─")
        elif a[0] == b[0]:
            for row in range(min(a[1], b[1]), max(a[1], b[1]) + 1):
                self._draw_stroke(a[0], row, "╎" if broken else "│")
        else:
            self._draw_slanted(a, b, broken)

    def write(self, column: int, row: int, text: str) -> None:
        """Write text from this cell on; cut what does not fit."""
        for offset, character in enumerate(text):
            if 0 <= column + offset < self.columns and 0 <= row < self.rows:
                self._text[row][column + offset] = character

    def lines(self) -> list[str]:
        """The rows, without trailing blanks."""
        return ["".join(self._read_cell(c, r) for c in range(self.columns)).rstrip() for r in
                range(self.rows)]  # fmt: skip

    def _read_cell(self, column: int, row: int) -> str:
        dots = self._dots[row][column]
        drawn = self._strokes[row][column] or (chr(BRAILLE + dots) if dots else " ")
        return self._text[row][column] or drawn

    def _draw_stroke(self, column: int, row: int, character: str) -> None:
        before = self._strokes[row][column]
        self._strokes[row][column] = "┼" if before and before != character else character

    def _draw_slanted(self, a: tuple[int, int], b: tuple[int, int], broken: bool) -> None:
        ax, ay, bx, by = 2 * a[0] + 1, 4 * a[1] + 2, 2 * b[0] + 1, 4 * b[1] + 2
        steps = max(abs(bx - ax), abs(by - ay))
        for step in range(steps + 1):
            if broken and step % 8 >= 4:
                continue
            x, y = ax + round((bx - ax) * step / steps), ay + round((by - ay) * step / steps)
            self._dots[y // 4][x // 2] |= DOTS[x % 2][y % 4]
