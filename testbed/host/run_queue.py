"""How long a process was kept from running by others."""

from __future__ import annotations

from pathlib import Path


def seconds_in_run_queue(pid: int) -> float:
    """Seconds in which its main thread could have run and had no processor (proc(5), schedstat).

    0 where the kernel does not count them, or the process is gone.
    """
    try:
        _, waited, _ = Path(f"/proc/{pid}/schedstat").read_text().split()
        return int(waited) / 1e9
    except (OSError, ValueError):
        return 0.0
