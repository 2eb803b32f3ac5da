"""Policies as the API writes them, and what of them makes no sense."""

from __future__ import annotations

from typing import Any

import pytest

from testbed.agent.model.network_policy import NetworkPolicy, Port
from testbed.agent.model.read_network_policy import read_network_policy, read_pod


def read(**spec: Any) -> NetworkPolicy:
    return read_network_policy("team", "p", {"metadata": {}, "spec": {"podSelector": {}, **spec}})


@pytest.mark.parametrize(
    ("spec", "ingress", "egress"),
    [
        ({}, True, False),
        ({"egress": []}, True, False),
        ({"egress": [{}]}, True, True),
        ({"policyTypes": ["Egress"], "ingress": [{}]}, False, True),
        ({"policyTypes": ["Egress"]}, False, True),
        ({"policyTypes": None, "ingress": None}, True, False),
    ],
)
def test_what_a_policy_is_about(spec: dict[str, Any], ingress: bool, egress: bool) -> None:
    found = read(**spec)
    assert (found.ingress is not None, found.egress is not None) == (ingress, egress)


def test_ports() -> None:
    given = [{}, {"protocol": "UDP"}, {"port": 80, "endPort": 90}, {"port": "web"}]
    (rule,) = read(ingress=[{"ports": given}]).ingress or ()
    assert rule.ports == (Port(), Port("UDP"), Port("TCP", 80, 90), Port("TCP", name="web"))


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"from": [{}]}, "says nothing"),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]}, "either an ipBlock"),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/9"]}}]}, "not inside"),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["fd00::/9"]}}]}, "not inside"),
        ({"from": [{"ipBlock": {"cidr": "10.0.0/8"}}]}, "10.0.0/8"),
        ({"from": [{"podSelector": {"matchExpressions": [{"key": "a", "operator": "Is"}]}}]}, "Is"),
        ({"from": [{"podSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}}]}, "In"),
        ({"from": [{"podSelector": {"matchLabels": {"a": 1}}}]}, "not text"),
        ({"ports": [{"protocol": "ICMP"}]}, "protocol 'ICMP'"),
        ({"ports": [{"port": 0}]}, "no port"),
        ({"ports": [{"port": 90, "endPort": 80}]}, "lower than"),
        ({"ports": [{"port": "web", "endPort": 80}]}, "endPort without"),
        ({"ports": [{"endPort": 80}]}, "endPort without"),
    ],
)
def test_what_makes_no_sense_is_refused(rule: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(ingress=[rule])


def test_a_policy_of_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError, match="policyTypes 'Both'"):
        read(policyTypes=["Both"])


def test_named_ports_are_those_of_containers_that_keep_running() -> None:
    ports = [{"name": "web", "containerPort": 80}, {"containerPort": 81}]
    sidecar = {"restartPolicy": "Always", "ports": [{"name": "x", "containerPort": 1}]}
    first = {"ports": [{"name": "y", "containerPort": 2}]}
    spec = {"containers": [{"ports": ports}], "initContainers": [sidecar, first]}
    found = read_pod("team", "p", {"metadata": {}, "spec": spec})
    assert [(port.name, port.protocol, port.number) for port in found.ports] == [
        ("web", "TCP", 80),
        ("x", "TCP", 1),
    ]
