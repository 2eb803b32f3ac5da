"""In a guest: what a proof made in the lab needs done there (testbed.observe.remote.guest asks).

    capture RUN NAME=NETNS …         frames as JSON lines, until standard input ends
    sing NETNS TAG                   a canary
    send NETNS ADDRESS RUN COUNT     probes; prints what became of them
    receive NETNS ADDRESS TAG        a numbered stream; prints which packets arrived
    emit NETNS ADDRESS PORT TAG RATE sends one until standard input ends; prints how many
    ask                              answers each line of standard input, a question as JSON

Run as `python -m testbed.observe.remote.guest_agent_main WORDS …`. RUN and TAG are hexadecimal.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

from testbed.errors import CheckFailed
from testbed.host.namespaces import in_netns
from testbed.observe import probe
from testbed.observe.canary import sing
from testbed.observe.capture import Capture
from testbed.observe.frame import Frame
from testbed.observe.remote.exchange import open_socket, talk
from testbed.observe.stream import arrivals, emit, family_of, receiver
from testbed.observe.tag import Run

_PAUSE = 0.05  # seconds between two looks at standard input
_NEWS = 0.5  # seconds between two reports of a stream; each costs an emulated guest milliseconds
_QUIET = 1.0  # seconds without a packet after which none is under way any more


def _capture(run: str, *places: str) -> None:
    namespaces = {name: Path(path) for name, _, path in (p.partition("=") for p in places)}
    with Capture(namespaces, only=Run(bytes.fromhex(run))) as capture:
        _say({"ready": True})
        while True:
            try:
                frames = capture.read(bool, _PAUSE)
            except CheckFailed as error:
                _say({"failed": str(error.why)})
                return
            for frame in frames:
                _say(_described(frame))
            if select.select([sys.stdin], [], [], 0)[0]:
                if not os.read(sys.stdin.fileno(), 64):
                    return
                for frame in capture.read(bool, 0):
                    _say(_described(frame))
                _say({"flushed": True})


def _described(frame: Frame) -> dict[str, object]:
    data = b64encode(frame.data).decode()
    return {
        "frame": [frame.node, frame.interface, frame.outgoing, frame.time_ns, data],
    }


def _sing(netns: str, tag: str) -> None:
    sing(Path(netns), bytes.fromhex(tag))


def _send(netns: str, address: str, run: str, count: str) -> None:
    tags, refusal = probe.send(
        Path(netns), ip_address(address), Run(bytes.fromhex(run)), int(count)
    )
    _say({"tags": [tag.hex() for tag in tags], "refusal": refusal})


def _receive(netns: str, address: str, tag: str) -> None:
    there = ip_address(address)
    with in_netns(netns):
        ear = receiver(there)
    _say({"port": ear.getsockname()[1]})
    arrived: list[tuple[int, float]] = []  # number, seconds by this guest's clock
    said = came = time.monotonic()

    def closing() -> bool:
        """Also called when nothing comes: then too, what came is said."""
        nonlocal arrived, said
        now = time.monotonic()
        if arrived and now - said > _NEWS:
            _say({"arrived": arrived})
            arrived, said = [], now
        return now - came > _QUIET and _closed()

    for number in arrivals(ear, int(tag), closing):
        came = time.monotonic()
        arrived.append((number, round(came, 4)))
    _say({"arrived": arrived})


def _emit(netns: str, address: str, port: str, tag: str, rate: str) -> None:
    there = ip_address(address)
    with in_netns(netns):
        mouth = socket.socket(family_of(there), socket.SOCK_DGRAM)
    _say({"sent": 0})
    said, sent = time.monotonic(), 0
    for sent in emit(mouth, (address, int(port)), int(tag), int(rate), _closed):
        if time.monotonic() - said > _NEWS:
            _say({"sent": sent})
            said = time.monotonic()
    _say({"sent": sent})


def _ask(_: str) -> None:
    """Each question names the namespace that it is asked from."""
    for line in sys.stdin:
        asked = json.loads(line)
        address, reads = ip_address(asked["address"]), asked["reads"]
        try:
            with in_netns(asked["netns"]):
                opened = open_socket(address, reads)
            with opened:
                data = b64decode(asked["data"])
                said = talk(opened, address, asked["port"], data, asked["timeout"], reads)
        except OSError as error:
            _say({"error": str(error)})
        else:
            _say({"data": b64encode(said).decode()})


def _closed(patience: float = 0.0) -> bool:
    """Has standard input ended, within so many seconds?"""
    return bool(select.select([sys.stdin], [], [], patience)[0])


def _say(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)


_WORDS: dict[str, Callable[..., None]] = {
    "capture": _capture,
    "sing": _sing,
    "send": _send,
    "receive": _receive,
    "emit": _emit,
    "ask": _ask,
}


def main() -> None:
    """Do as the arguments say."""
    word, *arguments = sys.argv[1:]
    _WORDS[word](*arguments)


if __name__ == "__main__":
    main()
