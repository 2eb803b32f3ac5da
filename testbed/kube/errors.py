"""What can go wrong between us and an API server: no answer, not now, or no."""

from __future__ import annotations

from testbed.errors import TestbedError

UNAUTHORIZED = 401
_TOO_MANY_REQUESTS = 429
# The certificate has ended, or another authority than the server's signed it.
_NEW_CERTIFICATES = "`testbed up` issues certificates anew"


class ApiError(TestbedError):
    """Any failure of a request to an API server."""

    exit_code = 1


class Unreachable(ApiError):
    """The API server gives no answer that can be used. Trying again later may help."""


class Unavailable(Unreachable):
    """The API server answers that it cannot serve the request now; `status` is HTTP's."""

    def __init__(self, status: int, what: str, *, where: str, why: str, fix: str | None) -> None:
        super().__init__(what, where=where, why=f"HTTP {status}: {why}", fix=fix)
        self.status = status


class Refused(ApiError):
    """The API server answers that the request is wrong; `status` is HTTP's."""

    def __init__(self, status: int, what: str, *, where: str | None = None, why: str) -> None:
        fix = _NEW_CERTIFICATES if status == UNAUTHORIZED else None
        super().__init__(what, where=where, why=why, fix=fix)
        self.status = status


def says_later(status: int) -> bool:
    """True for a status that blames the server, not the request."""
    return status >= 500 or status == _TOO_MANY_REQUESTS
