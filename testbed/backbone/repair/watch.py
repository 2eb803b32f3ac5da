"""Tells when a router's link state, links or repair routes may have changed, without polling."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterator

from testbed.engine.repair.routes import PROTOCOL
from testbed.host.namespaces import in_netns
from testbed.host.packet_filter import AND, JUMP_EQUAL, LOAD_BYTE, RETURN, attach
from testbed.host.route_dump import ISIS

# RTMGRP_LINK, RTMGRP_IPV4_ROUTE, RTMGRP_IPV4_RULE, RTMGRP_IPV6_IFADDR, RTMGRP_IPV6_ROUTE,
# RTNLGRP_IPV6_RULE
_GROUPS = 0x1 | 0x40 | 0x80 | 0x100 | 0x400 | 1 << 18
_NEWLINK, _NEWADDR, _NEWROUTE, _DELROUTE, _DELRULE = 16, 20, 24, 25, 33
_HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_PROTOCOL_AT = _HEADER.size + 5  # rtmsg.rtm_protocol
_ETH_P_802_2 = 0x0004
_LARGEST = 1 << 16
_PROTOCOL_ID, _PDU_TYPE = 17, 21  # where they are in a frame with an LLC header
_LSPS = (
    (LOAD_BYTE, 0, 0, _PROTOCOL_ID),
    (JUMP_EQUAL, 0, 4, 0x83),  # IS-IS
    (LOAD_BYTE, 0, 0, _PDU_TYPE),
    (AND, 0, 0, 0x1F),
    (JUMP_EQUAL, 0, 1, 20),  # a level-2 LSP
    (RETURN, 0, 0, 64),  # bytes of it
    (RETURN, 0, 0, 0),
)


class Watch:
    """A router's sockets: rtnetlink, and one that gets the LSPs that neighbours send."""

    def __init__(self, router: str) -> None:
        with in_netns(router):
            self.netlink = socket.socket(
                socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE
            )
            self.packets = socket.socket(
                socket.AF_PACKET,
                socket.SOCK_RAW | socket.SOCK_NONBLOCK,
                socket.htons(_ETH_P_802_2),
            )
        self.netlink.bind((0, _GROUPS))
        attach(self.packets, _LSPS)

    def read_packets(self) -> bool:
        """True if there were LSPs."""
        return bool(list(_received(self.packets)))

    def read_netlink(self) -> tuple[bool, bool]:
        """(is there anything to look at?, is a rule gone?) since the last call."""
        kinds = set()
        for data in _received(self.netlink):
            kinds |= set(_kinds(data)) if data else {_NEWLINK, _DELRULE}
        return bool(kinds), _DELRULE in kinds


def _received(opened: socket.socket) -> Iterator[bytes]:
    """What waits; nothing in place of messages that got lost."""
    while True:
        try:
            yield opened.recv(_LARGEST)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno not in (errno.ENOBUFS, errno.ENETDOWN):
                raise
            yield b""


def _kinds(data: bytes) -> Iterator[int]:
    """The kinds of messages after which a look is worth while."""
    while len(data) >= _HEADER.size:
        length, kind, *_ = _HEADER.unpack_from(data)
        if length < _HEADER.size:
            return
        protocol = data[_PROTOCOL_AT] if len(data) > _PROTOCOL_AT else 0
        of_route = (kind, protocol) in ((_NEWROUTE, ISIS), (_DELROUTE, PROTOCOL))
        if kind in (_NEWLINK, _NEWADDR, _DELRULE) or of_route:
            yield kind
        data = data[(length + 3) & ~3 :]
