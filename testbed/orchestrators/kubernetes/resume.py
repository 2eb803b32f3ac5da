"""A cluster that goes on from a snapshot: its certificates, and what it says of itself anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

from testbed.orchestrators.kubernetes import users
from testbed.orchestrators.kubernetes.api import USERS, connect
from testbed.orchestrators.kubernetes.notes import print_note
from testbed.orchestrators.kubernetes.pki import authorities, x509
from testbed.orchestrators.kubernetes.pki.validity import ends_soon
from testbed.orchestrators.kubernetes.renewal import renew, renew_if_due
from testbed.orchestrators.kubernetes.wait import api_ready, leases_renewed, nodes_ready
from testbed.plan.model import Node, Plan
from testbed.providers.members import present
from testbed.providers.registry import handle, on_each
from testbed.providers.storage import Storage
from testbed.render.kubernetes import PKI


def certificates_end(plan: Plan) -> datetime:
    """When the first of the nodes' certificates ends, UTC: all of a node are of one moment."""
    nodes = present(plan)
    found = on_each(lambda n: handle(n.name).run(["cat", f"{PKI}/kubelet.crt"]), nodes)
    return min(map(x509.expiry, found))


def go_on(plan: Plan, storage: Storage, since: datetime, certificates_end: datetime) -> None:
    """Wait until nodes that went on at `since` are Ready, by their own words.

    Certificates that have ended, or are about to, are replaced; that takes as long as a start.
    """
    nodes = present(plan)
    now = datetime.now(timezone.utc)
    keys = authorities.ensure_keys(storage.keys, now, print_note)
    if ends_soon(certificates_end, since):
        print_note("  the nodes' certificates end: new ones, and Kubernetes starts anew with them")
        renew(plan, nodes, storage, keys, now)
    else:  # the authorities may have come to their end, or have been lost
        renew_if_due(plan, nodes, storage, keys, now)
    users.write(USERS, plan, keys.cluster, now)  # those that were saved may have ended
    resumed(plan, nodes, since)


def resumed(plan: Plan, nodes: Sequence[Node], since: datetime) -> None:
    """Wait until all nodes are Ready by what their kubelets said after `since`.

    Raises CheckFailed.
    """
    api, names = connect(plan), [node.name for node in nodes]
    api_ready(api)
    leases_renewed(api, names, since)
    nodes_ready(api, names)
