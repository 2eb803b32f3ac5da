"""One loopback port of the host that leads to a lab's API server: asked for, never by itself.

The relay is born in the lab's pid namespace, so it ends with the lab; its listening socket is of
the host's network. TLS and client certificates go through untouched.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from contextlib import suppress

from testbed.errors import TestbedError
from testbed.host import namespaces as ns
from testbed.host.files import write_json
from testbed.host.labs import LabDir

RECORD = "exposed.json"
CHUNK = 1 << 16  # bytes


def expose(lab: LabDir, netns: str, address: str, port: int) -> int:
    """Open the port, unless it is open already; gives its number. Raises TestbedError."""
    known = exposed(lab)
    if known is not None:
        return known
    pid = lab.init_pid()
    if pid is None:
        raise TestbedError(f"lab {lab.name!r} is not up", fix=lab.up_command)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    number = int(listener.getsockname()[1])
    write_json(lab.path / RECORD, {"port": number})
    if os.fork() == 0:
        try:
            os.setsid()
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):  # the caller's pipes are to end with the caller
                os.dup2(nowhere, stream)
            ns.enter_for_good(pid)
            with ns.in_netns(netns):
                asyncio.run(_relay(listener, address, port))
        finally:
            os._exit(0)
    listener.close()
    return number


def exposed(lab: LabDir) -> int | None:
    """The port that is open for this lab."""
    try:
        number = int(json.loads((lab.path / RECORD).read_text())["port"])
        with socket.create_connection(("127.0.0.1", number), 1):
            return number
    except (OSError, ValueError, KeyError, TypeError):
        return None


async def _relay(listener: socket.socket, address: str, port: int) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(address, port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_copy_stream(reader, back), _copy_stream(there, writer))

    server = await asyncio.start_server(serve, sock=listener)
    await server.serve_forever()


async def _copy_stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.close()
