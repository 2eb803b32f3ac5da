"""Errors of gobgpd's API, and of paths that are malformed."""

from __future__ import annotations

from testbed.errors import TestbedError


class GobgpError(TestbedError):
    """gobgpd refused a request."""

    exit_code = 1


class GobgpUnavailable(GobgpError):
    """gobgpd does not answer: not started yet, just ended, or hung."""


class PathMalformed(TestbedError):
    """The bytes of a path are not what its address family prescribes (ours or a peer's)."""
