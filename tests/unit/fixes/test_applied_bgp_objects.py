"""What is said of BGPPeers and BGPConfigurations: each fix is followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.fixes.applied_files import HEAD, Mended, check_mended

PEER = HEAD + "BGPPeer\nmetadata: {name: p}\nspec:\n  peerIP: fd00:0:34::2\n  asNumber: 64512\n"
BGP = HEAD + "BGPConfiguration\nmetadata: {name: default}\nspec:\n  asNumber: 64512\n"
OBJECTS = "testbed/te/lint/bgp_objects.py: "

CASES = {
    "another AS": Mended(
        OBJECTS + "asNumber: {asn}, or leave it out",
        PEER.replace("64512", "64513"),
        "asNumber: 64513",
        "asNumber: 64512",
    ),
    "an AS of nobody": Mended(
        OBJECTS + "asNumber: {plan.asn}", BGP.replace("64512", "64513"), "asNumber: 64513", "FIX"
    ),
    "a peer's IPv4 address": Mended(
        OBJECTS + "use {plan.address_v6(owner)} ({owner})",
        PEER.replace("fd00:0:34::2", "192.168.9.254"),
        "192.168.9.254",
        "fd00:0:34::2",
    ),
    "a peer misspelt": Mended(
        OBJECTS + "did you mean {meant} ({owner})?",
        PEER.replace("fd00:0:34::2", "192.169.9.254"),
        "192.169.9.254",
        "SUGGESTED",
    ),
    "a router as peer": Mended(
        OBJECTS + "the BGP speakers are {names or 'none'}",
        PEER.replace("fd00:0:34::2", "fcff:3::1"),
        "fcff:3::1",
        "fd00:0:34::2",
    ),
    "a configuration misspelt": Mended(
        OBJECTS + "did you mean {near[0]}?",
        BGP.replace("default", "defualt"),
        "defualt",
        "SUGGESTED",
        anywhere=True,
    ),
    "a configuration of a node": Mended(
        OBJECTS + "the agents read only the one named default",
        BGP.replace("default", "node.worker1"),
        "node.worker1",
        "default",
        anywhere=True,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_printed_fix_mends_the_file(tmp_path: Path, case: Mended) -> None:
    check_mended(tmp_path, case)
