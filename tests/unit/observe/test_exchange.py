"""One question, one answer: the three ways in which an answer ends."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address

import pytest

from testbed.observe.remote.exchange import Reads, exchange, open_socket

HERE = ip_address("127.0.0.1")


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Takes one connection; gives its port."""
    with socket.create_server((str(HERE), 0)) as listening:

        def serve() -> None:
            with listening.accept()[0] as taken:
                answer(taken)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(5)


def said(port: int, data: bytes, reads: Reads) -> bytes:
    with open_socket(HERE, reads) as opened:
        return exchange(opened, HERE, port, data, 5, reads)


def test_all_until_the_other_end_closes() -> None:
    def answer(taken: socket.socket) -> None:
        taken.recv(10)
        taken.sendall(b"one ")
        taken.sendall(b"two")

    with server(answer) as port:
        assert said(port, b"?", "all") == b"one two"


def test_one_message_of_a_connection_that_stays_open() -> None:
    def answer(taken: socket.socket) -> None:
        taken.sendall(struct.pack("!H", 3) + taken.recv(10) + b"yz and more")
        with suppress(ConnectionResetError):
            taken.recv(1)  # until the client has gone

    with server(answer) as port:
        assert said(port, b"x", "message") == b"xyz"


def test_a_message_cut_short() -> None:
    def answer(taken: socket.socket) -> None:
        taken.recv(10)
        taken.sendall(b"\0\x05ab")

    with server(answer) as port, pytest.raises(OSError, match="closed"):
        said(port, b"?", "message")


def test_a_datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((str(HERE), 0))
        other.settimeout(5)

        def echo() -> None:
            data, sender = other.recvfrom(100)
            other.sendto(data.upper(), sender)

        threading.Thread(target=echo, daemon=True).start()
        assert said(other.getsockname()[1], b"abc", "datagram") == b"ABC"


def test_nobody_is_there() -> None:
    with socket.create_server((str(HERE), 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(OSError):
        said(port, b"?", "all")
