"""Exchanges from inside a guest: one program per guest and thread, as Python is slow there."""

from __future__ import annotations

import threading

from testbed.errors import TestbedError
from testbed.observe.remote.agent_program import AgentProgram
from testbed.observe.remote.messages import (
    Exchange,
    ExchangeResult,
    ServeExchanges,
)
from testbed.providers.vagrant.guest.ssh import Guest

_STARTING = 30.0  # seconds that Python may need to start there
_own = threading.local()


def exchange_in_guest(guest: Guest, request: Exchange) -> bytes:
    """See testbed.observe.remote.exchange. Raises OSError."""
    try:
        program = _program_of(guest)
        program.send(request)
        # one step each to connect, to send and to read
        patience = 3 * request.timeout + _STARTING
        result = program.next(ExchangeResult, "an answer", patience)
    except TestbedError as error:
        _forget_program(guest)  # what it says later would answer something else
        raise OSError(str(error)) from None
    if result.error is not None:
        raise OSError(result.error)
    return result.data


def _program_of(guest: Guest) -> AgentProgram:
    programs: dict[str, AgentProgram] = _own.__dict__.setdefault("programs", {})
    found = programs.get(guest.name)
    if found is None or found.ended:
        found = programs[guest.name] = AgentProgram(guest, ServeExchanges())
    return found


def _forget_program(guest: Guest) -> None:
    program = _own.__dict__.get("programs", {}).pop(guest.name, None)
    if program is not None:
        program.close()
