"""Questions asked from inside a guest: one program per guest and thread, as Python is slow."""

from __future__ import annotations

import json
import threading
from base64 import b64decode, b64encode
from ipaddress import IPv4Address, IPv6Address

from testbed.errors import TestbedError
from testbed.observe.remote.exchange import Reads
from testbed.observe.remote.guest import GuestPlace, Lines

_STARTING = 30.0  # seconds that Python may need to start there
_own = threading.local()


def ask(
    place: GuestPlace,
    address: IPv4Address | IPv6Address,
    port: int,
    data: bytes,
    timeout: float,
    reads: Reads,
) -> bytes:
    """See testbed.observe.remote.exchange. Raises OSError."""
    words = {
        **{"netns": place.netns, "address": str(address), "port": port},
        **{"data": b64encode(data).decode(), "timeout": timeout, "reads": reads},
    }
    try:
        program = _program(place)
        program.say(json.dumps(words))
        # one step each to connect, to send and to read
        said = json.loads(program.next("an answer", 3 * timeout + _STARTING))
    except TestbedError as error:
        _forget(place)  # what it says later would answer something else
        raise OSError(str(error)) from None
    if "error" in said:
        raise OSError(said["error"])
    return b64decode(said["data"])


def _program(place: GuestPlace) -> Lines:
    programs: dict[str, Lines] = _own.__dict__.setdefault("programs", {})
    found = programs.get(place.machine)
    if found is None or found.ended:
        found = programs[place.machine] = place.program("ask")
    return found


def _forget(place: GuestPlace) -> None:
    program = _own.__dict__.get("programs", {}).pop(place.machine, None)
    if program is not None:
        program.close()
