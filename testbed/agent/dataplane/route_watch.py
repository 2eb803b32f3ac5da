"""Notices lost routes and rules, and changed links, by listening to rtnetlink."""

from __future__ import annotations

import errno
import logging
import socket
import struct
import threading
from collections.abc import Callable

from testbed.agent.desired import service_veth
from testbed.agent.desired.overlays.registry import INTERFACES
from testbed.agent.desired.routes import PROTOCOL

log = logging.getLogger(__name__)
# RTMGRP_LINK, RTMGRP_IPV4_ROUTE, RTMGRP_IPV4_RULE, RTMGRP_IPV6_ROUTE, RTNLGRP_IPV6_RULE
_GROUPS = 0x1 | 0x40 | 0x80 | 0x400 | 1 << 18
_RTM_NEWLINK, _RTM_DELLINK, _RTM_DELROUTE, _RTM_DELRULE = 16, 17, 25, 33
_HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_PROTOCOL_AT = _HEADER.size + 5  # rtmsg.rtm_protocol
_DEVICES = (*service_veth.ENDS, *INTERFACES)
# rtattr IFLA_IFNAME: what a message about a device of ours contains
_NAMES = tuple(
    struct.pack("=HH", 4 + len(name) + 1, 3) + name.encode() + b"\0" for name in _DEVICES
)


class RouteWatch(threading.Thread):
    """Calls `on_loss` after a route or rule of ours was deleted, or a device of ours changed.

    Also when we did it: a look costs little. Calls `on_link` after any link appeared or changed.
    """

    def __init__(self, on_loss: Callable[[], None], on_link: Callable[[], None]) -> None:
        super().__init__(name="route-watch", daemon=True)
        self._on_loss, self._on_link = on_loss, on_link

    def run(self) -> None:
        """Listen until the process ends; a message that got lost counts as a loss."""
        try:
            with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as link:
                link.bind((0, _GROUPS))
                while True:
                    lost, changed = self._receive_changes(link)
                    if lost:
                        self._on_loss()
                    elif changed:
                        self._on_link()
        except OSError:
            log.exception("routes are not watched any more")

    def _receive_changes(self, link: socket.socket) -> tuple[bool, bool]:
        try:
            return read(link.recv(65536))
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                return True, True
            raise


def read(data: bytes) -> tuple[bool, bool]:
    """(may something of ours be lost?, did a link change?) in a batch of messages."""
    lost = changed = False
    while len(data) >= _HEADER.size:
        length, kind, *_ = _HEADER.unpack_from(data)
        if length < _HEADER.size:
            break
        changed |= kind == _RTM_NEWLINK
        lost |= kind == _RTM_DELRULE
        if kind == _RTM_DELROUTE and len(data) > _PROTOCOL_AT:
            lost |= data[_PROTOCOL_AT] == PROTOCOL
        if kind in (_RTM_NEWLINK, _RTM_DELLINK):
            lost |= any(name in data[:length] for name in _NAMES)
        data = data[(length + 3) & ~3 :]
    return lost, changed
