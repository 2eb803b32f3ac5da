"""A server and a client for TCP and UDP, each a process in a namespace of its own."""

from __future__ import annotations

import errno
import selectors
import socket
import sys

SIZE = 20_000  # bytes each way over TCP: more than one segment
_DATAGRAMS = [900, 900, 4000]  # bytes; the last one is fragmented
_PATIENCE = 5.0  # seconds


def serve(port: int) -> None:
    """Answer with the client's address: over TCP after SIZE bytes, over UDP to each datagram."""
    selector = selectors.DefaultSelector()
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        for family, any_ in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            ear = socket.socket(family, kind)
            ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                ear.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            ear.bind((any_, port))
            if kind == socket.SOCK_STREAM:
                ear.listen()
            selector.register(ear, selectors.EVENT_READ)
    print("serving", flush=True)
    while True:
        for key, _ in selector.select():
            ready = key.fileobj
            assert isinstance(ready, socket.socket)
            try:
                (_stream if ready.type == socket.SOCK_STREAM else _datagram)(ready)
            except OSError as error:
                print(error, flush=True)


def _stream(ear: socket.socket) -> None:
    peer, address = ear.accept()
    with peer:
        peer.settimeout(_PATIENCE)
        _read(peer, SIZE)
        peer.sendall(address[0].encode().ljust(SIZE))


def _datagram(ear: socket.socket) -> None:
    data, address = ear.recvfrom(65536)
    ear.sendto(address[0].encode().ljust(len(data)), address)


def ask(protocol: str, address: str, port: int) -> str:
    """The address under which the server saw this client; OSError if it did not answer."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(family, kind) as mouth:
        mouth.settimeout(_PATIENCE)
        mouth.connect((address, port))
        if protocol == "tcp":
            mouth.sendall(bytes(SIZE))
            return _read(mouth, SIZE).decode().strip()
        answers = [_echo(mouth, bytes(size)) for size in _DATAGRAMS]
        assert [len(answer) for answer in answers] == _DATAGRAMS
        return answers[0].decode().strip()


def _echo(mouth: socket.socket, data: bytes) -> bytes:
    """Once more when the path turns out to have a smaller MTU: such datagrams are lost."""
    while True:
        try:
            mouth.send(data)
            return mouth.recv(65536)
        except OSError as error:
            if error.errno != errno.EMSGSIZE:
                raise


def _read(peer: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = peer.recv(65536)
        if not more:
            raise OSError(f"closed after {len(data)} bytes")
        data += more
    return data


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    try:
        print(ask(sys.argv[2], sys.argv[3], int(sys.argv[4])))
    except OSError as refusal:
        sys.exit(f"{sys.argv[2:]}: {refusal}")
