"""Claims blocks as BlockAffinity objects: creating one is the claim, and a name exists once."""

from __future__ import annotations

import threading
from ipaddress import ip_network
from pathlib import Path

from testbed.agent.ipam import addresses
from testbed.agent.model.objects import IpNetwork, Node, owner_reference
from testbed.errors import TestbedError
from testbed.json_types import JsonObject, as_object, get_object, get_text
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
                return self._adopt_claim(block, node)
            return self._yield_to_earlier(block, made)

    def release(self, block: IpNetwork, node: Node) -> None:
        """Remove the claim if it is still the node's."""
        with self._lock:
            found = self._get_claim(block)
            if found is None or get_object(found, "spec")["node"] != node.name:
                return
            self._delete_claim(block, found)

    def _adopt_claim(self, block: IpNetwork, node: Node) -> bool:
        """A claim that is there may be ours, of before a restart or of the node's earlier self."""
        found = self._get_claim(block)
        if found is None or get_object(found, "spec")["node"] != node.name:
            return False
        wanted, metadata = [owner_reference(node)], get_object(found, "metadata")
        if metadata.get("ownerReferences") != wanted:
            renewed = {**found, "metadata": {**metadata, "ownerReferences": wanted}}
            self._client.call("PUT", f"{PATH}/{addresses.affinity_name(block)}", renewed)
        return True

    def _yield_to_earlier(self, block: IpNetwork, made: JsonObject) -> bool:
        """After the pool's block size changed, others may claim what overlaps at the same time.

        Whoever comes later gives way: of two that do not see each other one cannot be later.
        """
        born = int(get_text(get_object(made, "metadata"), "resourceVersion"))
        for other in self._client.call("GET", PATH)["items"]:
            cidr = ip_network(other["spec"]["cidr"])
            earlier = int(other["metadata"]["resourceVersion"]) < born
            if earlier and cidr.version == block.version and cidr.overlaps(block):
                self._delete_claim(block, made)
                return False
        return True

    def _get_claim(self, block: IpNetwork) -> JsonObject | None:
        try:
            return as_object(self._client.call("GET", f"{PATH}/{addresses.affinity_name(block)}"))
        except Refused as error:
            if error.status != _ABSENT:
                raise
            return None

    def _delete_claim(self, block: IpNetwork, found: JsonObject) -> None:
        """That very object, not one that somebody made meanwhile."""
        only = {"preconditions": {"uid": get_object(found, "metadata")["uid"]}}
        try:
            self._client.call("DELETE", f"{PATH}/{addresses.affinity_name(block)}", only)
        except Refused as error:
            if error.status not in (_ABSENT, _CONFLICT):
                raise
