"""A running guest_agent_main in a guest: requests to it, and its answers as they come."""

from __future__ import annotations

import select
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

from testbed.errors import CheckFailed
from testbed.host.json_lines import LineBuffer
from testbed.host.wait import wait_for
from testbed.observe.remote.messages import Message, decode_message, encode_message
from testbed.providers.vagrant.guest.payload import MODULE
from testbed.providers.vagrant.guest.ssh import Guest

if TYPE_CHECKING:
    import paramiko

PATIENCE = 60.0  # seconds; Python starts slowly in software emulation
_CHUNK = 1 << 16  # bytes
M = TypeVar("M")


def agent_command(request: Message) -> list[str]:
    """The command that serves a request in a guest."""
    module = "testbed.observe.remote.guest_agent_main"
    return [*MODULE, module, encode_message(request).strip()]


class AgentProgram:
    """One program in a guest, which ends with its channel. Raises TestbedError."""

    def __init__(self, guest: Guest, request: Message) -> None:
        self._channel: paramiko.Channel = guest.open(agent_command(request))
        self._lines = LineBuffer()

    def fileno(self) -> int:
        """Readable when an answer may have come."""
        return self._channel.fileno()

    def poll(self) -> list[Message]:
        """The answers that have come, without waiting."""
        return list(self._read_answers())

    def wait(self, patience: float) -> list[Message]:
        """The answers that have come, or come within so many seconds."""
        select.select([self._channel], [], [], patience)
        return self.poll()

    def next(self, kind: type[M], what: str, patience: float = PATIENCE) -> M:
        """The next answer, where one at a time comes. Raises CheckFailed."""

        def probe() -> tuple[Message | None, str]:
            found = self.poll()
            if not found and self.ended:
                raise CheckFailed(f"no {what}: the program there ended", why=self.complaint())
            return (found[0] if found else None), self.complaint()

        answer = wait_for(what, probe, patience)
        if not isinstance(answer, kind):
            raise CheckFailed(f"no {what}", why=f"the program there answered {answer}")
        return answer

    def send(self, request: Message) -> None:
        """Give the program a request on its standard input. Raises OSError."""
        self._channel.sendall(encode_message(request).encode())

    def ask_to_flush(self) -> None:
        """Have a capture answer CaptureFlushed. Raises OSError."""
        self._channel.sendall(b"\n")

    @property
    def ended(self) -> bool:
        """True once the program has ended and all its answers were read."""
        return self._channel.exit_status_ready() and not self._channel.recv_ready()

    def end(self) -> None:
        """Close the program's standard input: it ends by itself."""
        self._channel.shutdown_write()

    def close(self) -> None:
        self._channel.close()

    def complaint(self) -> str:
        """The end of what it wrote to standard error since the last call."""
        if not self._channel.recv_stderr_ready():
            return "nothing yet"
        return self._channel.recv_stderr(_CHUNK).decode(errors="replace").strip()[-500:]

    def _read_answers(self) -> Iterator[Message]:
        while self._channel.recv_ready():
            yield from map(decode_message, self._lines.add(self._channel.recv(_CHUNK)))
