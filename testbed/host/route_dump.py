"""The routes of a kernel by rtnetlink(7): a dump takes well under a millisecond, `ip` several."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

Prefix = IPv4Network | IPv6Network

UNICAST, UNREACHABLE = 1, 7  # kinds
MAIN = 254  # the table
BGP, ISIS = 186, 187  # protocols, /etc/iproute2/rt_protos
_RTM_NEWROUTE, _RTM_GETROUTE = 24, 26
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_NLM_F_REQUEST, _NLM_F_DUMP = 0x1, 0x300
_RTA_DST, _RTA_OIF, _RTA_MULTIPATH, _RTA_TABLE = 1, 4, 9, 15
_RTNH_F_DEAD = 1
_HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_ROUTE = struct.Struct("=BBBBBBBBI")  # rtmsg: family, dst_len, …, protocol, scope, type, flags
_ATTRIBUTE = struct.Struct("=HH")  # rtattr: length, type
_NEXT_HOP = struct.Struct("=HBBi")  # rtnexthop: length, flags, hops, interface index
_FAMILIES = (socket.AF_INET6, socket.AF_INET)
_SOL_NETLINK, _NETLINK_GET_STRICT_CHK = 270, 12


@dataclass(frozen=True)
class KernelRoute:
    """A route with its outgoing interfaces by index, without next hops that are dead."""

    table: int
    kind: int
    prefix: Prefix
    interfaces: frozenset[int]


def routes_by(protocol: int | None) -> Iterator[KernelRoute]:
    """All routes with this protocol number, or with any, in the namespace of the calling thread.

    Of every table and both families.
    """
    for family in _FAMILIES:
        yield from _request_dump(family, protocol)


def _request_dump(family: int, protocol: int | None) -> Iterator[KernelRoute]:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        with contextlib.suppress(OSError):  # the kernel then filters; where it cannot, we do
            netlink.setsockopt(_SOL_NETLINK, _NETLINK_GET_STRICT_CHK, 1)
        body = _ROUTE.pack(family, 0, 0, 0, 0, protocol or 0, 0, 0, 0)
        size = _HEADER.size + len(body)
        netlink.send(_HEADER.pack(size, _RTM_GETROUTE, _NLM_F_REQUEST | _NLM_F_DUMP, 1, 0) + body)
        for message in _iterate_messages(netlink):
            if protocol is None or _ROUTE.unpack_from(message)[5] == protocol:
                yield _parse_route(message)


def _iterate_messages(netlink: socket.socket) -> Iterator[bytes]:
    while True:
        data = netlink.recv(1 << 18)
        while len(data) >= _HEADER.size:
            length, kind, _, _, _ = _HEADER.unpack_from(data)
            if kind == _NLMSG_DONE:
                return
            if kind == _NLMSG_ERROR:
                error = -struct.unpack_from("=i", data, _HEADER.size)[0]
                raise OSError(error, "rtnetlink: routes cannot be read")
            if kind == _RTM_NEWROUTE:
                yield data[_HEADER.size : length]
            data = data[_align_up(length) :]


def _parse_route(message: bytes) -> KernelRoute:
    family, length, _, _, table, _, _, kind, flags = _ROUTE.unpack_from(message)
    attributes = dict(_iterate_attributes(message[_ROUTE.size :]))
    if _RTA_TABLE in attributes:
        table = struct.unpack("=I", attributes[_RTA_TABLE])[0]
    indices: set[int] = set()
    if _RTA_MULTIPATH in attributes:
        indices = set(_next_hops(attributes[_RTA_MULTIPATH]))
    elif _RTA_OIF in attributes and not flags & _RTNH_F_DEAD:
        indices = {struct.unpack("=i", attributes[_RTA_OIF])[0]}
    prefix: Prefix = (
        IPv6Network((attributes.get(_RTA_DST, bytes(16)), length))
        if family == socket.AF_INET6
        else IPv4Network((attributes.get(_RTA_DST, bytes(4)), length))
    )
    return KernelRoute(table, kind, prefix, frozenset(indices))


def _iterate_attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(data)
        yield kind, data[_ATTRIBUTE.size : length]
        data = data[_align_up(max(length, _ATTRIBUTE.size)) :]


def _next_hops(data: bytes) -> Iterator[int]:
    """Interface indices of an RTA_MULTIPATH, without dead next hops."""
    while len(data) >= _NEXT_HOP.size:
        length, flags, _, index = _NEXT_HOP.unpack_from(data)
        if not flags & _RTNH_F_DEAD:
            yield index
        data = data[_align_up(max(length, _NEXT_HOP.size)) :]


def _align_up(length: int) -> int:
    return (length + 3) & ~3
