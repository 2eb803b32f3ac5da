"""Something that a program of a lab reported: what `testbed events` prints, a line each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Literal

Kind = Literal["agent", "policy", "pod", "isis", "bgp", "program", "kubernetes"]


@dataclass(frozen=True, order=True)
class Event:
    """`time`: UTC, ISO 8601, in milliseconds; `node` is "-" where it is of no node."""

    time: str
    node: str
    kind: Kind
    what: str

    def __str__(self) -> str:
        """For a terminal: names and messages come from peers and users."""
        line = f"{self.time}  {self.node:<12} {self.kind:<10} {self.what}"
        return "".join(c if c.isprintable() else "?" for c in line)


# What there is, then what is added: an iterator that blocks and never ends. It raises TestbedError
# when its source is away.
EventSource = Callable[[], Iterator[list[Event]]]


def utc(moment: datetime) -> str:
    """A time as events have it; one without a zone is this machine's local time."""
    there = moment.astimezone(timezone.utc)
    return there.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_iso(text: str) -> datetime:
    """A time as ISO 8601 has it, with a Z too, which Python 3.10 does not read."""
    whole, point, rest = text.replace("Z", "+00:00").partition(".")
    if not point:
        return datetime.fromisoformat(whole)
    digits = rest.partition("+")[0].partition("-")[0]
    return datetime.fromisoformat(f"{whole}.{digits[:6]:0<6}{rest[len(digits) :]}")
