"""The one error type that users meet: what, where, why, and what to do."""

from __future__ import annotations


def shown(text: str) -> str:
    """The text; quoted and escaped if it has characters that a terminal does not print."""
    return text if text.isprintable() else repr(text)


class TestbedError(Exception):
    """Anything that a user, a file or a peer can cause; printed without a traceback.

    `exit_code` follows the command's contract: 1 a check failed, 2 usage or invalid input,
    4 this machine cannot run it.
    """

    __test__ = False  # pytest would collect the name
    exit_code = 2

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        why: str | None = None,
        fix: str | None = None,
        exit_code: int | None = None,
    ) -> None:
        super().__init__(what)
        self.what, self.where, self.why, self.fix = what, where, why, fix
        if exit_code is not None:
            self.exit_code = exit_code

    def __str__(self) -> str:
        head = f"{shown(self.where)}: {self.what}" if self.where else self.what
        lines = [head]
        if self.why:
            lines.append(f"  why: {self.why}")
        if self.fix:
            lines.append(f"  fix: {self.fix}")
        return "\n".join(lines)


class CheckFailed(TestbedError):
    """Something was expected, and something else was seen."""

    exit_code = 1


class MachineUnfit(TestbedError):
    """This machine cannot do it (no rights, no kernel feature, a missing program)."""

    exit_code = 4
