"""Where a network namespace is: on this kernel, or on another that can be asked."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Protocol

from testbed.observe.frame import Frame
from testbed.observe.tag import Run


class RemoteSource(Protocol):
    """The captures on one other kernel, as one source of frames."""

    def ready(self) -> None:
        """Wait until it captures. Raises CheckFailed."""

    def fileno(self) -> int:
        """Readable when there is something to drain."""

    def drain(self) -> list[Frame]:
        """What has come, without waiting. Raises CheckFailed if something was lost."""

    def rest(self) -> list[Frame]:
        """Everything that was captured so far, also what is still under way to us."""

    def close(self) -> None:
        """End the captures."""


class RemotePlace(Protocol):
    """A network namespace of another kernel (testbed.observe.remote.guest)."""

    @property
    def machine(self) -> Hashable:
        """Equal for all places of one kernel."""

    def sing(self, tag: bytes) -> None:
        """See testbed.observe.canary."""

    def send(
        self, address: IPv4Address | IPv6Address, run: Run, count: int
    ) -> tuple[list[bytes], str | None]:
        """See testbed.observe.probe."""

    def capture(self, names: Mapping[str, RemotePlace], run: Run) -> RemoteSource:
        """Begin to capture at this and other places of its kernel."""


Place = Path | RemotePlace


def local(places: Mapping[str, Place]) -> dict[str, Path]:
    """Those of this kernel."""
    return {name: place for name, place in places.items() if isinstance(place, Path)}


def by_machine(places: Mapping[str, Place]) -> list[dict[str, RemotePlace]]:
    """The others, one group per kernel."""
    found: dict[Hashable, dict[str, RemotePlace]] = {}
    for name, place in places.items():
        if not isinstance(place, Path):
            found.setdefault(place.machine, {})[name] = place
    return list(found.values())
