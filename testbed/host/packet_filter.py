"""Classic BPF for packet sockets: a program that never wakes up for what it does not want."""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Iterable

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant
LOAD_BYTE, AND, JUMP_EQUAL, RETURN = 0x30, 0x54, 0x15, 0x06  # linux/filter.h
_INSTRUCTION = struct.Struct("=HBBI")
_SO_ATTACH_FILTER = 26


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def attach(opened: socket.socket, instructions: Iterable[Instruction]) -> None:
    """Let only packets through that the program returns something for. Raises OSError."""
    code = b"".join(_INSTRUCTION.pack(*one) for one in instructions)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // _INSTRUCTION.size, ctypes.addressof(buffer))
    opened.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, bytes(program))
