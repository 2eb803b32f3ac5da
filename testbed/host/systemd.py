"""A lab's scope, on hosts that systemd runs: a control group that it makes and leaves alone.

A lab that stayed in its caller's session would end with it, and could give its nodes no
controllers: the session's group has processes of its own (cgroups(7), systemd.scope(5)).
"""

from __future__ import annotations

from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.run import run

_BOOTED = Path("/run/systemd/system")  # sd_booted(3)
_SLICE = "system.slice"
_NOT_LOADED = 5  # exit code of systemctl


def runs_this_host() -> bool:
    """True if systemd is this machine's init."""
    return _BOOTED.is_dir()


def group(lab: str) -> str:
    """The control group of a lab's scope."""
    return f"/{_SLICE}/{_scope_name(lab)}"


def launcher(lab: str) -> list[str]:
    """What starts a command in the lab's scope, which ends with the last process in it."""
    named = [
        f"--slice={_SLICE}",
        f"--unit={_scope_name(lab)}",
        f"--description=testbed's lab {lab}",
    ]
    options = ["--scope", "--quiet", "--collect", "--no-ask-password", "--property=Delegate=yes"]
    return ["systemd-run", *options, *named, "--"]


def end(group: str) -> None:
    """Wait until systemd has let go of a lab's scope, whose processes have ended.

    Nothing if `group` is none. Raises TestbedError.
    """
    if Path(group).suffix != ".scope" or not runs_this_host():
        return
    done = run(["systemctl", "stop", Path(group).name], check=False)
    if done.returncode not in (0, _NOT_LOADED):
        raise TestbedError(
            f"systemd does not let go of {Path(group).name}",
            why=done.stderr.strip(),
            fix=f"systemctl status {Path(group).name}",
            exit_code=1,
        )


def _scope_name(lab: str) -> str:
    return f"testbed-{lab}.scope"
