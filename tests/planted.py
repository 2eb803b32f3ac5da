"""A directory full of modules that tell when somebody imports them."""

from __future__ import annotations

import sys
from pathlib import Path

# The standard library's that every command imports early or late, and our own name.
MODULES = ("json", "typing", "runpy", "socket", "ipaddress", "sitecustomize", "testbed/__init__")
_TELL = """\
with open({told!r}, "a") as told:
    told.write(__file__ + " in " + open("/proc/self/cmdline").read().replace("\\0", " ") + "\\n")
"""


class Planted:
    """Modules in the current directory, in PYTHONPATH and in the user's site."""

    def __init__(self, directory: Path) -> None:
        self.directory, self._told = directory / "here", directory / "told"
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        self._base = directory / "base"
        site = self._base / "lib" / version / "site-packages"
        for file in (*(self.directory / f"{m}.py" for m in MODULES), site / "usercustomize.py"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(_TELL.format(told=str(self._told)))
        line = _TELL.format(told=str(self._told)).replace("__file__", "'a .pth'")
        (site / "planted.pth").write_text(f"import sys; exec({line!r})\n")
        (directory / "startup.py").write_text(_TELL.format(told=str(self._told)))
        self._startup = directory / "startup.py"

    def variables(self) -> dict[str, str]:
        """What points Python to the planted modules."""
        return {
            "PYTHONPATH": str(self.directory),
            "PYTHONUSERBASE": str(self._base),
            "PYTHONSTARTUP": str(self._startup),
        }

    def told(self) -> str:
        """Which were imported since the last call, and by whom."""
        text = self._told.read_text() if self._told.exists() else ""
        self._told.unlink(missing_ok=True)
        return text
