"""What `validate` says of pools, SIDs and sizes: its fix is followed at the line that it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.fixes.applied_topology import NODES, Mended, check_mended

SIDS = "testbed/plan/checks/sids.py: "
SIZES = "testbed/plan/checks/sizes.py: "

CASES = {
    "one SID pool": Mended(
        SIDS + "give each cluster node a /64 of its own",
        NODES + 'self.addLink(r1, self.addClusterNode("b", sid_pool="fcdd:0:0:aa::/64"))',
        "fcdd:0:0:aa::/64",
        "fcdd:0:0:bb::/64",
    ),
    "the policy pool": Mended(
        SIDS + "choose another pool",
        'self.addLink(r1, self.addClusterNode("b", sid_pool="cafe::/64"))',
        "cafe::/64",
        "fcdd:0:0:bb::/64",
    ),
    "a SID outside": Mended(
        SIDS + "choose an address inside {spec.sid_pool}",
        'self.addLink(r1, self.addClusterNode("b", sid_pool="fcdd:0:0:bb::/64", '
        'local_sids=("fcdd::cc:1", "fcdd::bb:0:0:0:2")))',
        "fcdd::cc:1",
        "fcdd::bb:0:0:0:1",
    ),
    "a binding SID outside": Mended(
        SIDS + "choose an address inside {plan.pools.policies}",
        'self.addLink(r1, self.addClusterNode("b", binding_sids=("cafe::7", "cafd::8")))',
        "cafd::8",
        "cafe::8",
    ),
    "a SID twice": Mended(
        SIDS + "pin another one",
        'self.addLink(r1, self.addClusterNode("b", binding_sids=("cafe::7", "cafe::7")))',
        '"cafe::7")',
        '"cafe::8")',
    ),
    "a number without micro SIDs": Mended(
        SIDS + "give routers numbers up to 999, or leave out encoding = 'usid'",
        "self.encoding = 'usid'\nself.addLink(r1, self.addRouter('r1000'))",
        "r1000",
        "r999",
    ),
    "links without micro SIDs": Mended(
        SIDS + "give a router at most {MICRO_SIDS - 1}, or leave out encoding = 'usid'",
        "self.encoding = 'usid'\nfor n in range(3, 18): self.addLink(r1, self.addRouter(f'r{n}'))",
        "18",
        "17",
    ),
    "overlapping networks": Mended(
        "testbed/plan/checks/overlaps.py: choose another network for {claim.owner} or for "
        "{other.owner}",
        NODES + 'self.addLink(r2, self.addHost("h", ip="172.16.4.2/24"))',
        "172.16.4.2",
        "10.99.4.2",
    ),
    "a pod pool over the policy pool": Mended(
        "testbed/plan/checks/overlaps.py: choose a network outside of {fixed.network} for "
        "{free.owner}",
        "self.pods_v6 = 'cafe::/64'\n" + NODES,
        "cafe::/64",
        "cafe:0:0:1::/64",
    ),
    "a link over the policy pool": Mended(
        "testbed/plan/checks/overlaps.py: choose a network outside of {fixed.network} for "
        "{free.owner}",
        NODES + 'self.addLink(r2, self.addHost("h", ip="cafe::2/120"))',
        "cafe::2/120",
        "cafe::1:2/120",
    ),
    "the smallest MTU": Mended(
        SIZES + "raise the link's mtu to {mtu.tunnel_mtu_for(plan.max_segments) + kept} or lower "
        "max_segments",
        'self.addLink(r1, self.addClusterNode("a"), mtu=1300)',
        "mtu=1300",
        "mtu=1376",
    ),
    "few blocks": Mended(
        SIZES + "a /{needed} or a shorter prefix",
        "self.pods_v4 = '10.9.0.0/26'\n" + NODES + NODES.replace('"a"', '"b"'),
        "/26",
        "/25",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_printed_fix_mends_the_file(tmp_path: Path, case: Mended) -> None:
    check_mended(tmp_path, case)
