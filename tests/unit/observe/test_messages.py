"""Messages between lab and guest agent: the same after the way, and malformed ones are refused."""

from __future__ import annotations

import json

import pytest

from testbed.errors import TestbedError
from testbed.host.json_lines import LineBuffer, decode_line, encode_line
from testbed.observe.remote import messages
from testbed.observe.remote.messages import Message, decode_message, encode_message

EXAMPLES: list[Message] = [
    messages.CaptureFrames(bytes(8), {"r3": "/run/netns/r3"}),
    messages.CaptureStarted(),
    messages.CapturedFrame("r3", "r3-r4", True, 1_700_000_000_123_456_789, b"\x00\xff"),
    messages.CaptureFlushed(),
    messages.CaptureFailed("r3: 7"),
    messages.SendCanary("r3", b"tag"),
    messages.SendProbes("r3", "fcff:8::1", bytes(8), 8, 16),
    messages.ProbesSent(3, "Network is unreachable"),
    messages.ProbesSent(8, None),
    messages.ReceiveStream("pod-a", "172.16.0.1", 77),
    messages.StreamListening(4711),
    messages.PacketsArrived((1, 2), (0.5, 2.0)),
    messages.SendStream("pod-a", "172.16.0.1", 4711, 77, 100),
    messages.PacketsSent(5),
    messages.ServeExchanges(),
    messages.Exchange("pod-a", "10.96.0.1", 80, b"GET /", 5.0, "all"),
    messages.ExchangeResult(b"200"),
    messages.ExchangeResult(b"", "Connection refused"),
]


def test_every_kind_is_here() -> None:
    assert {type(message) for message in EXAMPLES} == set(messages._KINDS.values())


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda m: type(m).__name__)
def test_the_same_after_the_way(message: Message) -> None:
    line = encode_message(message)
    assert line.endswith("\n") and line.count("\n") == 1
    assert decode_message(line) == message
    assert decode_message(line.encode()) == message


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda m: type(m).__name__)
def test_a_field_of_another_type_or_none_is_refused(message: Message) -> None:
    data = json.loads(encode_message(message))
    for name in set(data) - {"kind"}:
        for broken in ({**data, name: [object.__name__]}, {k: data[k] for k in data if k != name}):
            with pytest.raises(TestbedError, match="malformed"):
                decode_message(encode_line(broken))


@pytest.mark.parametrize(
    "line",
    ["", "{", "[]", "7", b"\xff", "{}", '{"kind": "Message"}', '{"kind": ["PacketsSent"]}'],
)
def test_what_is_no_message_is_refused(line: str | bytes) -> None:
    with pytest.raises(TestbedError):
        decode_message(line)


def test_lines_are_put_together() -> None:
    whole = encode_line({"a": 1}) + encode_line({"b": "ü"})
    buffer = LineBuffer()
    lines = [line for byte in whole.encode() for line in buffer.add(bytes([byte]))]
    assert [decode_line(line) for line in lines] == [{"a": 1}, {"b": "ü"}]
