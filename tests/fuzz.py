"""How many inputs the generators make: few and always the same, or as many as `make fuzz` says.

`make fuzz` shares its inputs out among the generators by what one of each costs.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings


def bounded(examples: int, *, share: int) -> settings:
    """The same `examples` inputs in each run; with TESTBED_FUZZ=N, `share` % of N."""
    wanted = os.environ.get("TESTBED_FUZZ", "")
    return settings(
        max_examples=max(1, int(wanted) * share // 100) if wanted else examples,
        derandomize=not wanted,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def stride(few: int) -> int:
    """Each one of very many, or, outside `make fuzz`, each `few`-th."""
    return 1 if os.environ.get("TESTBED_FUZZ") else few
