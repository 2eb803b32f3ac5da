"""Builds an artefact from Go modules whose sources the committed go.sum pins."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from testbed.artefacts.gobuild import environment, is_package, run_go
from testbed.artefacts.lockfile import Artefact, Build
from testbed.artefacts.progress import Progress
from testbed.artefacts.toolchain import caches, find_go, pinned_go

Say = Callable[[str], None]


def build(artefact: Artefact, into: Path, say: Say) -> str:
    """Build the artefact's programs into `into`; says the cost before. Gives what was built.

    An interrupted build resumes from Go's caches: the user's own if there is a Go,
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
        _Work(artefact.title, recipe, go, module, env, say).compile(into)
    _link_programs(artefact, into)
    return f"{recipe.directory.name}/go.mod"


@dataclass(frozen=True)
class _Work:
    """One build: its sources, toolchain, directory and progress callback."""

    what: str
    recipe: Build
    go: str
    module: Path
    env: dict[str, str]
    say: Say

    def compile(self, into: Path) -> None:
        each = self._make_compile_counter(self._count_stale_packages())
        for name, package in self.recipe.packages.items():
            output = ["-o", str(into / name), package]
            if not _is_test(name):
                self._run_go("build", ["-v"], output, each)
                continue
            # `go test` does not say what it compiles; for its imports `go build` does
            if imports := self._test_imports(package):
                self._run_go("build", ["-v"], imports, each)
            # without -vet=off the whole dependency graph would be vetted, for many minutes
            self._run_go("test", ["-c", "-vet=off"], output, each)

    def _count_stale_packages(self) -> int:
        """How many packages must be compiled; their sources are downloaded for that."""
        modules = 0
        progress = Progress(
            self.say, lambda number: f"building {self.what}: {number} Go modules downloaded"
        )

        def each(remark: str) -> None:
            nonlocal modules
            modules += remark.startswith("go: downloading")
            progress.at(modules)

        options = ["-deps", "-f", "{{if .Stale}}stale{{end}}"]
        if any(_is_test(name) for name in self.recipe.packages):
            options.append("-test")
        packages = list(self.recipe.packages.values())
        return self._run_go("list", options, packages, each).count("stale")

    def _test_imports(self, package: str) -> list[str]:
        options = ["-f", '{{join .TestImports "\\n"}}']
        return [line for line in self._run_go("list", options, [package]) if line]

    def _make_compile_counter(self, total: int) -> Callable[[str], None]:
        done = 0
        progress = Progress(
            self.say,
            lambda number: f"building {self.what}: {min(number, total)} of {total} packages",
        )

        def each(remark: str) -> None:
            nonlocal done
            done += is_package(remark)
            progress.at(done)

        return each

    def _run_go(
        self,
        action: str,
        options: list[str],
        operands: list[str],
        each: Callable[[str], None] = lambda _: None,
    ) -> list[str]:
        tags = ["-tags", self.recipe.tags] if self.recipe.tags else []
        flags = ["-trimpath", *tags, "-ldflags", self.recipe.ldflags]
        command = [self.go, action, *options, *flags, *operands]
        return run_go(command, self.module, self.env, what=self.what, each=each)


def _is_test(name: str) -> bool:
    return name.endswith(".test")


def _link_programs(artefact: Artefact, into: Path) -> None:
    """Link each program's name to the one file that serves as all of them."""
    names = [name for name in artefact.programs if name not in artefact.build.packages]
    if names:
        [file] = artefact.build.packages
        for name in names:
            (into / name).symlink_to(file)
