"""The paper's own files, unmodified."""

from __future__ import annotations

from ipaddress import IPv6Address

import pytest

from testbed.srpolicy.files import configmap
from testbed.srpolicy.files.load import load_policies
from testbed.srpolicy.model import SRPolicy
from testbed.srpolicy.validity import structure
from tests.repository import PAPER
from tests.unit.srpolicy.files.policy_texts import (
    sids,
)

needs_originals = pytest.mark.skipif(not PAPER.is_dir(), reason="the paper's files are absent")


@needs_originals
def test_the_papers_injector_file() -> None:
    (change,) = load_policies((PAPER / "policyFile.yaml").read_text(), "policyFile.yaml")
    assert change.candidate is not None and structure(change.candidate, max_segments=3) == []
    assert change.policy == SRPolicy(4, 94, IPv6Address("fd11::1000"))
    assert change.candidate.family == 4 and change.candidate.preference == 100
    assert sids(change.candidate) == [["fcff:3::1", "fcdd::11aa:c11:b42f:f17e:a682"]]


@needs_originals
def test_the_papers_configmaps() -> None:
    """The paths of the paper's table, both families, from every head end."""
    text = (PAPER / "configMap.yaml").read_text()
    paths = {
        (config.node, str(c.endpoint), c.family): sids(c)[0][:-1]
        for config in configmap.load_configmaps(text, "configMap.yaml")
        for c in config.candidates
        if structure(c, max_segments=3) == []
    }
    master, worker1, worker2 = "fd10::1000", "fd11::1000", "fd12::1000"
    r = {n: f"fcff:{n}::1" for n in range(1, 9)}
    table = {
        ("master", worker1): [r[3]],
        ("master", worker2): [r[6], r[8]],
        ("worker1", master): [r[3]],
        ("worker1", worker2): [r[6], r[8]],
        ("worker2", master): [r[2], r[3]],
        ("worker2", worker1): [r[4], r[3]],
    }
    assert paths == {(*pair, family): path for pair, path in table.items() for family in (4, 6)}
