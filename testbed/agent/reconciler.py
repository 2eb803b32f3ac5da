"""Brings everything to the desired state after each notification, in one thread.

Changes that come while it works are done together in the next round.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from testbed.errors import TestbedError

log = logging.getLogger(__name__)
_RETRY, _RETRY_MAX = 1.0, 30.0  # seconds until something that did not work is tried again


class Reconciler:
    """Calls `reconcile` after every notify(); it says whether all is as wanted."""

    def __init__(self, reconcile: Callable[[], bool]) -> None:
        self._reconcile = reconcile
        self._changed = threading.Condition()
        self._asked = 0
        self._done = 0
        self._stopping = False
        self._due: float | None = None  # of the monotonic clock

    def notify_within(self, seconds: float) -> None:
        """Have a round within this time, if nothing else asks for one before."""
        due = time.monotonic() + seconds
        with self._changed:
            self._due = due if self._due is None else min(due, self._due)
            self._changed.notify_all()

    def notify(self) -> int:
        """Something changed; returns the round that will have seen it. From any thread."""
        with self._changed:
            self._asked += 1
            self._changed.notify_all()
            return self._asked

    def wait_synced(self, timeout: float = 15.0) -> None:
        """Return when a round that began after this call has ended; TestbedError on timeout (s)."""
        number = self.notify()
        with self._changed:
            if not self._changed.wait_for(lambda: self._done >= number, timeout):
                raise TestbedError("the node agent is busy", why=f"no round ended in {timeout:g} s")

    def stop(self) -> None:
        """Let run() return after the round that it is in."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def run(self) -> None:
        """Work until stop()."""
        pause: float | None = None
        while True:
            with self._changed:
                woken = self._wait_for_work(pause)
                if self._stopping:
                    return
                number, self._due = self._asked, None
            pause = None if self._run_once() else _next_pause(None if woken else pause)
            with self._changed:
                self._done = number
                self._changed.notify_all()

    def _wait_for_work(self, pause: float | None) -> bool:
        """Return when a round is asked for or due, or the pause is over (False)."""
        end = None if pause is None else time.monotonic() + pause
        while not self._has_work():
            times = [at for at in (end, self._due) if at is not None]
            left = min(times) - time.monotonic() if times else None
            if left is not None and left <= 0:
                return False
            self._changed.wait(left)
        return True

    def _run_once(self) -> bool:
        try:
            return self._reconcile()
        except TestbedError as error:
            log.error("%s", error)
        except Exception:  # a defect of ours must not end the agent: the next input may do
            log.exception("a reconcile round failed")
        return False

    def _has_work(self) -> bool:
        return self._stopping or self._asked > self._done


def _next_pause(pause: float | None) -> float:
    """The next pause: short after something new, ever longer while nothing helps."""
    return _RETRY if pause is None else min(2 * pause, _RETRY_MAX)
