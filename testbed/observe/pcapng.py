"""Blocks of a pcapng file (IETF draft-ietf-opsawg-pcapng); time stamps in nanoseconds."""

from __future__ import annotations

import struct

ETHERNET = 1  # link type
_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6  # block types
_BYTE_ORDER = 0x1A2B3C4D
_IF_NAME, _IF_TSRESOL, _EPB_FLAGS = 2, 9, 2  # options
_NANOSECONDS = b"\x09"
_INBOUND, _OUTBOUND = 1, 2


def section_block() -> bytes:
    """The first block: a section of unknown length, in this machine's byte order."""
    return _make_block(_SECTION, struct.pack("=IHHq", _BYTE_ORDER, 1, 0, -1))


def interface_block(name: str, link_type: int = ETHERNET, snap_length: int = 0) -> bytes:
    """An interface; it is numbered by its place among those of the section, from 0.

    `snap_length`: bytes at most of each packet; 0 is no limit.
    """
    body = struct.pack("=HHI", link_type, 0, snap_length)
    options = _make_option(_IF_NAME, name.encode()) + _make_option(_IF_TSRESOL, _NANOSECONDS)
    return _make_block(_INTERFACE, body + options + _make_option(0, b""))


def packet_block(
    interface: int, time_ns: int, data: bytes, size: int | None = None, outgoing: bool | None = None
) -> bytes:
    """A packet on an interface. `size`: its own, if more than was captured."""
    whole = len(data) if size is None else size
    times = (time_ns >> 32, time_ns & 0xFFFFFFFF)
    body = struct.pack("=IIIII", interface, *times, len(data), whole) + _pad_to_word(data)
    if outgoing is not None:
        flags = struct.pack("=I", _OUTBOUND if outgoing else _INBOUND)
        body += _make_option(_EPB_FLAGS, flags) + _make_option(0, b"")
    return _make_block(_PACKET, body)


def _make_block(kind: int, body: bytes) -> bytes:
    length = struct.pack("=I", len(body) + 12)
    return struct.pack("=I", kind) + length + body + length


def _make_option(code: int, value: bytes) -> bytes:
    return struct.pack("=HH", code, len(value)) + _pad_to_word(value)


def _pad_to_word(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
