"""A node with very many paths turns at once to what is about it, and to nothing else."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address, ip_network

import pytest

from testbed.agent.desired.concern import Heard, concerns_node, only_blocks_of_others
from testbed.agent.model.objects import BlockAffinity, Objects
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


def blocks(count: int, *others: BlockAffinity, node: str = "worker2") -> Objects:
    found = [BlockAffinity(node, ip_network(f"10.{n // 256}.{n % 256}.0/26")) for n in range(count)]
    return Objects(affinities=(*found, *others))


NEW_ONE = ip_network("10.200.0.0/26")


@pytest.mark.parametrize(
    ("before", "after", "so"),
    [
        (blocks(300), blocks(300, BlockAffinity("master", NEW_ONE)), True),
        (blocks(300), blocks(300, BlockAffinity("worker1", NEW_ONE)), False),  # the node's own
        (blocks(300), blocks(299), True),
        (blocks(10), blocks(10, BlockAffinity("master", NEW_ONE)), False),
        (blocks(300), replace(blocks(301), pools=POOLS), False),
    ],
)
def test_blocks_of_others_do_not_concern_a_node(before: Objects, after: Objects, so: bool) -> None:
    assert only_blocks_of_others("worker1", before, after) is so
