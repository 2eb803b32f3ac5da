"""A node with very many paths turns at once to what is about it, and to nothing else."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address

import pytest

from testbed.agent.desired.concern import Heard, concerns_node
from testbed.bgp.model import BgpStatus, PeerStatus, ReceivedPath
from tests.unit.agent.decision_inputs import INJECTOR, R6, W2, api, config, policy, prefix, steered

ME, OTHER = ("192.168.11.254",), ("192.168.12.254",)
PEER = PeerStatus(str(INJECTOR), 64512, "ESTABLISHED", received=300)
STATUS = BgpStatus(connected=True, settled=True, peers=(PEER,))
MANY = tuple(policy(steered(R6, color=n), targets=OTHER) for n in range(300))
POOLS = api().pools
NODE_SID, NAME = IPv6Address("fcdd:0:0:11aa::b000"), IPv6Address("cafe::4")
GARBAGE = replace(MANY[0], nlri=b"\0")


def heard(*paths: ReceivedPath, status: BgpStatus = STATUS) -> Heard:
    sources = {(path.peer, path.family) for path in paths}
    return status, {s: tuple(p for p in paths if (p.peer, p.family) == s) for s in sources}


@pytest.mark.parametrize(
    ("path", "concerned"),
    [
        (policy(steered(R6, color=999), targets=OTHER), False),
        (policy(steered(R6, color=999), targets=(*OTHER, *ME)), True),
        (policy(steered(R6, color=999)), True),  # for everybody
        (policy(steered(R6, color=999, binding_sid=NODE_SID), targets=OTHER), True),
        (policy(steered(R6, color=999, binding_sid=NAME), targets=OTHER), False),
        (prefix("172.16.1.0/26", W2), True),
        (GARBAGE, True),  # it is a problem to report
    ],
)
def test_what_comes_and_goes_concerns_whom_it_names(path: ReceivedPath, concerned: bool) -> None:
    assert concerns_node(config(), POOLS, heard(*MANY), heard(*MANY, path)) is concerned
    assert concerns_node(config(), POOLS, heard(*MANY, path), heard(*MANY)) is concerned
    assert (
        concerns_node(config(), POOLS, heard(*MANY, path), heard(MANY[1], *MANY[1:])) is concerned
    )


def test_a_session_concerns_and_its_count_of_paths_does_not() -> None:
    more, down = replace(PEER, received=301), replace(PEER, state="IDLE")
    before = heard(*MANY)
    assert not concerns_node(
        config(), POOLS, before, heard(*MANY, status=replace(STATUS, peers=(more,)))
    )
    assert concerns_node(
        config(), POOLS, before, heard(*MANY, status=replace(STATUS, peers=(down,)))
    )


def test_few_paths_always_concern() -> None:
    other = policy(steered(R6, color=999), targets=OTHER)
    assert concerns_node(config(), POOLS, heard(), heard(other))
