"""A copy of this tree that runs itself: its `.venv` knows the copy's package, not the original.

Nodes of a lab see the directory of the environment and that of the package, nothing else of a
clone (`testbed/providers/namespaces/provision.py`). So the libraries lie in it, as hard links where
the file system is the same.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
import venv
from pathlib import Path

from tests.repository import ROOT

# .gitignore's, and what belongs to the original alone.
_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "__pycache__")
_BUILT = ("build", "out")
_WAY = "copied_tree.pth"  # to the copy's package
# Not needed by anything that is run, or the way to the original's package.
_OTHER_LIBRARIES = shutil.ignore_patterns(
    *("pip", "mypy", "mypyc", "*__mypyc*", "__editable__*", "testbed", _WAY)
)
# As pip writes one whose interpreter has a long path: a script of sh, and of Python.
_PROGRAM = """\
#!/bin/sh
'''exec' {python} -IXutf8 "$0" "$@"
' '''
import sys
from {module} import {function}
sys.exit({function}())
"""


def copy_tree(target: Path) -> None:
    """Copy the tree, and give it an environment of its own."""
    shutil.copytree(ROOT, target, ignore=_not_of_the_tree, symlinks=True)
    equip(target)


def equip(tree: Path) -> None:
    """Make `.venv` for a tree: the libraries of this process, and the tree's own package."""
    environment = tree / ".venv"
    venv.create(environment, system_site_packages=True, symlinks=True)
    libraries = Path(sysconfig.get_path("purelib"))
    own = environment / libraries.relative_to(sys.prefix)
    shutil.copytree(
        libraries, own, ignore=_OTHER_LIBRARIES, copy_function=_link, dirs_exist_ok=True
    )
    (own / _WAY).write_text(f"{tree}\n")
    programs = environment / "bin"
    _write_program(programs / "testbed", "testbed.cli.main", "main")
    _write_program(programs / "pytest", "pytest", "main")
    _link(str(Path(sys.executable).parent / "ruff"), str(programs / "ruff"))


def _not_of_the_tree(directory: str, names: list[str]) -> set[str]:
    top = _BUILT if Path(directory) == ROOT else ()
    return _LEFT_OUT(directory, names) | set(top)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without hard links
        shutil.copy2(source, target)


def _write_program(path: Path, module: str, function: str) -> None:
    path.write_text(
        _PROGRAM.format(python=path.parent / "python", module=module, function=function)
    )
    path.chmod(0o755)
