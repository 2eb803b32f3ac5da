"""DNS messages (RFC 1035): questions as sent, answers as read."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.scenario.clients import dns

NAME = "web.default.svc.cluster.local"
POINTER = b"\xc0\x0c"  # to the name in the question, right behind the header
KINDS = {"A": 1, "PTR": 12, "AAAA": 28, "SRV": 33}


def answer(records: list[tuple[str, bytes]], flags: int = 0x8400, asked: str = "A") -> bytes:
    """An answer to question 7 about NAME, with these records of that name."""
    question = dns.query(7, NAME, asked)[12:]
    body = b"".join(
        POINTER + struct.pack("!2HIH", KINDS[kind], 1, 5, len(data)) + data
        for kind, data in records
    )
    return struct.pack("!6H", 7, flags, 1, len(records), 0, 0) + question + body


def test_a_question() -> None:
    message = dns.query(7, "web.local.", "AAAA")
    assert message == (
        b"\x00\x07\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03web\x05local\x00\x00\x1c\x00\x01"
    )


@pytest.mark.parametrize(
    ("kind", "data", "value"),
    [
        ("A", bytes([10, 96, 0, 10]), "10.96.0.10"),
        ("AAAA", bytes([0xFD]) + bytes(14) + b"\x0a", "fd00::a"),
        ("SRV", struct.pack("!3H", 0, 100, 80) + POINTER, f"{NAME}:80"),
        ("PTR", b"\x03ns1" + POINTER, f"ns1.{NAME}"),
    ],
)
def test_a_value(kind: str, data: bytes, value: str) -> None:
    reply = dns.reply(7, answer([(kind, data)], asked=kind), kind)
    assert reply == dns.Reply("NOERROR", (value,))


def test_values_are_sorted_and_of_the_asked_type() -> None:
    two = [("A", bytes([10, 0, 0, n])) for n in (2, 1)]
    assert dns.reply(7, answer([*two, ("AAAA", bytes(16))]), "A").values == ("10.0.0.1", "10.0.0.2")


def test_no_such_name() -> None:
    assert dns.reply(7, answer([], flags=0x8403), "A") == dns.Reply("NXDOMAIN", ())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "malformed"),
        (answer([("A", bytes(4))])[:-2], "malformed"),
        (struct.pack("!6H", 7, 0x8400, 1, 0, 0, 0) + POINTER + bytes(4), "malformed"),
        (answer([], flags=0x8600), "truncated"),
        (dns.query(7, NAME, "A"), "something else"),
        (dns.query(8, NAME, "A"), "something else"),
    ],
)
def test_no_answer(data: bytes, words: str) -> None:
    with pytest.raises(OSError, match=words):
        dns.reply(7, data, "A")


@given(st.binary(max_size=200))
def test_whatever_comes_is_an_answer_or_none(noise: bytes) -> None:
    for data in (noise, answer([])[:12] + noise):
        with suppress(OSError):
            dns.reply(7, data, "A")
