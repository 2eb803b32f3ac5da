"""What iperf3 is asked for a case, and what its answer says. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Any  # Any: iperf3's document, read as iperf3 writes it

from testbed.errors import CheckFailed, TestbedError
from testbed.evaluate.cases import Case
from testbed.evaluate.sample import Values

Address = IPv4Address | IPv6Address
PORT = 5201
IP_HEADER, TCP_HEADER, UDP_HEADER = {4: 20, 6: 40}, 20, 8
ATTEMPTS = 5  # at a server that is not ready for the next transfer yet
OMITTED = 1  # seconds before those that count: TCP's slow start
# One transfer after the other; a new process for each, as one that was broken off may stay busy.
SERVER = f"""\
trap 'kill $!; exit' TERM
while :; do iperf3 --server --one-off --port {PORT} & wait $!; done
"""


# Prints the exit code of iperf3, whose error is in its output; and ends it if it hangs.
_BOUNDED = 'timeout -k 1 "$0" "$@"; code=$?; echo; echo "exit $code"'
_EXIT = re.compile(r"\nexit (\d+)\s*$")
# of coreutils, of busybox, and of either where SIGTERM does not do
_TIMED_OUT, _MISSING, _SIGNAL = (124, 143, 137), (126, 127), 128
_BUSY = ("unable to connect to server", "the server is busy", "Connection refused")


@dataclass(frozen=True)
class Transfer:
    """`payload`: bytes that the client sent, those of the omitted seconds too."""

    values: Values
    payload: int


class NoTransfer(CheckFailed):
    """iperf3 gave no result. `is_busy`: its server was not ready for it yet."""

    is_busy = False


def tcp_arguments(case: Case, target: Address, seconds: int, largest: int | None) -> list[str]:
    """The client's command. `largest`: of IP packets, if not what the path allows."""
    numbers = {"--time": seconds, "--omit": OMITTED, "--parallel": case.streams}
    if largest is not None:
        numbers["--set-mss"] = largest - IP_HEADER[case.family] - TCP_HEADER
    return _command(target, numbers)


def udp_arguments(case: Case, target: Address, rate: float, length: int) -> list[str]:
    """A run of a second at so many bit/s, 0 for as fast as it can; `length` is of a datagram."""
    numbers = {
        "--time": 1,
        "--parallel": case.streams,
        "--length": length,
        "--bitrate": round(rate / case.streams),
    }
    return [*_command(target, numbers), "--udp"]


def _command(target: Address, numbers: Mapping[str, int]) -> list[str]:
    words = [word for name, value in numbers.items() for word in (name, str(value))]
    return ["iperf3", "--client", str(target), "--port", str(PORT), *words, "--json"]


def bounded(command: Sequence[str], seconds: float) -> list[str]:
    """A command that ends within this time, whatever iperf3 does; `answer` reads what it prints."""
    return ["sh", "-c", _BOUNDED, str(math.ceil(seconds)), *command]


def answer(text: str) -> dict[str, Any]:
    """iperf3's JSON, out of what a bounded command printed. Raises NoTransfer."""
    found = _EXIT.search(text)
    if found is None:
        raise NoTransfer("iperf3 was cut off", why=f"it printed {text[-200:]!r}")
    said, code = text[: found.start()].strip(), int(found[1])
    if code in _TIMED_OUT:
        raise NoTransfer("iperf3 hangs", why="it was ended when its time was long over")
    if code in _MISSING:
        raise NoTransfer(
            "iperf3 cannot be started", why=said[-200:], fix="make deps; testbed up full --recreate"
        )
    if code > _SIGNAL:
        raise NoTransfer("iperf3 crashed", why=f"signal {code - _SIGNAL}")
    try:
        document: dict[str, Any] = json.loads(said)
        error = document.get("error")
    except (ValueError, AttributeError) as wrong:
        raise NoTransfer(
            "iperf3 has given no result", why=f"{wrong!r} in: {said[:200]!r}"
        ) from None
    if error:
        failed = NoTransfer("iperf3 has measured nothing", why=str(error))
        failed.is_busy = any(words in str(error) for words in _BUSY)
        raise failed
    return document


def until_ready(run: Callable[[], str]) -> dict[str, Any]:
    """The answer of a bounded command; a server may take a moment to be ready for the next one.

    Raises NoTransfer, also where the command could not be run: its pod or node may be gone.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return _answer_of(run)
        except NoTransfer as failed:
            if not failed.is_busy:
                raise
    return _answer_of(run)


def _answer_of(run: Callable[[], str]) -> dict[str, Any]:
    try:
        return answer(run())
    except NoTransfer:
        raise
    except TestbedError as error:
        raise NoTransfer("no transfer", why=str(error)) from None


def read_tcp(said: Mapping[str, Any]) -> Transfer:
    """Of an answer. Raises NoTransfer where figures are missing."""
    try:
        end = said["end"]
        payload = sum(int(interval["sum"]["bytes"]) for interval in said["intervals"])
        values = Values(
            throughput_bps=end["sum_received"]["bits_per_second"],
            retransmits=end["sum_sent"].get("retransmits"),
            payload_bytes=payload,
        )
        return Transfer(values, payload)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _incomplete(said, error) from None


@dataclass(frozen=True)
class Datagrams:
    """What became of a run of UDP: `payload` is bytes that were sent, `rate` bit/s."""

    rate: float
    loss: float
    jitter_s: float
    packets_per_s: float
    payload: int


def read_udp(said: Mapping[str, Any]) -> Datagrams:
    """Of an answer. Raises NoTransfer where figures are missing."""
    try:
        total = said["end"]["sum"]
        sent, packets = said["end"].get("sum_sent", total), int(total["packets"])
        loss = min(1.0, max(0.0, total["lost_packets"] / packets)) if packets else 1.0
        return Datagrams(
            rate=sent["bits_per_second"],
            loss=loss,
            jitter_s=total["jitter_ms"] / 1000,
            packets_per_s=packets / total["seconds"],
            payload=int(sent["bytes"]),
        )
    except (KeyError, TypeError, AttributeError, ValueError, ZeroDivisionError) as error:
        raise _incomplete(said, error) from None


def _incomplete(said: Mapping[str, Any], error: Exception) -> NoTransfer:
    return NoTransfer("iperf3 has given no result", why=f"{error!r} in: {str(said)[:200]!r}")
