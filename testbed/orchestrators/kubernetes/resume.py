"""A cluster that goes on from a snapshot: its certificates, and what it says of itself anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from testbed.orchestrators.kubernetes import lifecycle
from testbed.orchestrators.kubernetes.api import connect
from testbed.orchestrators.kubernetes.pki import authorities, x509
from testbed.orchestrators.kubernetes.wait import api_ready, leases_renewed, nodes_ready
from testbed.plan.model import Node, Plan
from testbed.providers.members import present
from testbed.providers.registry import handle, on_each, provider_of
from testbed.providers.storage import Storage
from testbed.render.kubernetes import PKI

RESERVE = timedelta(days=1)  # for what is left of it, new certificates are not worth the time


def certificates_end(plan: Plan) -> datetime:
    """When the first of the nodes' certificates ends, UTC: all of a node are of one moment."""
    nodes = present(plan)
    found = on_each(lambda n: handle(n.name).run(["cat", f"{PKI}/kubelet.crt"]), nodes)
    return min(map(x509.expiry, found))


def is_due(end: datetime, now: datetime) -> bool:
    """Should certificates that end then be replaced now?"""
    return now + RESERVE > end


def renew(plan: Plan, nodes: Sequence[Node], storage: Storage) -> None:
    """Give nodes new certificates, and start their programs anew with them."""
    lifecycle.print_note(
        "  the nodes' certificates end: new ones, and Kubernetes starts anew with them"
    )
    now = datetime.now(timezone.utc)
    keys = authorities.ensure_keys(storage.keys, now, lifecycle.print_note)
    files = {node.name: lifecycle.files_of(plan, node, keys, now) for node in nodes}
    provider_of(plan).provision(files, storage)

    def restart(node: Node) -> None:
        services = handle(node.name).services
        names = list(services.states())
        services.stop(names)
        services.start(names)

    on_each(restart, nodes)


def go_on(plan: Plan, storage: Storage, since: datetime, certificates_end: datetime) -> None:
    """Wait until nodes that went on at `since` are Ready, by their own words.

    Certificates that have ended, or are about to, are replaced; that takes as long as a start.
    """
    nodes = present(plan)
    if is_due(certificates_end, since):
        renew(plan, nodes, storage)
    resumed(plan, nodes, storage, since)


def resumed(plan: Plan, nodes: Sequence[Node], storage: Storage, since: datetime) -> None:
    """Wait until all nodes are Ready by what their kubelets said after `since`.

    The lab's users get new keys: those that were saved may have ended. Raises CheckFailed.
    """
    now = datetime.now(timezone.utc)
    lifecycle.write_users(
        plan, authorities.ensure_keys(storage.keys, now, lifecycle.print_note), now
    )
    api, names = connect(plan), [node.name for node in nodes]
    api_ready(api)
    leases_renewed(api, names, since)
    nodes_ready(api, names)
