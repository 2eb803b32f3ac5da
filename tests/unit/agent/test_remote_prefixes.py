"""A node's word counts for the blocks that it has claimed, and nobody else's does."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address, ip_network
from typing import Any

import pytest

from testbed.agent.desired.decide import decide
from testbed.agent.desired.routes import Hop
from testbed.agent.desired.wanted import Wanted
from testbed.bgp import unicast
from testbed.bgp.model import ReceivedPath
from tests.unit.agent.decision_inputs import (
    B4,
    B6,
    BASE,
    INJECTOR,
    MASTER,
    ME,
    OWN4,
    PEERED,
    W2,
    api,
    claim,
    config,
    node,
    pool,
    prefix,
    route,
    segments,
)

VTEP = (Hop("pods-vxlan", via="fe80::"),)


def refusals(wanted: Wanted) -> list[str]:
    return [problem for problem in wanted.problems if "not used" in problem]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (prefix(B4, W2, INJECTOR), "that peer is no node of the cluster"),
        (prefix("172.16.1.7/32", W2, INJECTOR), "that peer is no node of the cluster"),
        (prefix(B4, MASTER, MASTER), f"no BlockAffinity of its next hop {MASTER} covers it"),
        (prefix("172.16.1.7/32", MASTER, MASTER), f"no BlockAffinity of its next hop {MASTER}"),
        (prefix(B4, INJECTOR, MASTER), f"no BlockAffinity of its next hop {INJECTOR}"),
        (prefix("172.16.0.0/15", W2, W2), "it is in no pool for pods"),
        (prefix("172.16.9.0/26", W2, W2), f"no BlockAffinity of its next hop {W2} covers it"),
        (prefix("fdfb::/64", W2, W2), f"no BlockAffinity of its next hop {W2} covers it"),
    ],
)
def test_what_is_not_claimed_is_not_believed(path: ReceivedPath, said: str) -> None:
    objects = api(node("master", MASTER))
    wanted = decide(replace(BASE, objects=objects, paths=(*PEERED, path)))
    (sentence,) = refusals(wanted)
    told = unicast.decode(path)
    assert sentence.startswith(f"{told.prefix} from peer {told.peer} is not used: ")
    assert said in sentence
    assert wanted.routes == decide(replace(BASE, objects=objects)).routes


def test_before_the_claim_is_seen_the_block_has_to_wait() -> None:
    paths = (*PEERED, prefix("172.16.9.0/26"))
    assert refusals(decide(replace(BASE, paths=paths)))
    seen = replace(BASE, paths=paths, objects=api(claim("worker2", "172.16.9.0/26")))
    assert not refusals(decide(seen)) and segments(decide(seen), "172.16.9.0/26")


def test_a_part_of_a_claimed_block_is_believed_of_its_owner() -> None:
    wanted = decide(replace(BASE, paths=(*PEERED, prefix("172.16.1.7/32"))))
    assert not refusals(wanted) and segments(wanted, "172.16.1.7/32") == segments(wanted, B4)


def test_of_two_claims_one_is_taken() -> None:
    objects = api(node("master", MASTER), claim("master", "172.16.1.0/25"))
    wanted = decide(replace(BASE, objects=objects, paths=(*PEERED, prefix(B4, MASTER, MASTER))))
    assert any("has it too" in sentence for sentence in refusals(wanted))


def test_a_claim_over_what_belongs_to_others_does_not_help() -> None:
    taken = {"reserved": {"the subnet of h1": ["172.16.1.0/28"]}}
    wanted = decide(replace(BASE, config=config(**taken)))
    (sentence,) = refusals(wanted)
    assert sentence.endswith("it overlaps the subnet of h1 (172.16.1.0/28)")
    assert route(wanted, B4) is None and route(wanted, B6) is not None


def test_thousands_of_prefixes_are_few_sentences() -> None:
    many = [prefix(f"172.16.{n}.0/26", MASTER, INJECTOR) for n in range(20, 220)]
    found = refusals(decide(replace(BASE, paths=(*PEERED, *many))))
    assert len(found) == 101
    assert any(f"100 more from peer {INJECTOR}, not used: that" in one for one in found)


def unexported(mode: str) -> dict[str, Any]:
    return pool("quiet", "172.18.0.0/16", vxlanMode=mode, disableBGPExport=True)


def test_blocks_of_a_pool_that_is_not_exported_are_not_announced() -> None:
    own = ip_network("172.18.9.0/26")
    inputs = replace(BASE, blocks=(OWN4, own), objects=api(pool("x", "172.18.0.0/16")))
    bgp = decide(inputs).bgp
    assert bgp is not None and unicast.announce(own, ME) in bgp.announcements
    bgp = decide(replace(inputs, objects=api(unexported("Never")))).bgp
    assert bgp is not None and unicast.announce(own, ME) not in bgp.announcements
    assert unicast.announce(OWN4, ME) in bgp.announcements


@pytest.mark.parametrize(("mode", "reached"), [("Always", True), ("Never", False)])
def test_vxlan_needs_no_announcement(mode: str, reached: bool) -> None:
    """worker2 has claimed 172.18.1.0/26, and says nothing of it."""
    wanted = decide(replace(BASE, objects=api(unexported(mode))))
    found = route(wanted, "172.18.1.0/26")
    assert (found is not None and found.hops[0].device == "pods-vxlan") is reached
    own = claim("worker1", "172.18.2.0/26")
    mine = replace(BASE, objects=api(unexported(mode), own, node("worker1", ME)))
    assert route(decide(mine), "172.18.2.0/26") is None


def test_a_next_hop_of_no_node_is_nobodys() -> None:
    stranger = IPv6Address("fd99::1")
    wanted = decide(replace(BASE, paths=(*PEERED, prefix("172.16.9.0/26", stranger, W2))))
    assert str(stranger) in refusals(wanted)[0]
