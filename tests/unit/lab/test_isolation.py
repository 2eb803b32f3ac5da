"""`netpol explain`: what becomes of a connection, and which rule or policies say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.lab.isolation import explain, read_port
from testbed.orchestrators.api import DirectoryApi

RULE = {"from": [{"podSelector": {"matchLabels": {"app": "a"}}}], "ports": [{"port": 80}]}


@pytest.fixture
def api(tmp_path: Path) -> DirectoryApi:
    """Pods a, b and c, of which b is isolated but for port 80 from a."""
    api = DirectoryApi(tmp_path)
    for number, name in enumerate("abc"):
        ips = [{"ip": f"10.0.0.{number}"}, {"ip": f"fd00::{number}"}]
        metadata = {"name": name, "namespace": "default", "labels": {"app": name}}
        api.apply({"kind": "Pod", "metadata": metadata, "status": {"podIPs": ips}})
    spec = {"podSelector": {"matchLabels": {"app": "b"}}, "ingress": [RULE]}
    metadata = {"name": "web", "namespace": "default"}
    api.apply({"kind": "NetworkPolicy", "metadata": metadata, "spec": spec})
    return api


@pytest.mark.parametrize(
    ("source", "port", "allowed", "because"),
    [
        ("a", "80", True, "ingress[0].from[0] of default/web"),
        ("default/a", "80/tcp", True, "ingress[0].from[0] of default/web"),
        ("10.0.0.0", "80", True, "ingress[0].from[0] of default/web"),
        ("a", "81", False, "nothing in default/web allows it"),
        ("a", "80/UDP", False, "nothing in default/web allows it"),
        ("c", "80", False, "nothing in default/web allows it"),
        ("192.0.2.1", "80", False, "nothing in default/web allows it"),
    ],
)
def test_what_an_isolated_pod_receives(
    api: DirectoryApi, source: str, port: str, allowed: bool, because: str
) -> None:
    found = [one for one in explain(api, source, "b", port) if one.direction == "ingress"]
    assert {(one.pod, one.allowed, one.because) for one in found} == {
        ("default/b", allowed, because)
    }
    assert len(found) == (1 if source[0].isdigit() else 2)  # families


def test_both_pods_are_asked(api: DirectoryApi) -> None:
    rows = [one.row() for one in explain(api, "b", "c", "9")]
    assert rows[:2] == [
        ["IPv4", "default/b, egress", "allowed", "no policy isolates it"],
        ["IPv4", "default/c, ingress", "allowed", "no policy isolates it"],
    ]


def test_ends_that_are_not_there(api: DirectoryApi) -> None:
    with pytest.raises(TestbedError, match="no pod 'team/a'") as caught:
        explain(api, "team/a", "b", "80")
    assert caught.value.fix
    with pytest.raises(TestbedError, match="no address family in common"):
        explain(api, "192.0.2.1", "fd00::1", "80")


@pytest.mark.parametrize("text", ["", "0", "65536", "80/ICMP", "web"])
def test_what_is_no_port(text: str) -> None:
    with pytest.raises(TestbedError, match="is no port"):
        read_port(text)
