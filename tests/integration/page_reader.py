"""Somebody who types what a page says, and compares what is printed with what the page shows."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.integration.sandbox import lab_name
from tests.pages import Command, matches

WIDTH = 80  # columns of the terminal that the pages show
MARK = "@@@"
NAMED = re.compile(r"(?<=-n )[a-z]+\b")  # a lab that a page names
# What those who run the tests have set for themselves, and a reader has not.
OF_THE_TESTS = re.compile(r"PYTEST_|(PYTHONPATH|TESTBED_NAME)$")


@dataclass
class Reader:
    """One shell with a terminal of its own, in `directory`; `programs` come first in its PATH."""

    directory: Path
    programs: Path
    environment: dict[str, str] = field(default_factory=dict)
    shown_as: dict[str, str] = field(default_factory=dict)  # what stands on the page in place of it
    labs: dict[str, str] = field(default_factory=dict)  # on the page → one that nobody else uses

    def wrong(self, page: str, commands: Sequence[Command], before: Sequence[str] = ()) -> str:
        """Type the commands, after those that the page does not show; what is not as it says."""
        results = self.type_all([*before, *(step.text for step in commands)])[len(before) :]
        wrong = []
        for step, (code, output) in zip(commands, results, strict=True):
            if (code != 0) != step.fails:
                wrong.append(f"{page}:{step.line}: {step.text}: exit code {code}\n{output}")
            elif step.output and not matches(step.output, output):
                wrong.append(f"{page}:{step.line}: {step.text}: printed\n{output}")
        return "\n\n".join(wrong)

    def type_all(self, commands: Sequence[str]) -> list[tuple[int, str]]:
        """Exit code and output of each."""
        lines = [f"stty cols {WIDTH}"]
        for command in commands:
            renamed = NAMED.sub(lambda m: self.lab(m.group()), command)
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

    def lab(self, name: str) -> str:
        """The name, in this run of the tests, of a lab that the page calls `name`."""
        return self.labs.setdefault(name, lab_name(name))

    def leave(self) -> None:
        """Take every lab down that a page may have brought up."""
        for name in self.labs.values():
            down = [str(self.programs / "testbed"), "down", "-n", name]
            subprocess.run(down, env=self._environment(), check=True, timeout=120)

    def _as_on_page(self, output: str) -> str:
        for shown, name in self.labs.items():
            output = output.replace(name, shown)
        for seen, shown in self.shown_as.items():
            output = output.replace(seen, shown)
        return output

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not OF_THE_TESTS.match(k)}
        path = f"{self.programs}:{os.environ['PATH']}"
        own = {"PATH": path, "TERM": "xterm", "NO_COLOR": "1"}
        return {**kept, **self.environment, **own}
