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

    `keep` leaves what a Kubernetes lab has on disk, for the next `up`. A directory without the
    lab's mark is left, and named.
    """
    if not lab.exists():
        lab.remove_root()  # a killed command may have left just that
        if keep or not lab.claims_data:
            for left in lab.strange_data:
                progress.note(left)
            return False
    strange: list[str] = []
    with (
        lab.locked(PATIENCE),
        _Uninterrupted(),
        progress.step(f"lab {lab.name} is down", "down"),
    ):
        lab.end_init()
        sweep(lab.name)
        if not keep:
            strange = lab.forget_data()
        lab.remove()
    for left in strange:
        progress.note(left)
    return True


class _Uninterrupted:
    """Ctrl-C waits, and so does a terminal that hangs up: half a removal helps nobody."""

    def __enter__(self) -> None:
        waiting = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        self._before = {number: signal.signal(number, signal.SIG_IGN) for number in waiting}

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
