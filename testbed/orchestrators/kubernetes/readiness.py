"""What an API server says of itself by /readyz?verbose: ready, starting, or something else."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

# What it makes for others by itself, a second and more after it serves (roles of the controllers,
# priority classes); no administrator's object waits for these.
_FOR_OTHERS = ("poststarthook/rbac/", "poststarthook/scheduling/")


@dataclass(frozen=True)
class Readiness:
    """`failing`: its checks that have not passed, by name."""

    status: int
    failing: tuple[str, ...]

    @property
    def ready(self) -> bool:
        return self.status == HTTPStatus.OK

    @property
    def takes_objects(self) -> bool:
        """True when it is ready for an administrator, though maybe not yet for all others."""
        others = [check for check in self.failing if check.startswith(_FOR_OTHERS)]
        return self.ready or 0 < len(others) == len(self.failing)

    @property
    def said(self) -> str:
        """In words."""
        return "; ".join(self.failing) or ("ready" if self.ready else f"HTTP {self.status}")


def read_readiness(status: int, text: str) -> Readiness:
    """Each check is a line, `[+]ping ok` or `[-]etcd failed: reason withheld`."""
    failing = (line[3:] for line in text.splitlines() if line.startswith("[-]"))
    return Readiness(status, tuple(failing))


def is_starting(found: Readiness) -> bool:
    """True while a server is not ready but may become so by itself.

    It says which of its checks fail, or does not know yet who may ask.
    """
    return bool(found.failing) or found.status == HTTPStatus.FORBIDDEN
