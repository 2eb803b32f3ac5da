"""`down`: outside of its init a lab is one directory, so undoing it is ending the init."""

from __future__ import annotations

import signal

from testbed.host.labs import LabDir
from testbed.host.progress import Progress
from testbed.providers.vagrant.snapshot.snapshots import sweep

# What `down` gives an `up` that has just been killed to be gone (seconds).
PATIENCE = 5.0


def take_down(lab: LabDir, progress: Progress, keep: bool = False) -> bool:
    """Remove all that the lab made and nothing else. False if there was nothing.

    `keep` leaves what a Kubernetes lab has on disk, for the next `up`.
    """
    if not lab.exists():
        lab.remove_root()  # a killed command may have left just that
        if keep or not lab.data.exists():
            return False
    with (
        lab.locked(PATIENCE),
        _Uninterrupted(),
        progress.step(f"lab {lab.name} is down", "down"),
    ):
        lab.end_init()
        sweep(lab.name)
        if not keep:
            lab.forget_data()
        lab.remove()
    return True


class _Uninterrupted:
    """Ctrl-C waits: half a removal helps nobody."""

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGINT, signal.SIG_IGN)

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)
