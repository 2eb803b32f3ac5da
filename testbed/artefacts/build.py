"""The third way: a build from Go modules, whose sources the committed go.sum pins."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from testbed.artefacts.gobuild import environment, is_package, run_go
from testbed.artefacts.lockfile import Artefact, Build
from testbed.artefacts.progress import Progress
from testbed.artefacts.toolchain import caches, find_go, pinned_go

Say = Callable[[str], None]


def build(artefact: Artefact, into: Path, say: Say) -> str:
    """Build the artefact's programs into `into`; says the cost before. Gives what was built.

    An interrupted build goes on where it was, from Go's caches: the user's own if there is a Go,
    else some in the testbed's cache that live until everything is built.
    Raises Unreachable if toolchain or sources cannot be had, CheckFailed if they are not what
    go.sum says or do not build.
    """
    recipe = artefact.build
    system = find_go(recipe.go)
    say(
        f"building {artefact.title} {artefact.version} from its Go modules: {recipe.cost}"
        + ("" if system else f" (and a Go toolchain first: none of {recipe.go} or newer here)")
    )
    go = str(system or pinned_go())
    env = environment(None if system else caches())
    with tempfile.TemporaryDirectory(dir=into, prefix=".module-") as scratch:
        module = Path(scratch) / "module"
        shutil.copytree(recipe.directory, module)
        _compile(go, artefact, module, env, into, say)
    _link(artefact, into)
    return f"{recipe.directory.name}/go.mod"


def _compile(
    go: str, artefact: Artefact, module: Path, env: dict[str, str], into: Path, say: Say
) -> None:
    recipe, what = artefact.build, artefact.title
    total = _count(go, recipe, module, env, what, say)
    done = 0

    def text(number: int) -> str:
        return f"building {what}: {min(number, total)} of {total} packages"

    progress = Progress(say, text)

    def each(remark: str) -> None:
        nonlocal done
        done += is_package(remark)
        progress.at(done)

    for name, package in recipe.packages.items():
        command = [go, *_action(name), "-v", *_flags(recipe), "-o", str(into / name), package]
        run_go(command, module, env, what=what, each=each)


def _action(name: str) -> list[str]:
    # without -vet=off the whole dependency graph of the tests would be vetted, for many minutes
    return ["test", "-c", "-vet=off"] if name.endswith(".test") else ["build"]


def _flags(recipe: Build) -> list[str]:
    tags = ["-tags", recipe.tags] if recipe.tags else []
    return ["-trimpath", *tags, "-ldflags", recipe.ldflags]


def _count(go: str, recipe: Build, module: Path, env: dict[str, str], what: str, say: Say) -> int:
    """How many packages remain to be compiled; downloads their sources for that."""
    progress = Progress(say, lambda number: f"building {what}: {number} Go modules downloaded")
    modules = 0

    def each(remark: str) -> None:
        nonlocal modules
        modules += remark.startswith("go: downloading")
        progress.at(modules)

    tests = ["-test"] if any(name.endswith(".test") for name in recipe.packages) else []
    command = [go, "list", "-deps", *tests, *_flags(recipe), "-f", "{{if .Stale}}x{{end}}"]
    stale = run_go([*command, *recipe.packages.values()], module, env, what=what, each=each)
    return stale.count("x")


def _link(artefact: Artefact, into: Path) -> None:
    """A name beside the one file for each program that it plays."""
    names = [name for name in artefact.programs if name not in artefact.build.packages]
    if names:
        [file] = artefact.build.packages
        for name in names:
            (into / name).symlink_to(file)
