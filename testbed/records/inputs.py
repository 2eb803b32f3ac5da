"""The files that a run reads, as they are kept in its crate: inputs/KIND/NAME."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

INPUTS = "inputs"
SCENARIOS, TOPOLOGIES = f"{INPUTS}/scenarios", f"{INPUTS}/topologies"
POLICIES = f"{INPUTS}/policies"  # those that scenarios name
GIVEN_POLICY = f"{INPUTS}/policy"  # the user's own, which may have the name of one of ours


def keep_files(files: Iterable[Path], directory: Path, folder: str) -> None:
    """Copy them into the folder of a run; what lies there already is that file. Raises OSError."""
    target = directory / folder
    for file in sorted(files):
        target.mkdir(parents=True, exist_ok=True)
        if file.resolve() != (target / file.name).resolve():
            shutil.copyfile(file, target / file.name)


def with_imported(file: Path) -> set[Path]:
    """A Python file, and those beside it that it imports, and so on. Raises OSError."""
    found, todo = set[Path](), [file.resolve()]
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo += [s for name in _imports(one) if (s := one.with_name(f"{name}.py")).is_file()]
    return found


def named_files(file: Path, directory: Path) -> set[Path]:
    """The files of a directory that a Python file names in a text of its own. Raises OSError."""
    texts = {
        node.value
        for node in ast.walk(_parse(file))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {path for path in directory.glob("*") if path.name in texts and path.is_file()}


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(_parse(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if "." not in alias.name)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module


def _parse(file: Path) -> ast.Module:
    """Nothing of a file that is no Python: who runs it says so."""
    try:
        return ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module([], [])
