"""In a guest: serves one request of the lab (testbed.observe.remote.messages).

Run as `python -m testbed.observe.remote.guest_agent_main REQUEST`. Answers go to standard output.
"""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Iterable
from ipaddress import ip_address
from typing import cast

from testbed.errors import CheckFailed, TestbedError
from testbed.observe.capture import Capture
from testbed.observe.frame import Frame
from testbed.observe.local_place import LocalPlace
from testbed.observe.remote.exchange import Reads
from testbed.observe.remote.messages import (
    CapturedFrame,
    CaptureFailed,
    CaptureFlushed,
    CaptureFrames,
    CaptureStarted,
    Exchange,
    ExchangeResult,
    Message,
    PacketsArrived,
    PacketsSent,
    ProbesSent,
    ReceiveStream,
    SendCanary,
    SendProbes,
    SendStream,
    ServeExchanges,
    StreamListening,
    decode_message,
    encode_message,
)
from testbed.observe.tag import Run

_PAUSE = 0.05  # seconds between two looks at standard input
_NEWS = 0.5  # seconds between two reports of a stream; each costs an emulated guest milliseconds
_QUIET = 1.0  # seconds without a packet after which none is under way any more


def main() -> None:
    """Serve the request that is the only argument."""
    try:
        serve(decode_message(sys.argv[1]))
    except TestbedError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


def serve(request: Message) -> None:
    """Do what is asked, and answer. Raises TestbedError, also if it is no request."""
    if isinstance(request, CaptureFrames):
        _capture_frames(request)
    elif isinstance(request, SendCanary):
        LocalPlace(request.netns).send_canary(request.tag)
    elif isinstance(request, SendProbes):
        _send_probes(request)
    elif isinstance(request, ReceiveStream):
        _receive_stream(request)
    elif isinstance(request, SendStream):
        _send_stream(request)
    elif isinstance(request, ServeExchanges):
        _serve_exchanges(sys.stdin)
    else:
        raise TestbedError(f"{type(request).__name__} is no request")


def _capture_frames(request: CaptureFrames) -> None:
    places = {name: LocalPlace(netns) for name, netns in request.namespaces.items()}
    with Capture(places, only=Run(request.run)) as capture:
        _send_answer(CaptureStarted())
        while True:
            try:
                _send_frames(capture.read(bool, _PAUSE))
            except CheckFailed as error:
                _send_answer(CaptureFailed(str(error.why)))
                return
            if _stdin_ready():
                if not os.read(sys.stdin.fileno(), 64):
                    return
                _send_frames(capture.read(bool, 0))
                _send_answer(CaptureFlushed())


def _send_frames(frames: Iterable[Frame]) -> None:
    for f in frames:
        _send_answer(CapturedFrame(f.node, f.interface, f.outgoing, f.time_ns, f.data))


def _send_probes(request: SendProbes) -> None:
    place, address = LocalPlace(request.netns), ip_address(request.address)
    tags, refusal = place.send_probes(address, Run(request.run), request.count, request.size)
    _send_answer(ProbesSent(len(tags), refusal))


def _receive_stream(request: ReceiveStream) -> None:
    receiver = LocalPlace(request.netns).receive_stream(ip_address(request.address), request.tag)
    _send_answer(StreamListening(receiver.port))
    news = _ArrivalNews()
    for number, at in receiver.arrivals(news.look):
        news.add(number, at)
    news.report()


class _ArrivalNews:
    """What arrived and has not been reported yet."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._times: list[float] = []
        self._reported = self._came = time.monotonic()

    def add(self, number: int, at: float) -> None:
        self._came = at
        self._numbers.append(number)
        self._times.append(round(at, 4))

    def look(self) -> bool:
        """Report now and then, also while nothing comes. Is the stream at its end?"""
        now = time.monotonic()
        if self._numbers and now - self._reported > _NEWS:
            self.report()
        return now - self._came > _QUIET and _stdin_ready()

    def report(self) -> None:
        _send_answer(PacketsArrived(tuple(self._numbers), tuple(self._times)))
        self._numbers, self._times, self._reported = [], [], time.monotonic()


def _send_stream(request: SendStream) -> None:
    place, address = LocalPlace(request.netns), ip_address(request.address)
    sender = place.send_stream(address, request.port, request.tag, request.rate)
    _send_answer(PacketsSent(0))
    reported, sent = time.monotonic(), 0
    for sent in sender.send(_stdin_ready):
        if time.monotonic() - reported > _NEWS:
            _send_answer(PacketsSent(sent))
            reported = time.monotonic()
    _send_answer(PacketsSent(sent))


def _serve_exchanges(lines: Iterable[str]) -> None:
    for line in lines:
        request = decode_message(line)
        if not isinstance(request, Exchange):
            raise TestbedError(f"{type(request).__name__} is no exchange")
        _send_answer(_run_exchange(request))


def _run_exchange(request: Exchange) -> ExchangeResult:
    place, address = LocalPlace(request.netns), ip_address(request.address)
    reads = cast(Reads, request.reads)
    try:
        data = place.exchange(address, request.port, request.data, request.timeout, reads)
    except OSError as error:
        return ExchangeResult(b"", str(error))
    return ExchangeResult(data)


def _stdin_ready(patience: float = 0.0) -> bool:
    """Has standard input something to read, or its end, within so many seconds?"""
    return bool(select.select([sys.stdin], [], [], patience)[0])


def _send_answer(message: Message) -> None:
    sys.stdout.write(encode_message(message))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
