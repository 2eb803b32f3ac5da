"""A thread that works on the newest value only: for what must never hold up the reconciler."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from testbed.errors import TestbedError
from testbed.host.wait import Backoff

log = logging.getLogger(__name__)
_RETRY, _RETRY_MAX = 0.2, 5.0  # seconds until something that did not work is tried again
T = TypeVar("T")


class CoalescingWorker(threading.Thread, Generic[T]):
    """Gives the newest value put to `work`; values that it was too busy for are dropped.

    `work` raises TestbedError for what may work later: it is called again after a growing pause.
    It may also ask to be called again by returning a number of seconds. `on_problem` hears the
    problem when it changes, None when it is over.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[T], float | None],
        on_problem: Callable[[str | None], None],
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._work, self._on_problem = work, on_problem
        self._changed = threading.Condition()
        self._value: T
        self._fresh = False
        self._problem: str | None = None

    def put(self, value: T) -> None:
        """Let `work` see this value, unless a newer one comes first. Returns at once."""
        with self._changed:
            self._value, self._fresh = value, True
            self._changed.notify_all()

    def run(self) -> None:
        """Work until the process ends."""
        wait: float | None = None
        backoff = Backoff(_RETRY, _RETRY_MAX)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._fresh, wait)
                value, self._fresh = self._value, False
            wait = self._work_once(value)
            if self._problem is None:
                backoff.succeeded()
            else:
                wait = backoff.failed()

    def _work_once(self, value: T) -> float | None:
        problem, again = None, None
        try:
            again = self._work(value)
        except TestbedError as error:
            problem = one_line(error)
        except Exception as error:  # a defect of ours must not end the thread: the next may do
            log.exception("%s failed", self.name)
            problem = f"{self.name}: {error!r}"
        if problem != self._problem:
            self._problem = problem
            self._on_problem(problem)
        return again


def one_line(error: TestbedError) -> str:
    """An error as a sentence among other problems."""
    where = f"{error.where}: " if error.where else ""
    return f"{where}{error.what}" + (f" ({error.why})" if error.why else "")
