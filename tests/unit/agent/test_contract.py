"""status.json as types: what is written is read back, and a bad file is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from testbed.agent.contract import NodeStatus
from testbed.agent.desired.decide import decide
from testbed.agent.desired.node_status import node_status
from testbed.agent.model.attachment import Attachment
from testbed.agent.status_file import read_status, write_status
from testbed.bgp.model import PeerStatus
from testbed.errors import TestbedError
from tests.unit.agent.decision_inputs import BASE, PEERED, R6, W2, policy, steered

POD = Attachment("c1", "eth0", "/run/netns/x", "web", "172.16.0.1", None, "cali1")


def status() -> NodeStatus:
    """A status with an entry of every kind."""
    inputs = replace(
        BASE,
        peers=(PeerStatus(str(W2), 64512, "ESTABLISHED"),),
        paths=(*PEERED, policy(steered(R6))),
        attachments=(POD,),
    )
    return replace(node_status(inputs, decide(inputs)), ready=True, problems=("x",), generation=7)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    assert read_status(path) is None
    write_status(path, status())
    assert read_status(path) == status()
    assert all((status().sessions, status().pods, status().policies, status().prefixes))


def test_the_keys_on_disk_stay_what_they_were(tmp_path: Path) -> None:
    write_status(tmp_path / "status.json", status())
    data = json.loads((tmp_path / "status.json").read_text())
    assert list(data) == [
        *("node", "te_mode", "blocks", "local_sids", "sessions", "pods", "policies", "prefixes"),
        *("isolation", "overlays", "notes", "ready", "problems", "generation"),
    ]
    assert list(data["local_sids"]) == ["dt4", "dt6", "replaced"]
    assert list(data["sessions"][0]) == ["peer", "address", "state", "reason", "received"]
    assert list(data["pods"][0]) == ["id", "name", "ipv4", "ipv6", "interface"]
    assert list(data["prefixes"][0]) == ["prefix", "next_hop", "via"]
    assert list(data["policies"][0]) == [
        *("endpoint", "family", "source", "color", "distinguisher", "preference", "priority"),
        *("originator", "binding_sid", "segment_lists", "valid", "chosen", "why"),
        "binding_sid_state",
    ]
    assert data["overlays"] == ["srv6", "ipip", "vxlan", "routed"]


def test_a_node_without_sids_has_no_key_for_them() -> None:
    assert NodeStatus("w1").to_json()["local_sids"] == {"replaced": []}


def test_a_status_can_be_indexed_like_its_json() -> None:
    """Scenarios that were written for dictionaries go on working."""
    found: Any = status()
    assert found["generation"] == 7
    assert found["policies"][0]["endpoint"] == found.policies[0].endpoint
    assert found.policies[0]["chosen"] is found.policies[0].chosen


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"generation": True}, "generation 'True' is not a whole number"),
        ({"sessions": [7]}, "an object is expected"),
        ({"blocks": [7]}, "blocks is not a list of text"),
        ({"policies": [{"endpoint": "::1"}]}, "field 'family' is missing"),
    ],
)
def test_a_bad_file_is_named_with_the_reason(
    tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    path = tmp_path / "status.json"
    path.write_text(json.dumps({**status().to_json(), **change}))
    with pytest.raises(TestbedError) as caught:
        read_status(path)
    assert caught.value.where == str(path) and why in str(caught.value.why)


@pytest.mark.parametrize("content", ["", "{", "[]", "null"])
def test_what_is_no_status_at_all_is_named_too(tmp_path: Path, content: str) -> None:
    path = tmp_path / "status.json"
    path.write_text(content)
    with pytest.raises(TestbedError, match="not an agent's status"):
        read_status(path)
