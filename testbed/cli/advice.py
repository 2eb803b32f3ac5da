"""Makes the commands that an error's fix prints mean the lab that the error is about.

An error says `testbed status` or `testbed up`. In a lab with another name or of another topology
that would be another lab's command, so the name and what `up` was given are put in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

FIX = "  fix: "
# in a sentence a command is quoted; else it is a whole part of the fix, up to `;` or `,`
_IN_SENTENCE = re.compile(r"`(?:sudo )?(?P<quoted>testbed [^`]+)`(?P<part>)")
_IN_FIX = re.compile(
    r"`(?:sudo )?(?P<quoted>testbed [^`]+)`|(?:^|[;,] )(?:or )?(?:sudo )?(?P<part>testbed [^`;,]+)"
)
_BY_ENVIRONMENT = ("kubectl", "vagrant")  # every option of these is another program's


@dataclass(frozen=True)
class Lab:
    """A lab by its name, and the command that goes on where its `up` was."""

    name: str
    up_command: str
    usual: bool  # it is the lab that a command without -n means


def commands(fix: str) -> Iterator[str]:
    """The testbed commands that a fix tells to type."""
    return (found["quoted"] or found["part"].rstrip() for found in _IN_FIX.finditer(fix))


def in_lab(text: str, lab: Lab, option_place: Callable[[list[str]], int | None]) -> str:
    """What is printed, each command in it that is to be typed completed for `lab`.

    `option_place`: the number of words after which a command takes -n; None if it takes none.
    """

    def complete(found: re.Match[str]) -> str:
        return _complete(found, lab, option_place)

    return "\n".join(
        FIX + _IN_FIX.sub(complete, line[len(FIX) :])
        if line.startswith(FIX)
        else _IN_SENTENCE.sub(complete, line)
        for line in text.split("\n")
    )


def _complete(
    found: re.Match[str], lab: Lab, option_place: Callable[[list[str]], int | None]
) -> str:
    command = (found["quoted"] or found["part"]).rstrip()
    return found[0].replace(command, _completed(command, lab, option_place))


def _completed(command: str, lab: Lab, option_place: Callable[[list[str]], int | None]) -> str:
    words = command.split()
    if words[1] == "up" and all(word.startswith("-") for word in words[2:3]) and "-n" not in words:
        return _up(lab.up_command, words[2:])
    place = option_place(words)
    if lab.usual or "-n" in words:
        return command
    if words[1] in _BY_ENVIRONMENT:
        return f"TESTBED_NAME={lab.name} {command}"
    if place is None:
        return command
    return " ".join([*words[:place], "-n", lab.name, *words[place:]])


def _up(recorded: str, options: list[str]) -> str:
    """The `up` of the lab with other options; what they replace is left out."""
    for option in options:
        if option.startswith("--"):
            recorded = re.sub(rf" {option} \S+", "", recorded)
    return " ".join([recorded, *options])
