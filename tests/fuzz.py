"""How many inputs the generators make: few and always the same, or as many as `make fuzz` says."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings


def bounded(examples: int) -> settings:
    """The same `examples` inputs in each run; with TESTBED_FUZZ=N, N other ones each time."""
    wanted = os.environ.get("TESTBED_FUZZ", "")
    return settings(
        max_examples=int(wanted) if wanted else examples,
        derandomize=not wanted,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
