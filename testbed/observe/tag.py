"""Tags: how a packet of a proof is known for what it is, however deeply encapsulated.

A tag is the last 16 bytes of a UDP payload. Encapsulation only ever puts headers in front, so
the tag is at the end of the frame everywhere, and one test at that place finds it.
"""

from __future__ import annotations

import ctypes
import secrets
import struct

_MAGIC = b"SR6\xb7"
_RUN = struct.Struct("!4s8sI")  # magic, the run's random number, the probe's number
TAG_SIZE = _RUN.size


class Run:
    """The tags of one proof; those of another proof, or of stray traffic, are never taken."""

    def __init__(self, random: bytes | None = None) -> None:
        # Run(random) makes the same run elsewhere.
        self.random = random or secrets.token_bytes(8)

    def tag(self, number: int) -> bytes:
        """The tag of one packet."""
        return _RUN.pack(_MAGIC, self.random, number)

    def owns(self, tag: bytes) -> bool:
        """Is this one of the run's tags?"""
        return len(tag) == TAG_SIZE and tag[:12] == _MAGIC + self.random

    def filter(self) -> bytes:
        """Classic BPF: lets frames through that end with one of the run's tags.

        In a kernel that captures for 24 namespaces, everything else would drown the reader.
        """
        return _ends_with(_MAGIC + self.random, TAG_SIZE)


# struct sock_filter: code, jump if true, jump if false, constant (linux/filter.h)
_INSTRUCTION = struct.Struct("=HBBI")
_LD_LEN, _SUB, _TAX, _LD_IND, _JEQ, _JGE, _RET = 0x80, 0x14, 0x07, 0x40, 0x15, 0x35, 0x06


def _ends_with(start: bytes, distance: int) -> bytes:
    """Accept frames whose last `distance` bytes begin with `start` (whole 32-bit words)."""
    words = struct.unpack(f"!{len(start) // 4}I", start)
    checks = 2 * len(words)
    program = [
        (_LD_LEN, 0, 0, 0),
        (_JGE, 0, checks + 3, distance),  # shorter frames: reject
        (_SUB, 0, 0, distance),
        (_TAX, 0, 0, 0),
    ]
    for index, word in enumerate(words):
        program.append((_LD_IND, 0, 0, 4 * index))
        program.append((_JEQ, 0, checks - 2 * index - 1, word))
    program += [(_RET, 0, 0, 0x40000), (_RET, 0, 0, 0)]
    return b"".join(_INSTRUCTION.pack(*i) for i in program)


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def as_option(filter_: bytes) -> tuple[bytes, object]:
    """The value of SO_ATTACH_FILTER, and what must stay alive while it is set."""
    buffer = ctypes.create_string_buffer(filter_, len(filter_))
    program = _Program(len(filter_) // _INSTRUCTION.size, ctypes.addressof(buffer))
    return bytes(program), buffer
