"""Blocks as BlockAffinity objects: creating one is the claim, and of one name only one can be."""

from __future__ import annotations

import threading
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from testbed.agent.ipam import addresses
from testbed.agent.model.objects import IpNetwork, Node
from testbed.errors import TestbedError
from testbed.kube.client import KubeClient
from testbed.kube.errors import Refused
from testbed.kube.kubeconfig import reader

PATH = "/apis/crd.projectcalico.org/v1/blockaffinities"
_CONFLICT, _ABSENT = 409, 404


class Claims:
    """Makes and ends claims for one node. Safe for use by several threads."""

    def __init__(self, config: Path) -> None:
        self._client = KubeClient(reader(config))
        self._lock = threading.Lock()

    def claim(self, block: IpNetwork, node: Node) -> bool:
        """Make the block the node's; False if somebody was first.

        Raises TestbedError, also while the node's object, with which the claim shall go away, is
        not there.
        """
        if not node.uid:
            what = f"no block is claimed before Node {node.name} is there"
            raise TestbedError(what, why="its kubelet makes it")
        with self._lock:
            try:
                made = self._client.call("POST", PATH, addresses.affinity(block, node))
            except Refused as error:
                if error.status != _CONFLICT:
                    raise
                return self._adopt(block, node)
            return self._alone(block, made)

    def release(self, block: IpNetwork, node: Node) -> None:
        """Remove the claim if it is still the node's."""
        with self._lock:
            found = self._get(block)
            if found is None or found["spec"]["node"] != node.name:
                return
            self._delete(block, found)

    def _adopt(self, block: IpNetwork, node: Node) -> bool:
        """A claim that is there may be ours, of before a restart or of the node's earlier self."""
        found = self._get(block)
        if found is None or found["spec"]["node"] != node.name:
            return False
        wanted = addresses.affinity(block, node)["metadata"]["ownerReferences"]
        if found["metadata"].get("ownerReferences") != wanted:
            found["metadata"]["ownerReferences"] = wanted
            self._client.call("PUT", f"{PATH}/{addresses.affinity_name(block)}", found)
        return True

    def _alone(self, block: IpNetwork, made: dict[str, Any]) -> bool:
        """After the pool's block size changed, others may claim what overlaps at the same time.

        Whoever comes later gives way: of two that do not see each other one cannot be later.
        """
        born = int(made["metadata"]["resourceVersion"])
        for other in self._client.call("GET", PATH)["items"]:
            cidr = ip_network(other["spec"]["cidr"])
            earlier = int(other["metadata"]["resourceVersion"]) < born
            if earlier and cidr.version == block.version and cidr.overlaps(block):
                self._delete(block, made)
                return False
        return True

    def _get(self, block: IpNetwork) -> dict[str, Any] | None:
        try:
            return dict(self._client.call("GET", f"{PATH}/{addresses.affinity_name(block)}"))
        except Refused as error:
            if error.status != _ABSENT:
                raise
            return None

    def _delete(self, block: IpNetwork, found: dict[str, Any]) -> None:
        """That very object, not one that somebody made meanwhile."""
        only = {"preconditions": {"uid": found["metadata"]["uid"]}}
        try:
            self._client.call("DELETE", f"{PATH}/{addresses.affinity_name(block)}", only)
        except Refused as error:
            if error.status not in (_ABSENT, _CONFLICT):
                raise
