"""Objects of the lab's API: applied, previewed, deleted, and which of them are there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import ip_network

from testbed.agent.model import selector
from testbed.api_objects import TE_CONFIG, TE_NAMESPACE
from testbed.errors import TestbedError
from testbed.kube.documents import KubeObject
from testbed.object_fields.reserved import Network
from testbed.object_fields.tables import CALICO
from testbed.orchestrators.api import Api
from testbed.plan.model import Plan
from testbed.render import cluster as render
from testbed.srpolicy.files import configmap
from testbed.srpolicy.files.configmap import NodeConfig
from testbed.te.lint.object_items import OF_SERVER


def selected_by(plan: Plan, api: Api) -> Callable[[str], list[str]]:
    """Of a node selector: the nodes of the API that it selects now, as the agents read it."""

    def selected(text: str) -> list[str]:
        matches = selector.parse(text)
        wanted = [(n.name, render.node_object(plan, n)) for n in plan.cluster]
        found = [(name, document) for name, w in wanted if (document := api.get(w))]
        return [name for name, d in found if matches(d["metadata"].get("labels") or {})]

    return selected


def pools_in(api: Api) -> dict[str, Network]:
    """The IPPools of the lab by name, as far as their ranges can be read."""
    found: dict[str, Network] = {}
    for pool in api.all_of(CALICO, "IPPool"):
        with suppress(KeyError, TypeError, ValueError):  # kubectl and scenarios apply any
            found[pool["metadata"]["name"]] = ip_network(pool["spec"]["cidr"])
    return found


def te_configs_in(api: Api) -> list[NodeConfig]:
    """What the lab's TE ConfigMaps say to each head end, as far as they can be read."""
    found: list[NodeConfig] = []
    for document in api.all_of("v1", "ConfigMap"):
        metadata = document["metadata"]
        if metadata.get("namespace") == TE_NAMESPACE and metadata["name"].startswith(TE_CONFIG):
            with suppress(TestbedError):
                found += configmap.from_object(document, f"ConfigMap {metadata['name']}")
    return found


def apply_objects(api: Api, documents: Iterable[KubeObject]) -> list[str]:
    """Put objects into the lab's API, all of them or none; `kind/name` of each.

    What would be refused is found out beforehand. One object alone needs no such question.
    """
    documents = list(documents)
    applied: list[str] = []
    with _telling(applied):
        for document in documents if len(documents) > 1 else ():
            api.preview(document)
        for document in documents:
            api.apply(document)
            applied.append(_kind_and_name(document))
    return applied


@contextmanager
def _telling(applied: Sequence[str]) -> Iterator[None]:
    """An error says what had been applied when it came, as when the server ended meanwhile."""
    try:
        yield
    except TestbedError as error:
        before = f"applied before: {', '.join(applied)}" if applied else "nothing was applied"
        error.what += f"; {before}"
        raise


def preview_objects(api: Api, documents: Iterable[KubeObject]) -> list[str]:
    """What `apply_objects` would do: `kind/name` of each, and a word; nothing is kept."""
    return [
        f"{_kind_and_name(document)} {change_of(api.get(document), api.preview(document))}"
        for document in documents
    ]


def change_of(was: KubeObject | None, becomes: KubeObject) -> str:
    """What applying does to an object, in kubectl's words."""
    if was is None:
        return "created"
    return "unchanged" if without_bookkeeping(was) == without_bookkeeping(becomes) else "configured"


def without_bookkeeping(document: KubeObject) -> KubeObject:
    """The object without what an API server writes into its metadata."""
    kept = {k: v for k, v in document["metadata"].items() if k not in OF_SERVER}
    return {**document, "metadata": kept}


def delete_objects(api: Api, documents: Iterable[KubeObject]) -> list[tuple[str, bool]]:
    """Remove objects from the lab's API; `kind/name` of each, and whether it was there."""
    return [(_kind_and_name(document), api.delete(document)) for document in documents]


def _kind_and_name(document: KubeObject) -> str:
    return f"{str(document['kind']).lower()}/{document['metadata']['name']}"
