"""An action of `up`: an id, a title, what it does, and when it has a place in the list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from testbed.lab.up.context import UpContext


def always(_context: UpContext) -> bool:
    """The action is part of every `up`."""
    return True


@dataclass(frozen=True)
class Action:
    """One step. `title` may say numbers of the plan; without a title the step is not shown."""

    id: str
    title: str | Callable[[UpContext], str] | None
    run: Callable[[UpContext], None]
    applies: Callable[[UpContext], bool] = always


def run_actions(actions: Sequence[Action], context: UpContext) -> None:
    """Run them in order; the first that fails ends it, and its error goes on."""
    for action in actions:
        if not action.applies(context):
            continue
        title = action.title(context) if callable(action.title) else action.title
        if title is None:
            action.run(context)
            continue
        with context.progress.step(title, action.id):
            action.run(context)
