"""In the lab: keeps a copy of what a guest says of itself, where a node in namespaces has it.

Status, attached pods and logs of a node are files of /run/testbed/nodes/NAME. A guest has its own
such directory; this program brings its files here as they change, so whoever reads them need not
know what the node is made of. When the guest is away its state files go, so that none is stale.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.files import write_atomically
from testbed.host.wait import wait_for
from testbed.providers.vagrant.guest.payload import MODULE
from testbed.providers.vagrant.guest.ssh import Guest
from testbed.providers.vagrant.guest.status_change import LOG_BYTES, StatusChange, decode_change
from testbed.providers.vagrant.machines import Files, Machine

KEPT = ("machine.json", "agent.json")  # the lab's own
_FOREVER = 1e9  # seconds


def main() -> None:
    """Until it is ended."""
    record = Path(sys.argv[1])
    fields = json.loads(record.read_text())
    files = Files(Path(fields.pop("files")))
    guest, here = Guest(Machine(**fields), files), record.parent
    while True:
        wait_for(f"{guest.name} to answer", lambda: (guest.answers() or None, "no"), _FOREVER, 0.5)
        try:
            with suppress(TestbedError):
                follow(guest, here)
        finally:
            forget(here)


def follow(guest: Guest, here: Path) -> None:
    """Copy until the connection ends. Raises TestbedError then."""
    for log in (here / "logs").glob("*.log"):
        log.unlink()  # it comes whole again
    command = [*MODULE, "testbed.providers.vagrant.guest.status_watcher_main", str(here)]
    for line in guest.lines(command):
        apply(decode_change(line), here)


def apply(change: StatusChange, here: Path) -> None:
    """Make a file here as the guest has it, unless it is the lab's own or lies elsewhere."""
    path = here / change["path"]
    if path.name in KEPT or not path.resolve().is_relative_to(here):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if "add" in change:
        with path.open("a") as log:
            log.write(change["add"])
            is_long = log.tell() > LOG_BYTES
        if is_long and change["add"].endswith("\n"):
            path.rename(path.with_name(f"{path.name}.1"))  # as supervisord does it
    elif "text" in change:
        write_atomically(path, change["text"])
    else:
        path.unlink(missing_ok=True)


def forget(here: Path) -> None:
    """Remove what only a guest that answers may claim."""
    for path in [*here.glob("*.json"), *here.glob("cni/*.json")]:
        if path.name not in KEPT:
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
