"""Packets as they pass, in many network namespaces at once, on this kernel and on others."""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import cast

from testbed.errors import CheckFailed
from testbed.observe import tag
from testbed.observe.frame import Frame
from testbed.observe.place import FrameSource, Place, group_by_kernel


class Capture:
    """Captures on every interface of the given namespaces while the `with` lasts.

    `places`: name → network namespace. With `only`, nothing but that run's tagged packets, which
    other kernels demand. Raises TestbedError if a namespace cannot be entered.
    """

    def __init__(self, places: Mapping[str, Place], only: tag.Run | None = None) -> None:
        self.places = dict(places)
        self._only = only
        self._sources: list[FrameSource] = []
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Capture:
        try:
            # All kernels begin at once.
            for place, namespaces in group_by_kernel(self.places):
                self._sources.append(place.capture(namespaces, self._only))
            for source in self._sources:
                source.wait_ready()
                self._selector.register(source, selectors.EVENT_READ)
        except BaseException:
            self._close_sources()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close_sources()

    def read(
        self, enough: Callable[[list[Frame]], bool], timeout: float, what: str = "packets"
    ) -> list[Frame]:
        """What was captured, until `enough` says so or `timeout` seconds have passed.

        Raises CheckFailed if the kernel had to drop captured packets: what is missing then
        proves nothing.
        """
        frames: list[Frame] = []
        deadline = time.monotonic() + timeout
        while not enough(frames):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            for key, _ in self._selector.select(left):
                frames += cast(FrameSource, key.fileobj).drain()
        for source in self._sources:
            frames += source.flush()
        self._refuse_drops(what)
        return frames

    def _refuse_drops(self, what: str) -> None:
        dropped = {n: count for source in self._sources for n, count in source.dropped().items()}
        if dropped:
            words = ", ".join(f"{name}: {count}" for name, count in dropped.items())
            raise CheckFailed(f"the capture of {what} lost packets", why=f"dropped: {words}")

    def _close_sources(self) -> None:
        self._selector.close()
        for source in self._sources:
            source.close()
        self._sources.clear()
