"""What `testbed capture` has said and written so far, while it goes on."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from scapy.error import Scapy_Exception
from scapy.utils import RawPcapNgReader, RawPcapReader


def listening(words: str, count: int) -> tuple[bool | None, str]:
    """A probe of what it says on stderr: that many tcpdumps have begun."""
    return (words.count("listening on") == count or None), words


def captured(file: Path) -> set[str]:
    """The interfaces of which a pcapng file, which may still be written, has packets."""
    found: set[str] = set()
    with suppress(EOFError, Scapy_Exception):
        for _, about in RawPcapNgReader(str(file)):
            found.add(about.ifname.decode())  # type: ignore[attr-defined]
    return found


def packets_in(file: Path) -> int:
    """The number of packets in a pcap file, which may still be written."""
    count = 0
    with suppress(EOFError, Scapy_Exception):
        for _ in RawPcapReader(str(file)):
            count += 1
    return count
