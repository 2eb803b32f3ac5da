"""Captures as pcapng, interfaces named node:interface."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.for_caller import write_for_caller
from testbed.observe.frame import Frame
from testbed.observe.pcapng import interface_block, packet_block, section_block


def write(path: Path, frames: Iterable[Frame]) -> None:
    """Write frames in order of time. Raises TestbedError if the file cannot be written."""
    try:
        write_for_caller(path, dump(frames))
    except OSError as error:
        raise TestbedError(f"cannot write {path}", why=error.strerror) from None


def dump(frames: Iterable[Frame]) -> bytes:
    """The file's content; time stamps in nanoseconds, directions as packet flags."""
    blocks, packets, numbers = [section_block()], [], dict[str, int]()
    for frame in sorted(frames, key=lambda f: f.time_ns):
        name = f"{frame.node}:{frame.interface}"
        if name not in numbers:
            numbers[name] = len(numbers)
            blocks.append(interface_block(name))
        number = numbers[name]
        packets.append(packet_block(number, frame.time_ns, frame.data, outgoing=frame.outgoing))
    return b"".join(blocks + packets)
