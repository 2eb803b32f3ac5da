"""Does the CNI commands: addresses, wiring, and the node's routes, in that order."""

from __future__ import annotations

import threading
from collections.abc import Callable

from testbed.agent.cni import protocol
from testbed.agent.cni.attachments import AttachmentStore
from testbed.agent.cni.plugin_main import INVALID_CONFIG, TRY_AGAIN, UNAVAILABLE, VERSIONS, CniError
from testbed.agent.cni.protocol import INTERNAL, UNKNOWN_CONTAINER, Reply, Request
from testbed.agent.dataplane import pod_veth
from testbed.agent.ipam.addresses import Exhausted
from testbed.agent.ipam.blocks import FAMILIES, Blocks
from testbed.agent.model.attachment import Attachment, host_interface
from testbed.agent.model.objects import Node
from testbed.agent.model.pod_wish import PodMetadata, PodWish, read_wish
from testbed.errors import TestbedError

# Seconds that ADD gives the agent to read its pools: a runtime that is told to try again does so
# only after ten or more.
READ_PATIENCE = 20.0


class Pods:
    """Attaches and detaches pods of one node; commands for different pods run side by side.

    `look_up` gives what the API says of a pod, by namespace and name; raises TestbedError.
    `get_node` gives this node as the API has it, once that was read, for which it waits as many
    seconds as it is told; `wait_synced` returns once the data plane is up to date with the
    attachments, or raises TestbedError. `check_isolated` raises TestbedError if NetworkPolicies
    are not in force: no pod starts without them.
    """

    def __init__(
        self,
        store: AttachmentStore,
        blocks: Blocks,
        mtu: int,
        get_node: Callable[[float], Node | None],
        wait_synced: Callable[[], None],
        look_up: Callable[[str, str], PodMetadata] = lambda *_: PodMetadata(),
        check_isolated: Callable[[], None] = lambda: None,
    ) -> None:
        self._store, self._blocks, self._mtu = store, blocks, mtu
        self._look_up, self._check_isolated = look_up, check_isolated
        self._get_node, self._wait_synced = get_node, wait_synced
        self._locks_lock = threading.Lock()
        self._per_interface: dict[tuple[str, str], threading.Lock] = {}

    def handle(self, request: Request) -> Reply:
        """Do one command; returns its result (empty for most), raises CniError."""
        command = {
            "ADD": self._add_pod,
            "DEL": self._delete_pod,
            "CHECK": self._check_pod,
            "GC": self._collect_garbage,
            "STATUS": self._report_readiness,
            "VERSION": self._report_version,
        }[request.command]
        try:
            with self._interface_lock(request.container, request.interface):
                return command(request)
        except Exhausted as error:
            raise CniError(TRY_AGAIN, error.what) from None
        except TestbedError as error:
            raise CniError(
                INTERNAL, error.what, f"{error.where or ''}: {error.why or ''}"
            ) from None

    def _interface_lock(self, container: str, interface: str) -> threading.Lock:
        """Held by the command that works on this interface."""
        with self._locks_lock:
            return self._per_interface.setdefault((container, interface), threading.Lock())

    def _add_pod(self, request: Request) -> Reply:
        known = self._store.get(request.container, request.interface)
        if known and known.netns == request.netns and not pod_veth.faults(known):
            return self._add_result(request, known)
        attachment = self._reserve_addresses(request, known)
        try:
            pod_veth.attach(attachment, self._mtu)
            self._wait_synced()
            self._check_isolated()
        except TestbedError:
            self._forget_pod(attachment)
            raise
        return self._add_result(request, attachment)

    def _reserve_addresses(self, request: Request, known: Attachment | None) -> Attachment:
        """Addresses for the pod, written down before anything uses them."""
        node = self._get_node(READ_PATIENCE)
        if node is None:
            raise CniError(TRY_AGAIN, "the agent has not read its pools yet")
        wish = PodWish() if known else self._read_wish(request)
        with self._blocks.lock:
            if known:
                addresses = {4: known.ipv4, 6: known.ipv6}
            else:
                used = [a for one in self._store for a in one.addresses]
                picked = {f: self._blocks.allocate(f, used, wish) for f in FAMILIES}
                addresses = {f: str(a) if a else None for f, a in picked.items()}
            if not any(addresses.values()):
                raise CniError(TRY_AGAIN, f"no IPPool gives pod addresses to {node.name}")
            attachment = Attachment(
                container=request.container,
                interface=request.interface,
                netns=request.netns,
                name=request.pod,
                ipv4=addresses[4],
                ipv6=addresses[6],
                host_interface=host_interface(request.container, request.interface),
                namespace=request.namespace,
            )
            self._store.put(attachment)
        return attachment

    def _read_wish(self, request: Request) -> PodWish:
        """A pod that is nobody's object asks for nothing."""
        if not request.namespace:
            return PodWish()
        return read_wish(self._look_up(request.namespace, request.pod))

    def _delete_pod(self, request: Request) -> Reply:
        known = self._store.get(request.container, request.interface)
        pod_veth.detach(host_interface(request.container, request.interface))
        if known:
            self._store.remove(known.container, known.interface)
            self._wait_synced()
        return {}

    def _forget_pod(self, attachment: Attachment) -> None:
        pod_veth.detach(attachment.host_interface)
        self._store.remove(attachment.container, attachment.interface)

    def _check_pod(self, request: Request) -> Reply:
        known = self._store.get(request.container, request.interface)
        if known is None:
            raise CniError(UNKNOWN_CONTAINER, f"{request.container} is not attached here")
        found = pod_veth.faults(known)
        if found:
            raise CniError(INTERNAL, f"{request.container}: {'; '.join(found)}")
        return {}

    def _collect_garbage(self, request: Request) -> Reply:
        if not {"cni.dev/valid-attachments", "cni.dev/attachments"} & request.config.keys():
            raise CniError(INVALID_CONFIG, "GC without cni.dev/valid-attachments")
        keep = protocol.valid_attachments(request.config)
        gone = [a for a in self._store if (a.container, a.interface) not in keep]
        for attachment in gone:
            with self._interface_lock(attachment.container, attachment.interface):
                self._forget_pod(attachment)
        if gone:
            self._wait_synced()
        return {}

    def _report_readiness(self, _request: Request) -> Reply:
        node = self._get_node(0)
        if node is None:
            raise CniError(UNAVAILABLE, "the agent has not read its pools yet")
        if not self._blocks.owned():
            raise CniError(UNAVAILABLE, f"{node.name} has no block to give addresses from")
        return {}

    def _report_version(self, request: Request) -> Reply:
        return {"cniVersion": request.version, "supportedVersions": VERSIONS}

    def _add_result(self, request: Request, attachment: Attachment) -> Reply:
        mac = pod_veth.host_mac(attachment.host_interface) or ""
        pod_mac = pod_veth.pod_mac(attachment)
        return protocol.result(request.version, attachment, mac, pod_mac)
