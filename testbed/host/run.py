"""Running programs: argument lists only, failures as one readable error."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from testbed.errors import MachineUnfit, TestbedError
from testbed.host.namespaces import NETNS_DIR
from testbed.host.sysfs import WITH_OWN


def run(
    command: Sequence[str], stdin: str | None = None, timeout: float = 60.0, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run to the end; raises TestbedError with the command's last words if it fails."""
    try:
        done = subprocess.run(
            list(command),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
    except FileNotFoundError:
        raise MachineUnfit(
            f"program {command[0]!r} is missing", fix="run `make deps`, then `testbed doctor`"
        ) from None
    except subprocess.TimeoutExpired:
        raise TestbedError(
            f"{' '.join(command)}: no end after {timeout:g} s", exit_code=1
        ) from None
    if check and done.returncode != 0:
        words = (done.stderr or done.stdout).strip()
        raise TestbedError(
            f"{' '.join(command)} failed (exit {done.returncode})", why=words[-2000:], exit_code=1
        )
    return done


def in_netns(name: str, command: Sequence[str]) -> list[str]:
    """The command, to be run in a named network namespace of the lab; /sys stays as it is."""
    return ["nsenter", f"--net={NETNS_DIR / name}", "--", *command]


def on_node(name: str, command: Sequence[str]) -> list[str]:
    """The command, to be run in a named network namespace of the lab, with that one's /sys."""
    return in_netns(name, [*WITH_OWN, *command])
