"""New certificates for nodes that stand, before those that they have end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from testbed.errors import TestbedError
from testbed.orchestrators.kubernetes import node_files
from testbed.orchestrators.kubernetes.notes import print_note
from testbed.orchestrators.kubernetes.pki.authorities import Keys
from testbed.orchestrators.kubernetes.pki.validity import why_due
from testbed.orchestrators.kubernetes.programs import with_certificates
from testbed.orchestrators.kubernetes.wanted_files import wanted_files
from testbed.plan.model import Node, Plan
from testbed.providers.members import present
from testbed.providers.registry import handle, on_each, provider_of
from testbed.providers.storage import Storage
from testbed.render.kubernetes import PKI

# All certificates of a node are of one moment, so one tells of all.
_OWN = f"{PKI}/kubelet.crt"


def renew_if_due(
    plan: Plan, nodes: Sequence[Node], storage: Storage, keys: Keys, now: datetime
) -> None:
    """Renew the nodes' certificates if those of any have ended or soon will, or are not of `keys`.

    Then all are renewed: that takes as long for one as for all.
    """
    why = [f"{node.name}: {reason}" for node, reason in _reasons(nodes, keys, now) if reason]
    if why:
        print_note(f"  the certificates of Kubernetes are replaced: {'; '.join(why)}")
        renew(plan, nodes, storage, keys, now)


def renew(plan: Plan, nodes: Sequence[Node], storage: Storage, keys: Keys, now: datetime) -> None:
    """Give nodes new certificates, and start the programs anew that hold the old ones.

    The agents go on, and with them all traffic. Who is killed on the way leaves programs that are
    stopped: the next `up` starts them.
    """
    wanted = {node.name: wanted_files(plan, node, keys, now) for node in nodes}
    on_each(lambda node: handle(node.name).services.stop(_holders(node)), nodes)
    provider_of(plan).provision(wanted, storage)
    on_each(lambda node: handle(node.name).services.start(_holders(node)), nodes)


def problems(plan: Plan, now: datetime) -> list[str]:
    """Nodes whose certificates have ended or soon will, and what to do."""
    nodes = [node for node in present(plan) if handle(node.name).alive()]
    due = zip(nodes, on_each(lambda node: why_due(_read(node, _OWN), now), nodes), strict=True)
    return [f"certificate of {n.name}: {why}; `testbed up` renews it" for n, why in due if why]


def _reasons(nodes: Sequence[Node], keys: Keys, now: datetime) -> list[tuple[Node, str]]:
    return list(zip(nodes, on_each(lambda n: _why_renew(n, keys, now), nodes), strict=True))


def _why_renew(node: Node, keys: Keys, now: datetime) -> str:
    trusted = node_files.trusted(node, keys)
    held = _read(node, _OWN, *(f"/etc/kubernetes/{name}" for name in trusted))
    return why_renew(held, "".join(trusted.values()), now)


def why_renew(held: str, trusted: str, now: datetime) -> str:
    """Why a node needs other certificates, in words; empty if it does not.

    `held`: its certificate and then what it trusts, PEM; `trusted`: what it is to trust.
    """
    if not held.endswith(trusted):
        return "the lab's authorities are new"
    return why_due(held.removesuffix(trusted), now)


def _read(node: Node, *files: str) -> str:
    """The files, one after the other; empty if there is one that cannot be read."""
    try:
        return handle(node.name).run(["cat", *files])
    except TestbedError:
        return ""


def _holders(node: Node) -> list[str]:
    """The programs of the node that were started with certificates."""
    wanted = {f"{node.name}.{name}" for name in with_certificates(node)}
    return [name for name in handle(node.name).services.states() if name in wanted]
