"""Captures as pcapng (IETF draft-ietf-opsawg-pcapng), interfaces named node:interface."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

from testbed.errors import TestbedError
from testbed.observe.frame import Frame

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6  # block types
_BYTE_ORDER = 0x1A2B3C4D
_ETHERNET = 1  # link type
_IF_NAME, _IF_TSRESOL, _EPB_FLAGS = 2, 9, 2  # options
_NANOSECONDS = b"\x09"
_INBOUND, _OUTBOUND = 1, 2


def write(path: Path, frames: Iterable[Frame]) -> None:
    """Write frames in order of time. Raises TestbedError if the file cannot be written."""
    try:
        path.write_bytes(dump(frames))
    except OSError as error:
        raise TestbedError(f"cannot write {path}", why=error.strerror) from None


def dump(frames: Iterable[Frame]) -> bytes:
    """The file's content; time stamps in nanoseconds, directions as packet flags."""
    header = struct.pack("=IHHq", _BYTE_ORDER, 1, 0, -1)
    blocks, packets, numbers = [_make_block(_SECTION, header)], [], dict[str, int]()
    for frame in sorted(frames, key=lambda f: f.time_ns):
        name = f"{frame.node}:{frame.interface}"
        if name not in numbers:
            numbers[name] = len(numbers)
            blocks.append(_interface_block(name))
        packets.append(_packet_block(numbers[name], frame))
    return b"".join(blocks + packets)


def _interface_block(name: str) -> bytes:
    body = struct.pack("=HHI", _ETHERNET, 0, 0)
    options = _make_option(_IF_NAME, name.encode()) + _make_option(_IF_TSRESOL, _NANOSECONDS)
    return _make_block(_INTERFACE, body + options + _make_option(0, b""))


def _packet_block(interface: int, frame: Frame) -> bytes:
    high, low = frame.time_ns >> 32, frame.time_ns & 0xFFFFFFFF
    size = len(frame.data)
    body = struct.pack("=IIIII", interface, high, low, size, size) + _pad_to_word(frame.data)
    flags = struct.pack("=I", _OUTBOUND if frame.outgoing else _INBOUND)
    return _make_block(_PACKET, body + _make_option(_EPB_FLAGS, flags) + _make_option(0, b""))


def _make_block(kind: int, body: bytes) -> bytes:
    length = struct.pack("=I", len(body) + 12)
    return struct.pack("=I", kind) + length + body + length


def _make_option(code: int, value: bytes) -> bytes:
    return struct.pack("=HH", code, len(value)) + _pad_to_word(value)


def _pad_to_word(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
