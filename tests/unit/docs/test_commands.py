"""Every testbed command that a page shows is one: its words are commands, options, arguments."""

import os
import re
import shlex
from unittest.mock import patch

import pytest
import typer.main
from typer.core import TyperGroup

from testbed.cli.main import app
from testbed.host import told
from testbed.plan.traits import PROVIDERS
from tests.pages import PAGES, Command, Shown, coming_from, matches, steps
from tests.repository import ROOT

COMMANDS = {
    f"{page}:{step.line}": step
    for page in PAGES
    for step in steps((ROOT / page).read_text())
    if isinstance(step, Command) and step.text.startswith("testbed ")
}


COMING_FROM = [command for commands in coming_from().values() for command in commands]


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """--verbose acts when it is parsed."""
    monkeypatch.setattr(told, "tell_programs", lambda: None)


def parse(words: list[str]) -> None:
    """Parse as the program would, and run nothing. Raises UsageError."""
    with patch.dict(os.environ):  # -v sets a variable as soon as it is read
        _parse(words)


def _parse(words: list[str]) -> None:
    command, context = typer.main.get_command(app), None
    while True:
        context = command.make_context(command.name, list(words), parent=context)
        if not isinstance(command, TyperGroup):
            return
        _, inner, words = command.resolve_command(
            context, [*context._protected_args, *context.args]
        )
        assert inner is not None
        command = inner


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_the_command_can_be_typed(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROVIDERS, "recorded", PROVIDERS["namespace"])  # a recipe registers it
    parse([w for w in command.words[1:] if not w.startswith("[") and not w.endswith("]")])


# An overview of commands, which nobody types as it stands.
LISTED = [
    match
    for page in PAGES
    for match in re.findall(r"^ {4,}(testbed .*)$", (ROOT / page).read_text(), re.MULTILINE)
]


@pytest.mark.parametrize("command", LISTED)
def test_a_listed_command_can_be_typed(command: str) -> None:
    parse(shlex.split(command, comments=True)[1:])


@pytest.mark.parametrize("command", COMING_FROM)
def test_what_stands_for_another_tools_command_can_be_typed(command: str) -> None:
    parse(shlex.split(command)[1:])


def test_what_cannot_be_typed_is_found() -> None:
    with pytest.raises(Exception, match="No such option"):
        parse(["status", "--no-such"])


def test_a_page_is_read_as_files_commands_and_output() -> None:
    page = """
`ring.py`:

    x = 1

    y = 2

Then:

    $ testbed up ring.py -n ring   # a comment
    ✓ up (0.3 s)
    …
    $ testbed down -n ring
"""
    assert list(steps(page)) == [
        Shown("ring.py", "x = 1\n\ny = 2\n"),
        Command(10, "testbed up ring.py -n ring   # a comment", ["✓ up (0.3 s)", "…"]),
        Command(13, "testbed down -n ring", []),
    ]


@pytest.mark.parametrize(
    ("shown", "seen", "same"),
    [
        (["✓ up (0.3 s)"], "✓ up (12.7 s)\n", True),
        (["✓ up (0.3 s)"], "✓ down (0.3 s)\n", False),
        (["a", "…", "z"], "a b\nc z", True),
        (["a", "…"], "b a", False),
        (["fcdd::12…"], "fcdd::12aa", True),
        (["a"], "a b", False),
    ],
)
def test_output_is_compared_by_words(shown: list[str], seen: str, same: bool) -> None:
    assert matches(shown, seen) is same
