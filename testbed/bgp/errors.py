"""What can go wrong between us and gobgpd, or between us and what a peer sent."""

from __future__ import annotations

from testbed.errors import TestbedError


class GobgpError(TestbedError):
    """gobgpd answered, and the answer was no."""

    exit_code = 1


class GobgpUnavailable(GobgpError):
    """gobgpd does not answer: not started yet, just ended, or hung."""


class PathMalformed(TestbedError):
    """The bytes of a path are not what its address family prescribes (ours or a peer's)."""
