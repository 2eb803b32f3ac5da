"""What is said of IPPools: each fix is followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.fixes.applied_files import POOL, Mended, check_mended

POOLS = "testbed/te/lint/pools.py: "
CALICO = "testbed/te/lint/calico.py: "

CASES = {
    "a pool of routers": Mended(
        POOLS + "cidr: {free}",
        POOL.replace("172.16.4.0/24", "192.168.0.0/16"),
        "cidr: 192.168.0.0/16",
        "FIX",
    ),
    "a pool of another": Mended(
        POOLS + "cidr: {free}",
        f"{POOL}---\n{POOL.replace('name: p', 'name: q')}",
        "cidr: 172.16.4.0/24",
        "FIX",
    ),
    "a pool over SIDs": Mended(
        POOLS + "first give {taken.owner} another cidr",
        POOL.replace("172.16.4.0/24", "cafe::/120")
        + "---\n"
        + POOL.replace("name: p", "name: sr-policies-pool").replace("172.16.4.0/24", "cafe::/118"),
        "cafe::/120",
        "fdfb:af47:32af:1::/64",
        anywhere=True,
    ),
    "the plan's own pool": Mended(
        POOLS + "did you mean {meant}?",
        POOL.replace("name: p", "name: default-ipv4-ippool").replace(
            "172.16.4.0/24", "172.17.0.0/16"
        ),
        "172.17.0.0/16",
        "SUGGESTED",
    ),
    "a pool of SIDs": Mended(
        POOLS + "did you mean {spec.sid_pool}?",
        POOL.replace("name: p", "name: sr-localsids-pool-worker1").replace(
            "172.16.4.0/24", "fcdd:0:0:12aa::/64"
        ),
        "fcdd:0:0:12aa::/64",
        "SUGGESTED",
    ),
    "a pool of binding SIDs": Mended(
        POOLS + "did you mean {own}?",
        POOL.replace("name: p", "name: sr-policies-pool").replace("172.16.4.0/24", "cafd::/118"),
        "cafd::/118",
        "SUGGESTED",
    ),
    "blocks larger than their pool": Mended(
        POOLS + "blockSize: a number from {cidr.prefixlen} to {cidr.max_prefixlen}",
        POOL + "  blockSize: 16\n",
        "blockSize: 16",
        "blockSize: 26",
    ),
    "two overlays": Mended(
        POOLS + "set one of them to Never",
        POOL + "  ipipMode: Always\n  vxlanMode: Always\n",
        "vxlanMode: Always",
        "vxlanMode: Never",
    ),
    "an overlay and none": Mended(
        POOLS + "set {mode} to Never",
        POOL + "  encapsulation: None\n  ipipMode: Always\n",
        "ipipMode: Always",
        "ipipMode: Never",
    ),
    "a selector of nobody": Mended(
        CALICO + "did you mean {near[0]}?",
        POOL + "  nodeSelector: kubernetes.io/hostname == 'woker1'\n",
        "woker1",
        "SUGGESTED",
    ),
    "no selector": Mended(
        CALICO + "write it as in key == 'value', has(key), key in {'a', 'b'} or all()",
        POOL + "  nodeSelector: kubernetes.io/hostname = 'worker1'\n",
        " = ",
        " == ",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_printed_fix_mends_the_file(tmp_path: Path, case: Mended) -> None:
    check_mended(tmp_path, case)
