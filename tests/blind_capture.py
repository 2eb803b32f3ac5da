"""A capture that sees nothing in one namespace, for tests of what then must not pass."""

from __future__ import annotations

from collections.abc import Callable

from testbed.observe.capture import Capture
from testbed.observe.frame import Frame


def blind_in(blinded: str) -> type[Capture]:
    """The class of captures that are blind in the namespace of this name."""

    class Blinded(Capture):
        def read(
            self, enough: Callable[[list[Frame]], bool], timeout: float, what: str = "packets"
        ) -> list[Frame]:
            def seen(frames: list[Frame]) -> list[Frame]:
                return [frame for frame in frames if frame.node != blinded]

            return seen(super().read(lambda frames: enough(seen(frames)), timeout, what))

    return Blinded
