"""Command lines that start Python and take no code from the caller's directory or environment.

`-m`, `-c` and a script put the current or the script's directory on sys.path, before the standard
library; PYTHONPATH and the user's site follow. Isolated mode (-I) has none of these. The venv's own
site-packages stay, and with them the testbed: installed, or editable from a clone. Nothing else in
the testbed builds such a command line.
"""

from __future__ import annotations

import sys
from pathlib import Path

# Isolated; root leaves no byte code in a user's clone; files and pipes are UTF-8 in every locale.
FLAGS = ("-I", "-B", "-X", "utf8")
MODULE = (sys.executable, *FLAGS, "-m")  # followed by a module and its arguments


def own_program(module: str, *arguments: str) -> list[str]:
    """Run an installed module, such as `testbed.agent`, as a program."""
    return [*MODULE, module, *arguments]


def own_file(file: Path, *arguments: str) -> list[str]:
    """Run one file, which imports nothing from beside it."""
    return [sys.executable, *FLAGS, str(file.absolute()), *arguments]


def own_code(code: str) -> list[str]:
    """Run some lines of code."""
    return [sys.executable, *FLAGS, "-c", code]
