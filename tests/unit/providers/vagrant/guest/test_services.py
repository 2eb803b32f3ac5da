"""What a guest's systemd is told; nothing where there is nothing to do, which it would refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import cast

import pytest

from testbed.providers.vagrant.guest.services import GuestServices
from testbed.providers.vagrant.guest.ssh import Guest


class RecordingGuest:
    """Keeps what it is told to run."""

    def __init__(self) -> None:
        self.commands: list[Sequence[str]] = []

    def run(self, command: Sequence[str]) -> None:
        """As Guest.run()."""
        self.commands.append(command)


Verb = Callable[[GuestServices, Iterable[str]], None]


@pytest.mark.parametrize("verb", [GuestServices.start, GuestServices.stop, GuestServices.remove])
def test_no_program_is_no_command(verb: Verb) -> None:
    guest = RecordingGuest()
    services = GuestServices(cast("Guest", guest), "/logs")
    verb(services, [])
    services.add([])
    assert guest.commands == []
    verb(services, iter(["worker1.agent"]))
    assert len(guest.commands) == 1


def test_programs_are_units() -> None:
    guest = RecordingGuest()
    GuestServices(cast("Guest", guest), "/logs").start(["worker1.agent", "worker1.kubelet"])
    (command,) = guest.commands
    assert list(command[:2]) == ["systemctl", "start"]
    assert [word for word in command if "agent" in word or "kubelet" in word] == list(command[2:])
