"""Routes that routing daemons installed, straight from the kernel of a network namespace.

Convergence is polled while the daemons compete for the same cores: one netlink dump per family
(rtnetlink(7)) takes well under a millisecond, starting `ip` several.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network

from testbed.host.namespaces import in_netns

Prefix = IPv4Network | IPv6Network
Routes = dict[Prefix, frozenset[str]]

PROTO_BGP, PROTO_ISIS = 186, 187  # /etc/iproute2/rt_protos

_RTM_NEWROUTE, _RTM_GETROUTE = 24, 26
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_NLM_F_REQUEST, _NLM_F_DUMP = 0x1, 0x300
_RTA_DST, _RTA_OIF, _RTA_MULTIPATH, _RTA_TABLE = 1, 4, 9, 15
_RTN_UNICAST, _RTN_UNREACHABLE = 1, 7
_RT_TABLE_MAIN, _RTNH_F_DEAD = 254, 1
_HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_ROUTE = struct.Struct("=BBBBBBBBI")  # rtmsg: family, dst_len, …, protocol, scope, type, flags
_ATTRIBUTE = struct.Struct("=HH")  # rtattr: length, type
_NEXT_HOP = struct.Struct("=HBBi")  # rtnexthop: length, flags, hops, interface index
_FAMILIES = (socket.AF_INET6, socket.AF_INET)
_SOL_NETLINK, _NETLINK_GET_STRICT_CHK = 270, 12


def isis_routes(netns: str) -> Routes:
    """What IS-IS installed in the main table: prefix → outgoing interfaces, both families.

    `netns` is the name of a pinned namespace or the path of one. Raises OSError if it is not
    there.
    """
    return routes_of(netns, PROTO_ISIS)


def routes_of(netns: str, protocol: int) -> Routes:
    """Routes of the main table with this rtnetlink protocol number.

    Unicast ones, and those that refuse (`unreachable`), over `lo`.
    """
    with in_netns(netns):
        found = {p: i for family in _FAMILIES for p, i in _request_dump(family, protocol)}
        names = dict(socket.if_nameindex())
    # an interface may go away between the two questions: its routes went with it
    named = {p: frozenset(names[i] for i in set_ if i in names) for p, set_ in found.items()}
    return {prefix: interfaces for prefix, interfaces in named.items() if interfaces}


def _request_dump(family: int, protocol: int) -> Iterator[tuple[Prefix, set[int]]]:
    """The routes of one family in the namespace of the calling thread, by interface index."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        with contextlib.suppress(OSError):  # the kernel then filters; where it cannot, we do
            netlink.setsockopt(_SOL_NETLINK, _NETLINK_GET_STRICT_CHK, 1)
        body = _ROUTE.pack(family, 0, 0, 0, 0, protocol, 0, 0, 0)
        size = _HEADER.size + len(body)
        netlink.send(_HEADER.pack(size, _RTM_GETROUTE, _NLM_F_REQUEST | _NLM_F_DUMP, 1, 0) + body)
        for message in _iterate_messages(netlink):
            route = _parse_route(message, protocol)
            if route is not None:
                yield route


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


def _parse_route(message: bytes, protocol: int) -> tuple[Prefix, set[int]] | None:
    family, length, _, _, table, proto, _, kind, flags = _ROUTE.unpack_from(message)
    attributes = dict(_iterate_attributes(message[_ROUTE.size :]))
    if _RTA_TABLE in attributes:
        table = struct.unpack("=I", attributes[_RTA_TABLE])[0]
    kinds = (_RTN_UNICAST, _RTN_UNREACHABLE)
    if proto != protocol or kind not in kinds or table != _RT_TABLE_MAIN:
        return None
    indices: set[int] = set()
    if _RTA_MULTIPATH in attributes:
        indices = set(_next_hops(attributes[_RTA_MULTIPATH]))
    elif _RTA_OIF in attributes and not flags & _RTNH_F_DEAD:
        indices = {struct.unpack("=i", attributes[_RTA_OIF])[0]}
    if family == socket.AF_INET6:
        return IPv6Network((attributes.get(_RTA_DST, bytes(16)), length)), indices
    return IPv4Network((attributes.get(_RTA_DST, bytes(4)), length)), indices


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
