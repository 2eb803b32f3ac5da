"""With `--verbose`, every program that is started is said on stderr before it starts.

Python's audit events report each start, whoever asks for it, libraries too; so nobody who starts
a program can forget to say it. What starts elsewhere, in a virtual machine or by the lab's
supervisor, is said by its only callers, with `say_program`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from shlex import quote

from testbed.paths import NETNS

VARIABLE = "TESTBED_VERBOSE"  # how the testbed's own programs, which it starts, learn of it
MARK = "+ "
HIDDEN = "…"

_SECRET_WORD = r"(?:token|passw(?:or)?d|passphrase|secret|credential|api-?key|certificate-key)"
_SECRET_OPTION = re.compile(rf"-{{1,2}}[\w-]*{_SECRET_WORD}", re.IGNORECASE)
_SECRETS = tuple(
    (re.compile(pattern, re.IGNORECASE), mark)
    for pattern, mark in (
        (rf"([\w.-]*{_SECRET_WORD}[\w.-]*\s*[=:]\s*)\S+", rf"\1{HIDDEN}"),
        (r"(authorization:\s*(?:bearer|basic)?\s*)\S+", rf"\1{HIDDEN}"),
        (r"(\w://)[^/\s@]+@", rf"\1{HIDDEN}@"),
        (r"\b[a-z0-9]{6}\.[a-z0-9]{16}\b", HIDDEN),  # kubeadm's bootstrap tokens
        (r"(PRIVATE KEY-----).*", rf"\1{HIDDEN}"),
    )
)
_ENTERED = re.compile(rf"--net={re.escape(str(NETNS))}/(.+)")

_node: ContextVar[str] = ContextVar("node", default="")
_hooked = False


def tell_programs() -> None:
    """From now on: in this process, in its forks, and in the testbed's programs it starts."""
    global _hooked
    os.environ[VARIABLE] = "1"
    if not _hooked:
        _hooked = True
        sys.addaudithook(_on_event)


def tell_programs_if_asked() -> None:
    """For a program of the testbed that another one started."""
    if is_told():
        tell_programs()


def is_told() -> bool:
    """True if whoever started this process, or its own options, asked for it."""
    return os.environ.get(VARIABLE) == "1"


@contextmanager
def on_node(name: str) -> Iterator[None]:
    """The body starts programs on this node, which their words do not name."""
    before = _node.set(name)
    try:
        yield
    finally:
        _node.reset(before)


def say_program(command: Sequence[str], node: str = "") -> None:
    """Say a program that starts elsewhere, if that is asked for."""
    if is_told():
        _write(command, node)


def line(command: Sequence[str], node: str = "") -> str:
    """One line, which a shell would take; secrets are left out. `node`: where it runs, if known."""
    where = node or entered(command)
    words = " ".join(_quoted(word) for word in without_secrets(command))
    return f"{MARK}[{where}] {words}" if where else MARK + words


def entered(command: Sequence[str]) -> str:
    """The network namespace of the lab that a command enters by name; empty if it enters none."""
    if command[:2] == ["ip", "-n"] and len(command) > 2:
        return command[2]
    if command[:1] == ["nsenter"]:
        found = [match[1] for word in command[1:3] if (match := _ENTERED.fullmatch(word))]
        return found[0] if found else ""
    return ""


def without_secrets(command: Sequence[str]) -> list[str]:
    """The words, with those of keys, tokens and passwords left out."""
    shown: list[str] = []
    hide = False
    for word in command:
        shown.append(HIDDEN if hide else _without_secret(word))
        hide = not hide and bool(_SECRET_OPTION.fullmatch(word))
    return shown


def _without_secret(word: str) -> str:
    for pattern, mark in _SECRETS:
        word = pattern.sub(mark, word)
    return word


def _quoted(word: str) -> str:
    """On one line, and without what a terminal would obey."""
    if word.isprintable():
        return word if word == HIDDEN else quote(word)
    return "$'" + "".join(_escaped(letter) for letter in word) + "'"


def _escaped(letter: str) -> str:
    if letter in "'\\":
        return f"\\{letter}"
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode()


def _on_event(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook. It says what it can, and never keeps a program from its start."""
    if event == "subprocess.Popen":
        _, words, _, environment = arguments
    elif event == "os.exec" and _is_program(arguments[0]):  # PATH is tried in turn
        _, words, environment = arguments
    else:
        return
    if not is_told():
        return
    command = [words] if isinstance(words, (str, bytes, os.PathLike)) else words
    given = environment.get("TESTBED_NODE", "") if isinstance(environment, Mapping) else ""
    if isinstance(command, Sequence):
        _write([os.fsdecode(word) for word in command], _node.get() or str(given))


def _is_program(path: object) -> bool:
    return isinstance(path, (str, bytes, os.PathLike)) and os.access(path, os.X_OK)


def _write(command: Sequence[str], node: str) -> None:
    print(line(command, node), file=sys.stderr, flush=True)
