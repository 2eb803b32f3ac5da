"""A pcap stream, as tcpdump writes it, read piece by piece (IETF draft-ietf-opsawg-pcap)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_FRACTIONS = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}  # magic number → nanoseconds of a fraction
_HEADER, _RECORD = 24, 16  # bytes
_LONGEST = 1 << 20  # bytes of one packet: more than tcpdump's largest snapshot length


@dataclass(frozen=True)
class Header:
    """What holds for the whole stream. `snap_length`: bytes at most of each packet."""

    link_type: int
    snap_length: int


@dataclass(frozen=True)
class Packet:
    """One packet, as far as it was captured; `size` is its own."""

    time_ns: int
    data: bytes
    size: int


class PcapReader:
    """Takes the bytes of a stream as they come, in either byte order and precision."""

    def __init__(self) -> None:
        self.header: Header | None = None
        self._rest = b""
        self._order = "="
        self._fraction = 1

    def feed(self, data: bytes) -> list[Packet]:
        """The packets that are complete now. Raises ValueError where the bytes are no pcap.

        What is left when a stream ends, a truncated packet, is none.
        """
        self._rest += data
        position = 0
        if self.header is None:
            if len(self._rest) < _HEADER:
                return []
            self.header = self._read_header()
            position = _HEADER
        packets = []
        while (end := self._end_of_record(position)) <= len(self._rest):
            packets.append(self._read_packet(position, end))
            position = end
        self._rest = self._rest[position:]
        return packets

    def _read_header(self) -> Header:
        for order in "<>":
            magic, snap_length, link_type = struct.unpack_from(order + "I12xII", self._rest)
            if magic in _FRACTIONS:
                self._order, self._fraction = order, _FRACTIONS[magic]
                return Header(link_type & 0xFFFF, snap_length)  # the upper half is about checksums
        raise ValueError(f"no pcap: it begins with {self._rest[:4].hex()}")

    def _end_of_record(self, position: int) -> int:
        """Where the record ends, as far as that is known."""
        if len(self._rest) < position + _RECORD:
            return position + _RECORD
        (length,) = struct.unpack_from(self._order + "I", self._rest, position + 8)
        if length > _LONGEST:
            raise ValueError(f"no pcap: a packet of {length} bytes")
        return position + _RECORD + int(length)

    def _read_packet(self, position: int, end: int) -> Packet:
        seconds, fraction, size = struct.unpack_from(self._order + "II4xI", self._rest, position)
        time_ns = seconds * 10**9 + fraction * self._fraction
        return Packet(time_ns, self._rest[position + _RECORD : end], size)
