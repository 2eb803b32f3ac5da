"""Keeps Kubernetes' objects as JSON, and the logs of nodes and pods."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from testbed.errors import TestbedError
from testbed.orchestrators.kubernetes.api import KubernetesApi, connect
from testbed.paths import DATA, NODES
from testbed.plan.model import Plan
from testbed.providers.namespaces import services
from testbed.providers.vagrant import node as guests
from testbed.scenario.api.manifests import Object
from testbed.srpolicy.files.configmap import NAMESPACE

_OBJECTS = {
    "nodes": "/api/v1/nodes",
    "pods": "/api/v1/pods",
    "services": "/api/v1/services",
    "endpointslices": "/apis/discovery.k8s.io/v1/endpointslices",
    "deployments": "/apis/apps/v1/deployments",
    "events": "/api/v1/events",
    "te-configmaps": f"/api/v1/namespaces/{NAMESPACE}/configmaps",
}
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def keep_kubernetes(plan: Plan, directory: Path) -> None:
    """Objects below kubernetes/, logs below logs/NODE/ and pod-logs/NODE/.

    An API server that does not answer leaves kubernetes/unavailable.txt.
    """
    objects = directory / "kubernetes"
    objects.mkdir(parents=True, exist_ok=True)
    try:
        api = connect(plan)
        for name, path in _all_objects(api):
            (objects / f"{name}.json").write_text(json.dumps(_list_items(api, path), indent=1))
    except TestbedError as error:
        (objects / "unavailable.txt").write_text(f"{error}\n")
    for node in [*services.with_init(), *guests.machine_names()]:
        _copy_tree(NODES / node / "logs", directory / "logs" / node)
        _copy_tree(DATA / "nodes" / node / "var-log-pods", directory / "pod-logs" / node)


def _all_objects(api: KubernetesApi) -> Iterator[tuple[str, str]]:
    """Name and path of every list: the common ones, and all that have a definition of their own."""
    yield from _OBJECTS.items()
    for definition in api.items(_DEFINITIONS):
        spec = definition["spec"]
        version = next(v["name"] for v in spec["versions"] if v["storage"])
        yield spec["names"]["plural"], f"/apis/{spec['group']}/{version}/{spec['names']['plural']}"


def _list_items(api: KubernetesApi, path: str) -> list[Object]:
    items = api.items(path)
    for item in items:
        item["metadata"].pop("managedFields", None)  # who wrote what fills pages
    return items


def _copy_tree(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True, ignore_dangling_symlinks=True)
