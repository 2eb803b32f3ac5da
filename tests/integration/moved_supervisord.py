"""supervisord with a time of day that can be set: seconds in a file are added to it.

`python -m tests.integration.moved_supervisord FILE CONFIGURATION`. The machine's clock is nobody's
to set; supervisord asks for its time by `time.time()` only.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from supervisor import supervisord


def main() -> None:
    file, configuration = sys.argv[1:]
    real = time.time
    time.time = lambda: real() + float(Path(file).read_text())
    supervisord.main(["-c", configuration])


if __name__ == "__main__":
    main()
