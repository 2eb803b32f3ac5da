"""The pages are true: files are written, commands run, and the output is as they show it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from testbed.interpreter import own_program
from tests.integration.sandbox import lab_name
from tests.pages import Command, Shown, matches, steps
from tests.repository import ROOT

pytestmark = pytest.mark.root

WIDTH = 80  # columns of the terminal that the pages show
MARK = "@@@"
NAMED = re.compile(r"(?<=-n )[a-z]+\b")  # a lab that a page names
LIGHT = "testbed up full --cluster none"
KUBERNETES = "testbed up full"
# Each page that can be followed without virtual machines, and what its reader has done before.
PAGES = {
    "README.md": [KUBERNETES],
    "docs/tour.md": [],
    "docs/topologies.md": [],
    "docs/scenarios.md": [LIGHT],
    "docs/policies.md": [LIGHT],
    "docs/kubernetes.md": [],
}


@dataclass
class Reader:
    """Somebody who types what a page says, in one shell with a terminal of its own."""

    directory: Path
    labs: dict[str, str]  # names on the page, and names that nobody else uses
    state: Path

    def type_all(self, commands: list[str]) -> list[tuple[int, str]]:
        """Exit code and output of each."""
        lines = [f"stty cols {WIDTH}"]
        for command in commands:
            renamed = NAMED.sub(lambda m: self._name(m.group()), command)
            lines += [f"echo {MARK}", renamed, f"echo {MARK}$?"]
        done = subprocess.run(
            ["script", "-qec", f"bash --norc -c {shlex.quote(chr(10).join(lines))}", "/dev/null"],
            cwd=self.directory,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
        )
        said = done.stdout.replace("\r\n", "\n").split(MARK)
        return [
            (int(code.split()[0]), self._as_on_page(output))
            for output, code in zip(said[1::2], said[2::2], strict=True)
        ]

    def leave(self) -> None:
        """Take every lab down that a page may have brought up."""
        for name in self.labs.values():
            subprocess.run(own_program("testbed", "down", "-n", name), check=True, timeout=120)

    def _name(self, name: str) -> str:
        return self.labs.setdefault(name, lab_name(name))

    def _as_on_page(self, output: str) -> str:
        for shown, name in self.labs.items():
            output = output.replace(name, shown)
        return output.replace(str(self.state), "~/.local/state/testbed")

    def _environment(self) -> dict[str, str]:
        own = {"TESTBED_NAME": self._name("testbed"), "TESTBED_STATE": str(self.state)}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {**os.environ, **own, "PATH": path, "TERM": "xterm", "NO_COLOR": "1"}


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    directory = tmp_path / "clone"
    directory.mkdir()
    (directory / "scenarios").symlink_to(ROOT / "scenarios")
    found = Reader(directory, {}, tmp_path / "state")
    try:
        yield found
    finally:
        found.leave()


@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_true(reader: Reader, page: str) -> None:
    followed: list[Command] = []
    for step in steps((ROOT / page).read_text()):
        if isinstance(step, Shown):
            (reader.directory / step.name).write_text(step.text)
        else:
            followed.append(step)
    before = PAGES[page]
    results = reader.type_all([*before, *(step.text for step in followed)])[len(before) :]
    wrong = []
    for step, (code, output) in zip(followed, results, strict=True):
        if (code != 0) != step.fails:
            wrong.append(f"{page}:{step.line}: {step.text}: exit code {code}\n{output}")
        elif step.output and not matches(step.output, output):
            wrong.append(f"{page}:{step.line}: {step.text}: printed\n{output}")
    assert not wrong, "\n\n".join(wrong)
