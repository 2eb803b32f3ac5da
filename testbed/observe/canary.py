"""Shows that a capture can see traffic at all, before anything is concluded from its silence."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress

from testbed.errors import CheckFailed
from testbed.host.namespaces import in_netns
from testbed.observe.capture import Capture
from testbed.observe.frame import Frame
from testbed.observe.tag import TAG_SIZE, Run

# Probes count from 0; canaries have the numbers from here on.
FIRST_CANARY = 1 << 31


def blind(capture: Capture, run: Run, timeout: float = 2.0) -> list[str]:
    """The namespaces where the capture does not see a packet on their own loopback.

    Sends one tagged packet in each of the capture's namespaces; `timeout` in seconds.
    """
    tags = {name: run.tag(FIRST_CANARY + index) for index, name in enumerate(capture.places)}
    for name, place in capture.places.items():
        place.send_canary(tags[name])
    frames = capture.read(lambda seen: not _find_unseen(tags, seen), timeout, "canaries")
    return _find_unseen(tags, frames)


def refuse_blind(capture: Capture, run: Run, timeout: float = 2.0) -> None:
    """Raises CheckFailed if the capture is blind anywhere."""
    names = blind(capture, run, timeout)
    if names:
        raise CheckFailed(
            f"the capture is blind in {', '.join(names)}",
            why="a tagged packet on the namespace's own loopback was not seen",
            fix=f"testbed exec {names[0]} ip link show lo; a blind capture proves nothing",
        )


def send_canary(netns: str, tag: bytes) -> None:
    """Send one UDP packet to an open socket, so that no ICMP error answers it."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with suppress(OSError), in_netns(netns):
            with socket.socket(family, socket.SOCK_DGRAM) as receiver:
                receiver.bind((address, 0))
                with socket.socket(family, socket.SOCK_DGRAM) as sender:
                    sender.sendto(tag, receiver.getsockname()[:2])
            return


def _find_unseen(tags: Mapping[str, bytes], frames: list[Frame]) -> list[str]:
    seen = {(f.node, f.data[-TAG_SIZE:]) for f in frames}
    return [name for name, tag in tags.items() if (name, tag) not in seen]
