"""Makes HTTPS requests; a host that did not answer is not asked again in the same run."""

from __future__ import annotations

import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.client import HTTPResponse
from typing import TypeVar

from testbed.errors import TestbedError

HOST_TIMEOUT = 3.0  # seconds until a host's first answer, name look-up and TLS included
REDIRECTS = 5
LOOPBACK = ("127.0.0.1", "::1", "localhost")

T = TypeVar("T")


class Unreachable(Exception):
    """A source cannot be reached now; the text says why. Never shown as an error of its own."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leaves redirects to `Network`, which applies the timeout and the TLS check per host."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def within(seconds: float, action: Callable[[], T]) -> T:
    """Run `action` with a limit on the whole of it; raises TimeoutError.

    A socket's timeout does not cover name look-up nor several addresses in turn.
    """
    result: list[T] = []
    error: list[BaseException] = []

    def run() -> None:
        try:
            result.append(action())
        except BaseException as caught:
            error.append(caught)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if error:
        raise error[0]
    if not result:
        raise TimeoutError(f"no answer within {seconds:g} s")
    return result[0]


def require_safe(url: str) -> str:
    """The URL's host; plain HTTP is accepted on loopback only (TestbedError otherwise)."""
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK):
        return host
    raise TestbedError(
        f"not a safe address for programs: {url}", fix="https, or http on the loopback"
    )


class Network:
    """Makes the requests of one run, and remembers hosts that did not answer."""

    def __init__(self, timeout: float = HOST_TIMEOUT) -> None:
        self._timeout = timeout
        self._silent: dict[str, str] = {}
        self._opener = urllib.request.build_opener(_NoRedirect)

    def open(self, url: str, headers: dict[str, str] | None = None) -> HTTPResponse:
        """The response (2xx), with the timeout for each read. Raises Unreachable."""
        for _ in range(REDIRECTS):
            answer = self._send_request(url, headers or {})
            if isinstance(answer, HTTPResponse):
                return answer
            url = urllib.parse.urljoin(url, answer)
        raise Unreachable(f"{url}: too many redirects")

    def give_up_on(self, url: str, reason: str) -> Unreachable:
        """Remember that the URL's host does not answer; returns the exception to raise."""
        host = urllib.parse.urlsplit(url).hostname or ""
        self._silent[host] = reason
        return Unreachable(f"{host}: {reason}")

    def _send_request(self, url: str, headers: dict[str, str]) -> HTTPResponse | str:
        host = require_safe(url)
        if host in self._silent:
            raise Unreachable(f"{host}: not asked again ({self._silent[host]})")
        request = urllib.request.Request(url, headers={"User-Agent": "testbed", **headers})
        try:
            response: HTTPResponse = within(
                self._timeout, lambda: self._opener.open(request, timeout=self._timeout)
            )
        except urllib.error.HTTPError as error:
            target = error.headers.get("Location")
            error.close()
            if error.code in (301, 302, 303, 307, 308) and target:
                return target
            raise Unreachable(f"{host}: HTTP {error.code} for {url}") from None
        except (TimeoutError, OSError) as error:
            cause = getattr(error, "reason", error)
            if isinstance(cause, TimeoutError):
                cause = f"no answer within {self._timeout:g} s"
            raise self.give_up_on(url, str(cause)) from None
        return response
