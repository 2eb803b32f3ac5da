"""Running programs: argument lists only, failures as one readable error."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence

from testbed.errors import MachineUnfit, TestbedError
from testbed.host.sysfs import WITH_OWN
from testbed.paths import NETNS


def run(
    command: Sequence[str],
    stdin: str | None = None,
    timeout: float = 60.0,
    check: bool = True,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run to the end; raises TestbedError with the command's last words if it fails.

    Raises MachineUnfit if the program cannot be started. `env` replaces our environment.
    """
    try:
        done = subprocess.run(
            list(command),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            encoding="utf-8",
            errors="replace",  # what a program prints never is our error
            timeout=timeout,
            env=env,
        )
    except FileNotFoundError:
        raise MachineUnfit(
            f"program {command[0]!r} is missing", fix="run `make deps`, then `testbed doctor`"
        ) from None
    except OSError as error:
        raise MachineUnfit(f"cannot run {command[0]}", why=error.strerror) from None
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
    return ["nsenter", f"--net={NETNS / name}", "--", *command]


def on_node(name: str, command: Sequence[str]) -> list[str]:
    """The command, to be run in a named network namespace of the lab, with that one's /sys."""
    return in_netns(name, [*WITH_OWN, *command])
