"""Refuses whatever would make something on the machine while a file is read.

That is what Mininet does, and programs that a file starts itself: `os.system("mn -c")`.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from mininet import clean, util
from mininet.cli import CLI
from mininet.link import Intf, Link
from mininet.net import Mininet
from mininet.node import Node

from testbed.topology.origins import Call, Origins

# Who starts a network makes one of these first, whatever subclass of IPMininet's it is.
_MAKERS: tuple[tuple[object, str], ...] = (
    *((Mininet, "__init__"), (Mininet, "start"), (Node, "__init__"), (Link, "__init__")),
    *((Intf, "__init__"), (CLI, "__init__")),
    (clean, "sh"),  # cleanup() ends programs and removes interfaces by name
    (util, "fixLimits"),  # sets the machine's sysctls
    *((subprocess.Popen, "__init__"), (os, "system"), (os, "posix_spawn"), (os, "fork")),
    *((os, "execv"), (os, "execve")),  # which all others of os.exec* call
)


class NetworkStarted(BaseException):
    """Raised in the file in place of starting a network; no `except Exception` hides it."""


@contextmanager
def starting_nothing(origins: Origins) -> Iterator[list[Call]]:
    """While active, the file cannot make a network; yields a list of its attempts."""
    attempts: list[Call] = []
    with ExitStack() as stack:
        for owner, method in _MAKERS:
            stack.enter_context(patch.object(owner, method, _refusal(method, origins, attempts)))
        yield attempts


def _refusal(method: str, origins: Origins, attempts: list[Call]) -> Callable[..., None]:
    def refuse(*arguments: object, **_options: object) -> None:
        where, called = origins.innermost(method)
        if called == "__init__":
            called = type(arguments[0]).__name__
        attempts.append(Call(called, called, where))
        raise NetworkStarted(called)

    return refuse
