"""Findings of lint, each with its line and how to correct it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from testbed.errors import TestbedError

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing about one policy; `where` is file:line, `fix` may be a "did you mean"."""

    severity: Severity
    where: str
    what: str
    fix: str | None = None

    def __str__(self) -> str:
        line = f"{self.where}: {self.severity}: {self.what}"
        return f"{line}\n  fix: {self.fix}" if self.fix else line


class LintFailed(TestbedError):
    """A file with errors: carries every finding; nothing of the file was applied."""

    exit_code = 2

    def __init__(self, source: str, findings: Sequence[Finding]) -> None:
        body = "\n".join(str(finding) for finding in findings)
        super().__init__(f"{source}: {summary(findings)}; nothing was applied\n{body}")
        self.findings = list(findings)


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """The errors alone."""
    return [f for f in findings if f.severity == "error"]


def summary(findings: Iterable[Finding]) -> str:
    """`2 errors, 1 warning`."""
    findings = list(findings)
    bad = len(errors(findings))
    parts = [(bad, "error"), (len(findings) - bad, "warning")]
    return ", ".join(f"{n} {word}{'s' if n != 1 else ''}" for n, word in parts if n) or "clean"


def refuse_errors(source: str, findings: Sequence[Finding]) -> None:
    """Raise LintFailed, with the warnings too, if there is any error."""
    if errors(findings):
        raise LintFailed(source, findings)
