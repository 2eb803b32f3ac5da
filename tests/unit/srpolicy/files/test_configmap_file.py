"""The reader of TE ConfigMaps."""

from __future__ import annotations

from ipaddress import IPv6Address

import pytest

from testbed.srpolicy.files import configmap
from testbed.srpolicy.files.change import Lines
from testbed.srpolicy.model import ProtocolOrigin
from testbed.srpolicy.validity import structure
from tests.unit.srpolicy.files.policy_texts import (
    CONFIGMAP,
    OLDER,
    refused_configmap,
)


def test_reads_a_configmap_with_the_outer_files_lines() -> None:
    (config,) = configmap.load_configmaps(CONFIGMAP, "c.yaml")
    assert (config.node, config.configmap) == ("worker1", "srv6-config-worker1")
    assert (config.dt4, config.dt6) == (IPv6Address("fcdd::11aa:4"), IPv6Address("fcdd::11aa:6"))
    assert (config.dt4_line, config.dt6_line) == (10, 11)
    (policy,) = config.policies
    assert policy.lines == Lines(15, 16, 15, ((18, 19),))
    candidate = policy.candidate
    assert candidate.protocol_origin is ProtocolOrigin.CONFIGURATION
    assert candidate.family == 6 and candidate.head_ends == ("worker1",)
    assert [s.behavior for s in candidate.segment_lists[0].segments] == [None, 18]
    assert structure(candidate) == []


def test_reads_the_older_form() -> None:
    master, worker1, worker2 = configmap.load_configmaps(OLDER, "c.yaml")
    assert (master.node, master.policies, master.dt6) == ("master", (), None)
    assert (worker1.node, worker1.policies) == ("worker1", ())
    (policy,) = worker2.policies
    assert policy.candidate.family == 4 and policy.lines.segments == ((16, 16),)


def test_reads_objects_of_an_api() -> None:
    text = CONFIGMAP.split("srv6: |\n")[1]
    text = "\n".join(line[4:] for line in text.splitlines())
    data = {
        "kind": "ConfigMap",
        "metadata": {"name": "srv6-config-worker1", "namespace": "calico-vpp-dataplane"},
        "data": {"srv6": text},
    }
    (config,) = configmap.from_object(data, "api")
    (from_file,) = configmap.load_configmaps(CONFIGMAP, "c.yaml")
    assert config.candidates == from_file.candidates


@pytest.mark.parametrize("value", ["null", '""', "|\n    ---\n", "{}"])
def test_an_empty_configuration_is_no_policy(value: str) -> None:
    (config,) = configmap.load_configmaps(CONFIGMAP.split("srv6:")[0] + f"srv6: {value}", "c.yaml")
    assert (config.node, config.candidates, config.dt4) == ("worker1", (), None)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("traffic: IPv6", "traffic: ipv6", "c.yaml:20: traffic must be IPv4 or IPv6\n  why: it is"),
        (
            "segment_list",
            "segmentlist",
            "c.yaml:17: a policy has no field 'segmentlist'\n  fix: di",
        ),
        ("DT4:", "DT5:", "c.yaml:10: localsids has no field 'DT5'"),
        ('"fcff:6::1"', '"r6"', "c.yaml:18: SID must be an IPv6 address\n  why: it is 'r6'"),
        ('"cafe::5"', '"10.0.0.1"', "c.yaml:15: bsid must be an IPv6 address"),
        ('"fd12::1000"', "[]", "c.yaml:16: node (the policy's endpoint) must be an IPv6 address"),
        ("node: worker1", "node: worker2", "c.yaml:12: ConfigMap srv6-config-worker1 is for worke"),
        ("  srv6:", "  srv7:", "c.yaml:7: data of ConfigMap srv6-config-worker1 has no field"),
        ("srv6-config-worker1", "other", "c.yaml:1: this is no TE ConfigMap"),
        ("calico-vpp-dataplane", "default", "c.yaml:5: ConfigMap srv6-config-worker1 is in the w"),
        ("    policies:", "    node: x\n    policies:", "c.yaml:13: key 'node' appears twice"),
        ("      DT4", "    - DT4", "c.yaml:10: localsids must be a mapping"),
        ("    policies:", "  \tpolicies", "c.yaml:13: not valid YAML"),
        ("kind: ConfigMap", "kind: ConfigMap\nkind: ConfigMap", "c.yaml:3: key 'kind' appears tw"),
    ],
)
def test_faults_in_a_configmap(old: str, new: str, expected: str) -> None:
    assert expected in refused_configmap(CONFIGMAP.replace(old, new, 1))


def test_a_node_is_configured_once() -> None:
    why = refused_configmap(CONFIGMAP + "---\n" + CONFIGMAP)
    assert why.startswith("c.yaml:28: node worker1 is configured twice\n  why: first on line 7")
