"""Requests from inside the lab: HTTP from a network namespace, by no program of any image."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from io import BytesIO
from ipaddress import IPv4Address, IPv6Address, ip_address
from types import TracebackType
from typing import cast

from testbed.host.wait import wait_for
from testbed.plan.model import Plan
from testbed.prove.exchange import exchange
from testbed.scenario.api.manifests import PATH

Address = IPv4Address | IPv6Address
TIMEOUT = 5.0  # seconds until a request counts as failed
PATIENCE = 30.0  # seconds until the first answer of a series


@dataclass(frozen=True)
class Answer:
    """What a server of a scenario's Deployment said: who it is, and whom it saw."""

    pod: str
    client: Address
    version: str


@dataclass(frozen=True)
class Origin:
    """Where requests come from and go to: a namespace by name, an address and a port."""

    plan: Plan
    netns: str
    address: Address
    port: int

    def get(self, timeout: float = TIMEOUT) -> Answer:
        """One request over a connection of its own. Raises OSError or ValueError on failure."""
        asked = (self.plan, self.netns, self.address, self.port)
        said = exchange(*asked, f"GET {PATH} HTTP/1.0\r\n\r\n".encode(), timeout)
        try:
            response = http.client.HTTPResponse(cast("socket.socket", _Said(said)))
            response.begin()
            body = response.read()
        except http.client.HTTPException as error:
            raise ValueError(f"no HTTP: {error!r}") from None
        if response.status != 200:
            raise ValueError(f"HTTP {response.status}")
        return parse(body)

    def first_answer(self, patience: float) -> Answer:
        """The first answer within `patience` seconds. Raises CheckFailed."""

        def probe() -> tuple[Answer | None, str]:
            try:
                return self.get(), ""
            except (OSError, ValueError) as error:
                return None, str(error)

        return wait_for(f"an answer to {self}", probe, patience * self.plan.slowness)

    def __str__(self) -> str:
        address = f"[{self.address}]" if self.address.version == 6 else str(self.address)
        return f"{self.netns.removeprefix('pod-')} → http://{address}:{self.port}"


class _Said:
    """What was said, as http.client reads it."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _: str) -> BytesIO:
        return BytesIO(self._data)


def parse(body: bytes) -> Answer:
    """Read a server's answer; raises ValueError if it is none."""
    said = json.loads(body)
    try:
        return Answer(said["pod"], _parse_client(said["client"]), said["version"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a scenario's server: {body[:80]!r} ({error!r})") from None


def _parse_client(text: str) -> Address:
    """An IPv4 client of a socket for both families is seen as ::ffff:a.b.c.d."""
    address = ip_address(str(text).strip("[]"))
    return (address.version == 6 and getattr(address, "ipv4_mapped", None)) or address


@dataclass
class Requests:
    """One request after the other while the `with` lasts, each over its own connection.

    `rate` in requests per second, at most. After the block: `sent`, `failures` (in words, with
    the second at which each began) and `versions` (how many answers came from which).
    """

    origin: Origin
    rate: int = 20
    sent: int = 0
    failures: list[str] = field(default_factory=list)
    versions: Counter[str] = field(default_factory=Counter)
    pods: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> Requests:
        self.origin.first_answer(PATIENCE)
        self._begun = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send_requests, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def answered(self) -> int:
        """Requests answered so far."""
        return sum(self.versions.values())

    def flowing(self, count: int = 20, timeout: float = 60) -> None:
        """Wait until `count` more requests have been answered. Raises CheckFailed."""
        wanted = self.answered + count
        wait_for(
            f"requests {self.origin}",
            lambda: (True if self.answered >= wanted else None, f"{self.answered} answered"),
            timeout * self.origin.plan.slowness,
        )

    def _send_requests(self) -> None:
        while not self._stop.wait(max(0.0, self._begun + self.sent / self.rate - time.monotonic())):
            at = time.monotonic() - self._begun
            self.sent += 1
            try:
                answer = self.origin.get()
            except (OSError, ValueError) as error:
                self.failures.append(f"at {at:.2f} s: {error}")
            else:
                self.versions[answer.version] += 1
                self.pods[answer.pod] += 1
