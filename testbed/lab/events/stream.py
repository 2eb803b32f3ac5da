"""All events of a lab in one stream: those until now by time, then each as it happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from functools import partial
from queue import SimpleQueue

from testbed.errors import TestbedError
from testbed.host.wait import Backoff
from testbed.lab.events.logs import Logs
from testbed.lab.events.logs import follow as follow_logs
from testbed.orchestrators.registry import orchestrator_of
from testbed.plan.model import Plan
from testbed.report.event import Event, EventSource

_RETRY, _RETRY_MAX = 1.0, 5.0  # seconds between attempts to reach a source that is away
Batch = list[Event] | TestbedError


def until_now(plan: Plan) -> tuple[list[Event], TestbedError | None]:
    """By time; and why those that the orchestrator keeps are missing, if they are."""
    found = Logs(plan).until_now()
    try:
        return sorted([*found, *orchestrator_of(plan).events(plan)]), None
    except TestbedError as error:
        return found, error


def follow(plan: Plan) -> Iterator[Batch]:
    """What there is until now, then what is added; an error where a source is away for now."""
    return merged([partial(follow_logs, Logs(plan)), *orchestrator_of(plan).follow_events(plan)])


def merged(sources: Sequence[EventSource]) -> Iterator[Batch]:
    """The first batch of each source as one, by time, then each batch as it comes."""
    queue: SimpleQueue[tuple[int, Batch | Exception]] = SimpleQueue()
    for number, source in enumerate(sources):
        threading.Thread(target=_pump, args=(number, source, queue), daemon=True).start()
    waited_for, first, later = set(range(len(sources))), list[Event](), list[Batch]()
    while waited_for:
        number, batch = _next(queue)
        if number not in waited_for or isinstance(batch, TestbedError):
            later.append(batch)
        else:
            first += batch
        waited_for.discard(number)
    yield sorted(first)
    yield from later
    while True:
        yield _next(queue)[1]


def _next(queue: SimpleQueue[tuple[int, Batch | Exception]]) -> tuple[int, Batch]:
    """Raises what ended a source."""
    number, batch = queue.get()
    if isinstance(batch, Exception) and not isinstance(batch, TestbedError):
        raise batch
    return number, batch


def _pump(
    number: int, source: EventSource, queue: SimpleQueue[tuple[int, Batch | Exception]]
) -> None:
    """Pass on what a source gives, each event once; begin again where it ended."""
    backoff, seen, pause = Backoff(_RETRY, _RETRY_MAX), set[Event](), threading.Event()
    while True:
        try:
            for batch in source():
                queue.put((number, [event for event in batch if event not in seen]))
                seen.update(batch)
                backoff.succeeded()
        except TestbedError as error:
            if not backoff.pause:  # said once, until it was there again
                queue.put((number, error))
            pause.wait(backoff.failed())
        except Exception as error:
            queue.put((number, error))
            return
