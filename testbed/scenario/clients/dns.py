"""A resolver of few words: one question to one server, from inside a namespace."""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from dns import flags, message, rcode, rdatatype
from dns.exception import DNSException
from dns.rdata import Rdata

from testbed.observe.remote.exchange import Reads
from testbed.plan.model import Plan
from testbed.prove.exchange import exchange

PORT = 53
TIMEOUT = 3.0  # seconds for one answer


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
    question = query(number, name, kind)
    if tcp:
        question = struct.pack("!H", len(question)) + question
    reads: Reads = "message" if tcp else "datagram"
    return reply(number, exchange(plan, netns, server, PORT, question, timeout, reads), kind)


def query(number: int, name: str, kind: str) -> bytes:
    """A question for one name and type."""
    return message.make_query(name, kind, id=number).to_wire()


def reply(number: int, data: bytes, kind: str) -> Reply:
    """Read an answer to question `number`. Raises OSError if it is none, or cut short."""
    try:
        answer = message.from_wire(data)
    except (DNSException, ValueError) as error:
        raise OSError(f"a malformed answer: {str(error) or type(error).__name__}") from None
    if answer.id != number or not answer.flags & flags.QR:
        raise OSError("the answer to something else")
    if answer.flags & flags.TC:
        raise OSError("the answer is truncated; it fits TCP only")
    wanted = rdatatype.from_text(kind)
    records = (record for found in answer.answer if found.rdtype == wanted for record in found)
    return Reply(rcode.to_text(answer.rcode()), tuple(sorted(map(_record_value, records))))


def _record_value(record: Rdata) -> str:
    """An address, a name, or the name and port of a service."""
    *_, value = record.to_text().split()
    if record.rdtype == rdatatype.SRV:
        return f"{value.rstrip('.')}:{record.to_text().split()[2]}"
    return value.rstrip(".")
