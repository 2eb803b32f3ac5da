"""What the kernel tells of, and after what of that a look is worth while."""

from __future__ import annotations

import struct

import pytest

from testbed.backbone.repair.watch import _kinds
from testbed.engine.repair.routes import PROTOCOL
from testbed.host.route_dump import BGP, ISIS

NEWLINK, NEWADDR, NEWROUTE, DELROUTE, DELRULE = 16, 20, 24, 25, 33


def message(kind: int, protocol: int = 0) -> bytes:
    body = struct.pack("=BBBBBBBBI", 10, 128, 0, 0, 254, protocol, 0, 1, 0)
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body


@pytest.mark.parametrize(
    "told",
    [
        message(NEWLINK),
        message(NEWADDR),
        message(DELRULE),
        message(NEWROUTE, ISIS),  # it has converged
        message(DELROUTE, PROTOCOL),  # a link took its backups along
    ],
)
def test_a_look_is_worth_while(told: bytes) -> None:
    assert len(list(_kinds(message(NEWROUTE, BGP) + told))) == 1


@pytest.mark.parametrize(
    "told",
    [message(NEWROUTE, PROTOCOL), message(DELROUTE, ISIS), message(NEWROUTE, BGP), b"\0" * 9],
)
def test_nothing_to_look_at(told: bytes) -> None:
    assert not list(_kinds(told))
