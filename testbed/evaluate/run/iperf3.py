"""What iperf3 is asked for a case, and what its answer says. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from testbed.errors import CheckFailed
from testbed.evaluate.cases import Case
from testbed.evaluate.sample import Values

PORT = 5201
OMITTED = 1  # seconds before those that count: TCP's slow start
# One transfer after the other; a new process for each, as one that was broken off may stay busy.
SERVER = f"""\
trap 'kill $!; exit' TERM
while :; do iperf3 --server --one-off --port {PORT} & wait $!; done
"""


@dataclass(frozen=True)
class Transfer:
    """`payload`: bytes that the client sent, those of the omitted seconds too."""

    values: Values
    payload: int


def arguments(case: Case, target: IPv4Address | IPv6Address, seconds: int) -> list[str]:
    """The client's command. TCP only: UDP needs a search for its rate."""
    numbers = {"--port": PORT, "--time": seconds, "--omit": OMITTED, "--parallel": case.streams}
    words = [word for name, value in numbers.items() for word in (name, str(value))]
    return ["iperf3", "--client", str(target), *words, "--json"]


def read(text: str) -> Transfer:
    """Of the client's JSON. Raises CheckFailed for what is none, or says that it failed."""
    try:
        said = json.loads(text)
        if error := said.get("error"):
            raise CheckFailed("iperf3 has measured nothing", why=str(error))
        end = said["end"]
        values = Values(
            throughput_bps=end["sum_received"]["bits_per_second"],
            retransmits=end["sum_sent"].get("retransmits"),
        )
        return Transfer(values, sum(_bytes(interval) for interval in said["intervals"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"{error!r} in: {text[:200]!r}"
        raise CheckFailed("iperf3 has given no result", why=why) from None


def _bytes(interval: Mapping[str, Mapping[str, int]]) -> int:
    return int(interval["sum"]["bytes"])
