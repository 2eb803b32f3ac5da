"""N x M routers in a grid with a host at two corners, for scale: rows=10 columns=10."""

from testbed.errors import TestbedError
from testbed.topology import LabTopo

MOST = 1000  # routers of a lab


class Grid(LabTopo):
    """r1 is the first corner, r<rows*columns> the last; h1 and h2 sit there."""

    def build(self, rows: int = 3, columns: int = 3, **options: object) -> None:
        if rows < 1 or columns < 1 or rows * columns > MOST:
            raise TestbedError(
                f"{rows} x {columns} is no grid of 1 to {MOST} routers",
                fix="--set rows=3 --set columns=3, or other whole numbers from 1",
            )
        number = [[row * columns + column + 1 for column in range(columns)] for row in range(rows)]
        self.addRouters(*(f"r{n}" for line in number for n in line))
        for row in range(rows):
            for column in range(columns):
                here = f"r{number[row][column]}"
                if column + 1 < columns:
                    self.addLink(here, f"r{number[row][column + 1]}")
                if row + 1 < rows:
                    self.addLink(here, f"r{number[row + 1][column]}")
        self.addLink("r1", self.addHost("h1"))
        self.addLink(f"r{rows * columns}", self.addHost("h2"))
        super().build(**options)
