"""This process becomes another program."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from typing import NoReturn

from testbed.errors import TestbedError


def become(
    command: Sequence[str], environment: Mapping[str, str], where: str | None = None
) -> NoReturn:
    """Run `command` in place of this process, with signals as a shell would give them.

    Raises TestbedError (exit code 127 or 126, as a shell's) if there is no such program.
    """
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it
    try:
        os.execvpe(command[0], list(command), dict(environment))
    except FileNotFoundError:
        raise TestbedError(f"no program {command[0]!r}", where=where, exit_code=127) from None
    except (PermissionError, NotADirectoryError):
        raise TestbedError(f"{command[0]!r} is no program", where=where, exit_code=126) from None
    except OSError as error:
        what = f"{command[0]!r} cannot be run"
        raise TestbedError(what, where=where, why=error.strerror, exit_code=126) from None
    except ValueError as error:  # a NUL byte in an argument
        raise TestbedError(f"no command: {error}", where=where, exit_code=126) from None
