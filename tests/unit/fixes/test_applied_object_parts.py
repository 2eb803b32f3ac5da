"""What is said of what surrounds an object's spec: each fix is followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.fixes.applied_files import HEAD, POOL, Mended, check_mended

KINDS = "testbed/te/lint/calico_objects.py: "
VALUES = "testbed/te/lint/object_values.py: "
ITEMS = "testbed/te/lint/object_items.py: "

CASES = {
    "what agents write": Mended(
        KINDS + "leave it out: the agents claim blocks themselves",
        HEAD + "BlockAffinity\nmetadata: {name: b}\nspec: {}\n---\n" + POOL,
        HEAD + "BlockAffinity\nmetadata: {name: b}\nspec: {}\n---\n",
        "",
        anywhere=True,
    ),
    "what nobody enforces": Mended(
        KINDS + "leave it out: of policies only NetworkPolicy is enforced",
        HEAD + "GlobalNetworkPolicy\nmetadata: {name: b}\nspec: {}\n---\n" + POOL,
        HEAD + "GlobalNetworkPolicy\nmetadata: {name: b}\nspec: {}\n---\n",
        "",
        anywhere=True,
    ),
    "a kind misspelt": Mended(
        KINDS + "{hint + ' ' if hint else ''}{taken}; {others}",
        POOL.replace("IPPool", "IPool"),
        "IPool",
        "SUGGESTED",
        anywhere=True,
    ),
    "no name": Mended(
        KINDS + "metadata: {name: mine}",
        POOL.replace("metadata: {name: p}\n", ""),
        "spec:",
        "FIX\nspec:",
        anywhere=True,
    ),
    "a name with a capital": Mended(
        ITEMS + "take lower-case letters, digits, '-' and '.', at most 253 of them",
        POOL.replace("name: p", "name: My_Pool"),
        "My_Pool",
        "my-pool",
    ),
    "no spec": Mended(
        KINDS + "the fields of {kind} stand below spec:",
        POOL.replace("spec:\n  cidr: 172.16.4.0/24\n", "cidr: 172.16.4.0/24\n"),
        "cidr",
        "spec:\n  cidr",
        anywhere=True,
    ),
    "a required field misspelt": Mended(
        KINDS + "did you mean {by_lower[near[0]]}?",
        POOL.replace("cidr:", "CIDR:"),
        "CIDR",
        "SUGGESTED",
    ),
    "no network": Mended(
        KINDS + "{required.field}: {required.example('')}",
        POOL.replace("cidr: 172.16.4.0/24", "blockSize: 26"),
        "blockSize: 26",
        "cidr: 172.16.4.0/24",  # of the user's own choice; the fix has the form
    ),
    "a network with an address": Mended(
        KINDS + "{field}: {required.example(value)}",
        POOL.replace("172.16.4.0/24", "172.16.4.9/24"),
        "cidr: 172.16.4.9/24",
        "FIX",
    ),
    "a list without items": Mended(
        ITEMS + "items: []",
        f"apiVersion: v1\nkind: List\n---\n{POOL}",
        "kind: List",
        "kind: List\nFIX",
        anywhere=True,
    ),
    "a list without a version": Mended(
        ITEMS + "apiVersion: v1",
        f"kind: List\nitems: []\n---\n{POOL}",
        "kind: List",
        "kind: List\nFIX",
    ),
    "labels that are a list": Mended(
        VALUES + "{what.rpartition('.')[2]}: {}",
        POOL.replace("{name: p}", "\n  name: p\n  labels: [a]"),
        "labels: [a]",
        "FIX",
    ),
    "a label's name": Mended(
        VALUES + "take letters, digits, '-', '_' and '.', at most 63 of them; "
        "before that perhaps a domain and '/'",
        POOL.replace("{name: p}", "{name: p, labels: {a b: c}}"),
        "a b",
        "a-b",
    ),
    "a label's value": Mended(
        VALUES + "take letters, digits, '-', '_' and '.', at most 63 of them, "
        "the first and last a letter or digit",
        POOL.replace("{name: p}", "{name: p, labels: {a: b c}}"),
        "b c",
        "b-c",
    ),
    "a label that is a number": Mended(
        VALUES + '{key}: "{said}"',
        POOL.replace("{name: p}", "{name: p, labels: {a: 5}}"),
        "a: 5",
        "FIX",
    ),
    "one pool twice": Mended(
        ITEMS + "give one of them another name, or leave one out",
        POOL + "---\n" + POOL,
        "---\n" + POOL,
        "",
        anywhere=True,
    ),
    "a peer chosen twice": Mended(
        "testbed/te/lint/bgp_objects.py: leave one of them out",
        HEAD + "BGPPeer\nmetadata: {name: p}\nspec:\n  peerIP: fd00:0:34::2\n  node: worker1\n"
        "  nodeSelector: all()\n",
        "  nodeSelector: all()\n",
        "",
        anywhere=True,
    ),
    "a part misspelt": Mended(
        ITEMS + "did you mean {by_lower[near[0]]}?",
        POOL + "statsu: {}\n",
        "statsu",
        "SUGGESTED",
    ),
    "a strange part": Mended(
        ITEMS + "the fields are {', '.join(sorted(known))}", POOL + "zzz: {}\n", "zzz: {}", ""
    ),
    "no version": Mended(
        ITEMS + "apiVersion: {wanted}",
        POOL.replace("apiVersion: crd.projectcalico.org/v1\n", ""),
        "kind",
        "FIX\nkind",
        anywhere=True,
    ),
    "another version": Mended(
        ITEMS + "apiVersion: {' or '.join(accepted)}",
        POOL.replace("crd.projectcalico.org/v1", "calico/v9"),
        "calico/v9",
        "projectcalico.org/v3",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_printed_fix_mends_the_file(tmp_path: Path, case: Mended) -> None:
    check_mended(tmp_path, case)
