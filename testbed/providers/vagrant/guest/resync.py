"""What a guest is told that slept while the world went on: the time, and to look around anew."""

from __future__ import annotations

import time

from testbed.errors import TestbedError
from testbed.host.wait import wait_for
from testbed.providers.vagrant.guest.ssh import Guest

PATIENCE = 120.0  # seconds
PACE = 0.2  # seconds between two tries
# The ports of a restored lab have other hardware addresses than those that the guest remembers.
_SCRIPT = 'date -s "@$0" >/dev/null; ip neigh flush all'


def resync_guest(guest: Guest) -> None:
    """Set a guest's clock by the host's, once it answers. Raises CheckFailed."""
    wait_for(f"{guest.name} to answer", lambda: _try_once(guest), PATIENCE, PACE, "testbed status")


def _try_once(guest: Guest) -> tuple[bool | None, str]:
    try:
        guest.run(["true"], timeout=PATIENCE)  # what takes long is done when the time is taken
        guest.run(["sh", "-ec", _SCRIPT, f"{time.time():.3f}"], timeout=PATIENCE)
    except TestbedError as error:
        return None, str(error.why)
    return True, ""
