"""Sessions and pods as status.json shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from testbed.agent.cni.attachments import Attachment
from testbed.bgp.model import PeerStatus


def session(peer: PeerStatus, known: Mapping[str, str]) -> dict[str, Any]:
    """A BGP session; `known` has names by address."""
    return {
        "peer": known.get(peer.address, peer.address),
        "address": peer.address,
        "state": peer.state.capitalize(),
        "reason": peer.reason,
        "received": peer.received,
    }


def pod(attachment: Attachment) -> dict[str, Any]:
    """A pod interface."""
    return {
        "id": attachment.container,
        "name": attachment.name,
        "ipv4": attachment.ipv4,
        "ipv6": attachment.ipv6,
        "interface": attachment.host_interface,
    }
