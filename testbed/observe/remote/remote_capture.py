"""All captures in one guest, by one program there."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from testbed.errors import CheckFailed
from testbed.host.wait import wait_for
from testbed.observe.frame import Frame
from testbed.observe.remote.agent_program import PATIENCE, AgentProgram
from testbed.observe.remote.messages import (
    CapturedFrame,
    CaptureFailed,
    CaptureFlushed,
    CaptureFrames,
    CaptureStarted,
    Message,
)
from testbed.observe.tag import Run
from testbed.providers.vagrant.guest.ssh import Guest


class RemoteCapture:
    """See testbed.observe.place.FrameSource. Raises TestbedError, CheckFailed."""

    def __init__(self, guest: Guest, namespaces: Mapping[str, str], run: Run) -> None:
        self._guest = guest
        self._program = AgentProgram(guest, CaptureFrames(run.random, namespaces))
        self._answered: set[type[Message]] = set()
        self._early: list[Frame] = []

    def wait_ready(self) -> None:
        """Wait until it captures."""
        self._early += self._read_until(CaptureStarted, "started")

    def fileno(self) -> int:
        """Readable when there is something to drain."""
        return self._program.fileno()

    def drain(self) -> list[Frame]:
        """What has come, without waiting."""
        frames, self._early = self._early, []
        for message in self._program.poll():
            if isinstance(message, CaptureFailed):
                why = f"dropped in {self._guest.name}: {message.why}"
                raise CheckFailed("the capture lost packets", why=why)
            if isinstance(message, CapturedFrame):
                frames.append(_as_frame(message))
            self._answered.add(type(message))
        return frames

    def flush(self) -> list[Frame]:
        """Everything that was captured so far, also what is still under way to us."""
        self._answered.discard(CaptureFlushed)
        with suppress(OSError):  # it has ended; what it wrote is read below
            self._program.ask_to_flush()
        return self._read_until(CaptureFlushed, "flushed")

    def dropped(self) -> dict[str, int]:
        """None: drops are answered with CaptureFailed."""
        return {}

    def close(self) -> None:
        self._program.close()

    def _read_until(self, kind: type[Message], word: str) -> list[Frame]:
        frames: list[Frame] = []

        def probe() -> tuple[bool | None, str]:
            frames.extend(self.drain())
            if self._program.ended and kind not in self._answered:
                why = self._program.complaint()
                raise CheckFailed(f"the capture in {self._guest.name} ended", why=why)
            return (kind in self._answered or None), "nothing yet"

        wait_for(f"the capture in {self._guest.name} to be {word}", probe, PATIENCE)
        return frames


def _as_frame(message: CapturedFrame) -> Frame:
    return Frame(message.node, message.interface, message.outgoing, message.time_ns, message.data)
