"""Reads LSPs out of isisd's `show isis database detail` (FRR 8.4 to 10.3), and names of systems.

The text is read, and not the JSON: that of 8.4 has keys that occur several times. TLVs of which
nothing is known here are passed over, and so are lines that do not end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network, ip_network

Prefix = IPv4Network | IPv6Network
MOST_LIFETIME = 1200  # seconds that an LSP begins with: isisd's max-lsp-lifetime
_LSP = re.compile(
    r"(?P<system>\S+)\.(?P<circuit>[0-9a-f]{2})-(?P<fragment>[0-9a-f]{2})\s+(?:\*\s+)?\d+\s+"
    r"0x(?P<sequence>[0-9a-f]{8})\s+0x[0-9a-f]{4}\s+(?P<purged>\()?\s*(?P<holdtime>\d+)\)?\s+"
    r"[01]/[01]/(?P<overload>[01])"
)
_NEIGHBOUR = re.compile(
    r"\s+(?:Extended|MT) Reachability: (?P<system>\S+)\.(?P<circuit>[0-9a-f]{2}) "
    r"\(Metric: (?P<metric>\d+)\)(?: (?P<topology>\S+))?"
)
_PREFIX = re.compile(
    r"\s+(?:MT |Extended )?(?:IP|IPv6) Reachability: (?P<prefix>[0-9a-f.:]+/\d+) "
    r"\(Metric: (?P<metric>\d+)\)"
)
_HOSTNAME = re.compile(r"\s*(?:\d+|\*)\s+(?P<system>(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}) (?P<name>\S+)")


@dataclass(frozen=True, order=True)
class System:
    """A router, or with a circuit the LAN that it speaks for (a pseudonode)."""

    name: str  # the hostname where it is known, else the system ID
    circuit: str = "00"

    @property
    def is_lan(self) -> bool:
        return self.circuit != "00"


@dataclass(frozen=True)
class Lsp:
    """What one system says of itself; all of its fragments as one."""

    system: System
    sequence: int
    holdtime: int  # seconds until it expires
    overload: bool = False
    neighbours: tuple[tuple[System, int], ...] = ()  # with the metric; one more than once
    prefixes: Mapping[Prefix, int] = field(default_factory=dict)  # with their metric

    @property
    def age(self) -> int:
        """Seconds since it was made, at most: isisd begins with up to 5 % less than the whole."""
        return max(0, MOST_LIFETIME - self.holdtime)


def read_hostnames(text: str) -> dict[str, str]:
    """System ID → name, of `show isis hostname`."""
    found = (_HOSTNAME.fullmatch(line.rstrip()) for line in text.splitlines())
    return {match["system"]: match["name"] for match in found if match}


def read_versions(text: str) -> frozenset[tuple[str, ...]]:
    """Which LSPs a database holds, of `show isis database`: equal if the databases are."""
    found = (_LSP.match(line) for line in text.splitlines())
    names = ("system", "circuit", "fragment", "sequence", "overload")
    return frozenset((*match.group(*names), str(bool(match["purged"]))) for match in found if match)


def read_database(text: str, hostnames: Mapping[str, str]) -> dict[System, Lsp]:
    """The LSPs by system, without those that were purged."""
    merged: dict[System, Lsp] = {}
    for lsp in _fragments(text, hostnames):
        before = merged.get(lsp.system)
        merged[lsp.system] = _merge(before, lsp) if before else lsp
    return merged


def _fragments(text: str, hostnames: Mapping[str, str]) -> Iterator[Lsp]:
    block: list[str] = []
    head: re.Match[str] | None = None
    for line in [*text.splitlines(), ""]:
        found = _LSP.match(line)
        if found or not line.strip():
            if head is not None and not head["purged"]:
                yield _read_lsp(head, block, hostnames)
            head, block = found, []
        else:
            block.append(line)


def _read_lsp(head: re.Match[str], lines: Iterable[str], hostnames: Mapping[str, str]) -> Lsp:
    neighbours: list[tuple[System, int]] = []
    prefixes: dict[Prefix, int] = {}
    for line in lines:
        if found := _NEIGHBOUR.match(line):
            # both families have the same links here; a second topology would count each twice
            if found["topology"] in (None, "ipv4-unicast"):
                neighbours.append((_system(found, hostnames), int(found["metric"])))
        elif found := _PREFIX.match(line):
            with suppress(ValueError):  # an answer that was cut short
                prefixes[ip_network(found["prefix"], strict=False)] = int(found["metric"])
    return Lsp(
        system=_system(head, hostnames),
        sequence=int(head["sequence"], 16),
        holdtime=int(head["holdtime"]),
        overload=head["overload"] == "1",
        neighbours=tuple(neighbours),
        prefixes=prefixes,
    )


def _system(found: re.Match[str], hostnames: Mapping[str, str]) -> System:
    return System(hostnames.get(found["system"], found["system"]), found["circuit"])


def _merge(one: Lsp, other: Lsp) -> Lsp:
    """Of two fragments; the younger one says how old the whole is."""
    return replace(
        one,
        sequence=max(one.sequence, other.sequence),
        holdtime=max(one.holdtime, other.holdtime),
        overload=one.overload or other.overload,
        neighbours=(*one.neighbours, *other.neighbours),
        prefixes={**one.prefixes, **other.prefixes},
    )
