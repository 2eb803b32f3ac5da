"""The intents of a lab: one file beside the injector's policies, with the colour of each.

Those that are objects of the API server lie there too, as the engine saw them last: so they count
while the server is away, also for an engine that was started meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from testbed.engine.decide.policies import FIRST_COLOR
from testbed.engine.intents.read import API_SERVER, Written, read_intents
from testbed.errors import TestbedError
from testbed.host.files import write_json
from testbed.host.lock import LockHeld, locked_directory
from testbed.lab.policies import store
from testbed.plan.model import Plan

KEPT = "the lab"  # the source of intents that are kept, where findings name it
_PATIENCE = 30.0  # seconds for another command that changes intents


@dataclass(frozen=True)
class Kept:
    """Intents, in the order in which they came, and their colours by name.

    `objects`: names of those that are objects of the API server; they come last.
    """

    intents: tuple[Written, ...]
    colors: dict[str, int]
    objects: frozenset[str] = frozenset()

    @property
    def names(self) -> list[str]:
        """Sorted."""
        return sorted(written.intent.name for written in self.intents)

    @property
    def own(self) -> tuple[Written, ...]:
        """Those of `te apply`."""
        return tuple(w for w in self.intents if w.intent.name not in self.objects)

    def entries(self) -> list[dict[str, object]]:
        """What the file says of them."""
        return [
            {
                "color": self.colors[written.intent.name],
                "document": written.document.plain,
                "object": written.intent.name in self.objects,
            }
            for written in self.intents
        ]


NOTHING = Kept((), {})


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
        texts: dict[bool, list[str]] = {False: [], True: []}  # is it an object?
        for entry in entries:
            texts[bool(entry.get("object"))].append(json.dumps(entry["document"]))
        colors = {entry["document"]["metadata"]["name"]: int(entry["color"]) for entry in entries}
    except FileNotFoundError:
        return NOTHING
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(plan, file, str(error)) from None
    own, objects = (
        _intents(plan, file, texts[is_object], source)
        for is_object, source in ((False, KEPT), (True, API_SERVER))
    )
    return Kept((*own, *objects), colors, frozenset(w.intent.name for w in objects))


def _intents(plan: Plan, file: Path, texts: Sequence[str], source: str) -> list[Written]:
    if not texts:
        return []
    intents, findings = read_intents("\n---\n".join(texts), source)
    if findings:
        raise _unreadable(plan, file, findings[0].what)
    return intents


def _unreadable(plan: Plan, file: Path, why: str) -> TestbedError:
    return TestbedError(
        "the lab's intents cannot be read",
        where=str(file),
        why=why,
        fix=f"testbed exec {plan.injectors[0].name} rm {file}, then apply them again",
    )


def write(plan: Plan, kept: Kept) -> None:
    """Keep these, and no others."""
    write_json(directory(plan) / "intents.json", kept.entries(), mode=0o600)


def merged(kept: Kept, new: Sequence[Written], taken: Iterable[int]) -> Kept:
    """New ones take the place of those of their name; colours stay, or are ones of nobody."""
    names = {written.intent.name for written in new}
    others = [written for written in kept.own if written.intent.name not in names]
    objects = [written for written in kept.intents if written.intent.name in kept.objects]
    colors = _colored(kept.colors, new, taken)
    return Kept((*others, *new, *objects), colors, kept.objects)


def with_objects(kept: Kept, objects: Sequence[Written], taken: Iterable[int]) -> Kept:
    """Just these objects beside the lab's own."""
    intents = (*kept.own, *objects)
    names = {written.intent.name for written in intents}
    known = {name: color for name, color in kept.colors.items() if name in names}
    colors = _colored(known, objects, taken)
    return Kept(intents, colors, frozenset(w.intent.name for w in objects))


def _colored(
    known: Mapping[str, int], new: Iterable[Written], taken: Iterable[int]
) -> dict[str, int]:
    colors, used = dict(known), {*known.values(), *taken}
    for written in new:
        if written.intent.name not in colors:
            colors[written.intent.name] = color = _free(used)
            used.add(color)
    return colors


def _free(used: set[int]) -> int:
    return next(color for color in count(FIRST_COLOR) if color not in used)


def without(kept: Kept, names: Iterable[str]) -> Kept:
    """Without those of these names."""
    gone = set(names)
    intents = tuple(written for written in kept.intents if written.intent.name not in gone)
    colors = {name: color for name, color in kept.colors.items() if name not in gone}
    return Kept(intents, colors, kept.objects - gone)
