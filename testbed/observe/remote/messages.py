"""The messages between the lab and guest_agent_main: requests, and what the agent answers.

Each is one JSON object on a line (testbed.host.json_lines) with the message's name under "kind".
Standard library only, because it is imported in guests that are emulated in software.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

from testbed.errors import TestbedError
from testbed.host.json_lines import decode_line, encode_line


@dataclass(frozen=True)
class CaptureFrames:
    """Request: capture a run's tagged packets until standard input ends.

    `namespaces`: name → path. An empty line on standard input asks for Flushed.
    """

    run: bytes
    namespaces: Mapping[str, str]


@dataclass(frozen=True)
class CaptureStarted:
    """Answer: the capture sees packets from now on."""


@dataclass(frozen=True)
class CapturedFrame:
    """Answer: one frame; see testbed.observe.frame."""

    node: str
    interface: str
    outgoing: bool
    time_ns: int
    data: bytes


@dataclass(frozen=True)
class CaptureFlushed:
    """Answer: everything that was captured before the request has been sent."""


@dataclass(frozen=True)
class CaptureFailed:
    """Answer: the kernel dropped packets."""

    why: str


@dataclass(frozen=True)
class SendCanary:
    """Request: one tagged packet on a namespace's own loopback."""

    netns: str
    tag: bytes


@dataclass(frozen=True)
class SendProbes:
    """Request: `count` probes of a run, with `size` bytes of payload."""

    netns: str
    address: str
    run: bytes
    count: int
    size: int


@dataclass(frozen=True)
class ProbesSent:
    """Answer: how many probes were sent, and the error that stopped it."""

    count: int
    refusal: str | None


@dataclass(frozen=True)
class ReceiveStream:
    """Request: receive a numbered stream until standard input ends."""

    netns: str
    address: str
    tag: int


@dataclass(frozen=True)
class StreamListening:
    """Answer: the port on which the stream is received."""

    port: int


@dataclass(frozen=True)
class PacketsArrived:
    """Answer: sequence numbers, and when each came, in seconds by the guest's clock."""

    numbers: tuple[int, ...]
    times: tuple[float, ...]


@dataclass(frozen=True)
class SendStream:
    """Request: send a numbered stream until standard input ends."""

    netns: str
    address: str
    port: int
    tag: int
    rate: int


@dataclass(frozen=True)
class PacketsSent:
    """Answer: how many packets have been sent so far."""

    count: int


@dataclass(frozen=True)
class ServeExchanges:
    """Request: answer each Exchange on standard input, until that ends."""


@dataclass(frozen=True)
class Exchange:
    """Request: send `data`, give the answer to it; see testbed.observe.remote.exchange."""

    netns: str
    address: str
    port: int
    data: bytes
    timeout: float
    reads: str


@dataclass(frozen=True)
class ExchangeResult:
    """Answer: what the other end sent, or why there is nothing."""

    data: bytes
    error: str | None = None


Message = (
    CaptureFrames
    | CaptureStarted
    | CapturedFrame
    | CaptureFlushed
    | CaptureFailed
    | SendCanary
    | SendProbes
    | ProbesSent
    | ReceiveStream
    | StreamListening
    | PacketsArrived
    | SendStream
    | PacketsSent
    | ServeExchanges
    | Exchange
    | ExchangeResult
)
_KINDS: dict[str, type[Message]] = {kind.__name__: kind for kind in Message.__args__}


def encode_message(message: Message) -> str:
    """The message as a line, with its end."""
    values = {field.name: _encode_value(getattr(message, field.name)) for field in fields(message)}
    return encode_line({"kind": type(message).__name__, **values})


def decode_message(line: str | bytes) -> Message:
    """The message on a line. Raises TestbedError if it is none of these."""
    data = decode_line(line)
    kind = _KINDS.get(str(data.pop("kind", None)))
    if kind is None:
        raise TestbedError(f"an unknown message: {line[:80]!r}", exit_code=1)
    make: Callable[..., Message] = kind
    try:
        return make(**{f.name: _DECODERS[str(f.type)](data[f.name]) for f in fields(kind)})
    except (KeyError, ValueError) as error:
        what = f"a malformed message {kind.__name__}: {line[:80]!r}"
        raise TestbedError(what, why=str(error), exit_code=1) from None


def _encode_value(value: object) -> object:
    return b64encode(value).decode() if isinstance(value, bytes) else value


def _as_text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def _as_optional_text(value: object) -> str | None:
    return None if value is None else _as_text(value)


def _as_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def _as_integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no whole number")
    return value


def _as_float(value: object) -> float:
    return value if isinstance(value, float) else float(_as_integer(value))


def _as_bytes(value: object) -> bytes:
    return b64decode(_as_text(value), validate=True)


def _as_list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is no list")
    return value


def _as_texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is no object")
    return {_as_text(name): _as_text(text) for name, text in value.items()}


# By a field's annotation.
_DECODERS: dict[str, Callable[[object], object]] = {
    "str": _as_text,
    "str | None": _as_optional_text,
    "bool": _as_flag,
    "int": _as_integer,
    "float": _as_float,
    "bytes": _as_bytes,
    "tuple[int, ...]": lambda value: tuple(_as_integer(item) for item in _as_list(value)),
    "tuple[float, ...]": lambda value: tuple(_as_float(item) for item in _as_list(value)),
    "Mapping[str, str]": _as_texts,
}
