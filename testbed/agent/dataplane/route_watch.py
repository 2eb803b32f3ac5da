"""Notices lost routes and rules, and changed links and routes, by listening to rtnetlink."""

from __future__ import annotations

import errno
import logging
import socket
import struct
import threading
from collections.abc import Callable, Iterator

from testbed.agent.desired import service_veth
from testbed.agent.desired.overlays.registry import INTERFACES
from testbed.agent.desired.routes import MAIN, PROTOCOL

log = logging.getLogger(__name__)
# RTMGRP_LINK, RTMGRP_IPV4_ROUTE, RTMGRP_IPV4_RULE, RTMGRP_IPV6_ROUTE, RTNLGRP_IPV6_RULE
_GROUPS = 0x1 | 0x40 | 0x80 | 0x400 | 1 << 18
_RTM_NEWLINK, _RTM_DELLINK, _RTM_NEWROUTE, _RTM_DELROUTE, _RTM_DELRULE = 16, 17, 24, 25, 33
_HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_PROTOCOL_AT = _HEADER.size + 5  # rtmsg.rtm_protocol
_TABLE_AT = _HEADER.size + 4  # rtmsg.rtm_table
_LINK_LOCAL = b"\xfe\x80" + bytes(14)  # fe80::/64, which every interface has
_DEVICES = (*service_veth.ENDS, *INTERFACES)
# rtattr IFLA_IFNAME: what a message about a device of ours contains
_NAMES = tuple(
    struct.pack("=HH", 4 + len(name) + 1, 3) + name.encode() + b"\0" for name in _DEVICES
)


class RouteWatch(threading.Thread):
    """Calls `on_loss` after a route or rule of ours was deleted, or a device of ours changed.

    Also when we did it: a look costs little. Calls `on_link` after any link appeared or changed,
    and before these `on_route` after an IPv6 route that is not ours came, changed or went.
    """

    def __init__(
        self,
        on_loss: Callable[[], None],
        on_link: Callable[[], None],
        on_route: Callable[[], None],
    ) -> None:
        super().__init__(name="route-watch", daemon=True)
        self._on_loss, self._on_link, self._on_route = on_loss, on_link, on_route

    def run(self) -> None:
        """Listen until the process ends; a message that got lost counts as a loss."""
        try:
            with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as link:
                link.bind((0, _GROUPS))
                while True:
                    data = self._receive(link)
                    lost, changed = read(data) if data else (True, True)
                    if data is None or rerouted(data):
                        self._on_route()
                    if lost:
                        self._on_loss()
                    elif changed:
                        self._on_link()
        except OSError:
            log.exception("routes are not watched any more")

    def _receive(self, link: socket.socket) -> bytes | None:
        """A batch of messages; None: some got lost."""
        try:
            return link.recv(65536)
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                return None
            raise


def read(data: bytes) -> tuple[bool, bool]:
    """(may something of ours be lost?, did a link change?) in a batch of messages."""
    lost = changed = False
    for kind, message in _messages(data):
        changed |= kind == _RTM_NEWLINK
        lost |= kind == _RTM_DELRULE
        if kind == _RTM_DELROUTE and len(message) > _PROTOCOL_AT:
            lost |= message[_PROTOCOL_AT] == PROTOCOL
        if kind in (_RTM_NEWLINK, _RTM_DELLINK):
            lost |= any(name in message for name in _NAMES)
    return lost, changed


def rerouted(data: bytes) -> bool:
    """Did an IPv6 route of the main table that is not ours come, change or go?"""
    return any(
        kind in (_RTM_NEWROUTE, _RTM_DELROUTE)
        and len(message) > _PROTOCOL_AT
        and message[_HEADER.size] == socket.AF_INET6
        and message[_TABLE_AT] == MAIN
        and message[_PROTOCOL_AT] != PROTOCOL
        and _LINK_LOCAL not in message
        for kind, message in _messages(data)
    )


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and bytes of each netlink message of a batch."""
    while len(data) >= _HEADER.size:
        length, kind, *_ = _HEADER.unpack_from(data)
        if length < _HEADER.size:
            return
        yield kind, data[:length]
        data = data[(length + 3) & ~3 :]
