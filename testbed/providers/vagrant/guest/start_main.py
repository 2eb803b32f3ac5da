"""In a guest: runs a module of the payload, as `python3 -I -B start_main.py MODULE ARGUMENTS`.

An isolated interpreter does not find the payload; this adds its directory, and only that. It comes
first: a stock box may have packages of the same names. Standard library only.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[4]))
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
