"""A resolver of few words (RFC 1035): one question to one server, from inside a namespace."""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from testbed.observe.remote.exchange import Reads
from testbed.plan.model import Plan
from testbed.prove.exchange import exchange

PORT = 53
TIMEOUT = 3.0  # seconds for one answer
_HEADER = struct.Struct("!6H")  # id, flags, and how many questions, answers, authorities, others
_TYPES = {"A": 1, "PTR": 12, "AAAA": 28, "SRV": 33}
_IN, _RECURSION_DESIRED, _RESPONSE, _TRUNCATED, _CODE = 1, 0x0100, 0x8000, 0x0200, 0xF
_CODES = {0: "NOERROR", 2: "SERVFAIL", 3: "NXDOMAIN", 5: "REFUSED"}


@dataclass(frozen=True)
class Reply:
    """What a server answered: the code by name, and the values of the asked type, sorted."""

    code: str
    values: tuple[str, ...]


def ask(
    plan: Plan,
    netns: str,
    server: IPv4Address | IPv6Address,
    name: str,
    kind: str,
    tcp: bool = False,
    timeout: float = TIMEOUT,
) -> Reply:
    """Ask for `name` (complete, without search list). Raises OSError without a fitting answer."""
    number = secrets.randbelow(1 << 16)
    message = query(number, name, kind)
    if tcp:
        message = struct.pack("!H", len(message)) + message
    reads: Reads = "message" if tcp else "datagram"
    return reply(number, exchange(plan, netns, server, PORT, message, timeout, reads), kind)


def query(number: int, name: str, kind: str) -> bytes:
    """A question for one name and type."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split("."))
    header = _HEADER.pack(number, _RECURSION_DESIRED, 1, 0, 0, 0)
    return header + labels + b"\0" + struct.pack("!2H", _TYPES[kind], _IN)


def reply(number: int, data: bytes, kind: str) -> Reply:
    """Read an answer to question `number`. Raises OSError if it is none, or cut short."""
    try:
        identity, flags, questions, answers, _, _ = _HEADER.unpack_from(data)
        if identity != number or not flags & _RESPONSE:
            raise OSError("the answer to something else")
        if flags & _TRUNCATED:
            raise OSError("the answer is truncated; it fits TCP only")
        offset = _HEADER.size
        for _ in range(questions):
            offset = _name(data, offset)[1] + 4
        values = []
        for _ in range(answers):
            offset = _name(data, offset)[1]
            found, _, _, length = struct.unpack_from("!2HIH", data, offset)
            offset += 10
            if found == _TYPES[kind]:
                values.append(_value(data, offset, length, kind))
            offset += length
    except (struct.error, IndexError, ValueError) as error:
        raise OSError(f"a malformed answer: {error}") from None
    code = flags & _CODE
    return Reply(_CODES.get(code, f"code {code}"), tuple(sorted(values)))


def _value(data: bytes, offset: int, length: int, kind: str) -> str:
    if kind == "A":
        return str(IPv4Address(data[offset : offset + length]))
    if kind == "AAAA":
        return str(IPv6Address(data[offset : offset + length]))
    if kind == "SRV":
        port = struct.unpack_from("!3H", data, offset)[2]
        return f"{_name(data, offset + 6)[0]}:{port}"
    return _name(data, offset)[0]


def _name(data: bytes, offset: int) -> tuple[str, int]:
    """The name at an offset, and where what follows it begins."""
    labels: list[str] = []
    end = None
    for _ in data:  # more steps than bytes would be a loop
        length = data[offset]
        if length >= 0xC0:
            end = end or offset + 2
            offset = struct.unpack_from("!H", data, offset)[0] & 0x3FFF
        elif length == 0:
            return ".".join(labels), end or offset + 1
        else:
            labels.append(data[offset + 1 : offset + 1 + length].decode())
            offset += 1 + length
    raise ValueError("a name that points to itself")
