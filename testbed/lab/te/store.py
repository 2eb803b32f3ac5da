"""The intents of a lab: one file beside the injector's policies, with the colour of each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from testbed.engine.decide.policies import FIRST_COLOR
from testbed.engine.intents.read import Written, read_intents
from testbed.errors import TestbedError
from testbed.host.files import write_json
from testbed.host.lock import LockHeld, locked_directory
from testbed.lab.policies import store
from testbed.plan.model import Plan

KEPT = "the lab"  # the source of intents that are kept, where findings name it
_PATIENCE = 30.0  # seconds for another command that changes intents


@dataclass(frozen=True)
class Kept:
    """Intents, in the order in which they came, and their colours by name."""

    intents: tuple[Written, ...]
    colors: dict[str, int]

    @property
    def names(self) -> list[str]:
        """Sorted."""
        return sorted(written.intent.name for written in self.intents)


def directory(plan: Plan) -> Path:
    """Where they lie: with the policies, so that a snapshot has them too."""
    return store(plan) / "te"


@contextmanager
def locked(plan: Plan) -> Iterator[None]:
    """Keep others from changing intents. Raises TestbedError if somebody does so for long."""
    try:
        with locked_directory(directory(plan), _PATIENCE):
            yield
    except LockHeld:
        raise TestbedError(
            "another command changes the lab's intents",
            why=f"it has not ended within {_PATIENCE:.0f} s",
            fix="wait for it, then try again",
        ) from None


def read(plan: Plan) -> Kept:
    """What is kept; nothing if nothing was ever applied. Raises TestbedError."""
    file = directory(plan) / "intents.json"
    try:
        entries = json.loads(file.read_text())
        lines = [json.dumps(entry["document"]) for entry in entries]
        colors = {entry["document"]["metadata"]["name"]: int(entry["color"]) for entry in entries}
    except FileNotFoundError:
        return Kept((), {})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(plan, file, str(error)) from None
    if not lines:
        return Kept((), {})
    intents, findings = read_intents("\n---\n".join(lines), KEPT)
    if findings:
        raise _unreadable(plan, file, findings[0].what)
    return Kept(tuple(intents), colors)


def _unreadable(plan: Plan, file: Path, why: str) -> TestbedError:
    return TestbedError(
        "the lab's intents cannot be read",
        where=str(file),
        why=why,
        fix=f"testbed exec {plan.injectors[0].name} rm {file}, then apply them again",
    )


def write(plan: Plan, kept: Kept) -> None:
    """Keep these, and no others."""
    entries = [
        {"color": kept.colors[written.intent.name], "document": written.document.plain}
        for written in kept.intents
    ]
    write_json(directory(plan) / "intents.json", entries, mode=0o600)


def merged(kept: Kept, new: Sequence[Written], taken: Iterable[int]) -> Kept:
    """New ones take the place of those of their name; colours stay, or are ones of nobody."""
    names = {written.intent.name for written in new}
    colors, used = dict(kept.colors), {*kept.colors.values(), *taken}
    for written in new:
        if written.intent.name not in colors:
            colors[written.intent.name] = color = _free(used)
            used.add(color)
    others = (written for written in kept.intents if written.intent.name not in names)
    return Kept((*others, *new), colors)


def _free(used: set[int]) -> int:
    return next(color for color in count(FIRST_COLOR) if color not in used)


def without(kept: Kept, names: Iterable[str]) -> Kept:
    """Without those of these names."""
    gone = set(names)
    intents = tuple(written for written in kept.intents if written.intent.name not in gone)
    return Kept(intents, {name: c for name, c in kept.colors.items() if name not in gone})
