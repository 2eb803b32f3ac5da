"""Asks a router's daemon, over the socket by which vtysh would: no program has to start for it."""

from __future__ import annotations

import socket

from testbed.backbone.routers import RUN
from testbed.errors import CheckFailed

_TIMEOUT = 10.0  # seconds for an answer, which takes milliseconds
_END = b"\0\0\0"  # and one byte of the outcome


def ask(router: str, daemon: str, command: str) -> str:
    """What a daemon answers to a command such as `show bfd peers json`. Raises CheckFailed."""
    try:
        with socket.socket(socket.AF_UNIX) as vty:
            vty.settimeout(_TIMEOUT)
            vty.connect(str(RUN / router / f"{daemon}.vty"))
            for words in ("enable", command):
                vty.sendall(words.encode() + b"\0")
                answer = _read_answer(vty)
    except OSError as error:
        raise CheckFailed(
            f"{daemon} of {router} does not answer",
            why=error.strerror or str(error),
            fix=f"testbed logs {router}.{daemon}",
        ) from None
    return answer.decode(errors="replace")


def _read_answer(vty: socket.socket) -> bytes:
    answer = b""
    while answer[-4:-1] != _END:
        piece = vty.recv(1 << 16)
        if not piece:
            raise ConnectionResetError("it closed the connection")
        answer += piece
    return answer[:-4]
