"""The API of a Kubernetes lab: server-side apply, and what else the testbed does with objects."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from testbed.errors import TestbedError
from testbed.host.namespaces import in_netns
from testbed.kube.client import APPLY_PATCH, Answer, KubeClient, Limits
from testbed.kube.documents import KubeObject
from testbed.kube.errors import Refused
from testbed.kube.kubeconfig import endpoint
from testbed.paths import KUBERNETES_USERS
from testbed.plan.kubernetes import API_PORT, control_plane
from testbed.plan.model import Plan

USERS = KUBERNETES_USERS
MANAGER = "testbed"  # the field manager of all that the testbed applies
LIMIT = 30.0  # seconds for one answer; a busy control plane may need them
Files = tuple[Path, Path, Path]


class UnknownKind(TestbedError):
    """The server has no such kind of objects."""


@dataclass(frozen=True)
class Polling:
    """How to wait for something that the API server will say.

    `interval`: seconds between two questions; a server in software emulation would have no time
    for anything else. `patience`: seconds until it must have happened.
    """

    interval: float = 0.02
    patience: float = 300.0  # a slow disk or one busy core may need them


class KubernetesApi:
    """Objects by apiVersion, kind and name. Every call raises TestbedError on failure."""

    def __init__(self, client: KubeClient, polling: Polling = Polling()) -> None:
        self.client, self.polling = client, polling
        self._resources: dict[str, dict[str, tuple[str, bool]]] = {}

    def apply(self, document: KubeObject) -> None:
        """Make an object, or make it as `document` says (server-side apply, conflicts forced)."""
        path = f"{self._object_path(document)}?fieldManager={MANAGER}&force=true"
        self._expect_ok(self.client.request("PATCH", path, document, APPLY_PATCH), document)

    def dry_run(self, document: KubeObject) -> None:
        """Let the server judge an object by schemas, rules and admission; nothing is kept.

        Unknown fields are refused where the schema knows all fields. Raises UnknownKind too.
        """
        path = f"{self._object_path(document)}?fieldManager={MANAGER}&force=true"
        path += "&dryRun=All&fieldValidation=Strict"
        self._expect_ok(self.client.request("PATCH", path, document, APPLY_PATCH), document)

    def delete(self, document: KubeObject) -> bool:
        """Remove the object of that kind and name; False if there was none."""
        body = {"propagationPolicy": "Background"}
        answer = self.client.request("DELETE", self._object_path(document), body)
        return answer.status != HTTPStatus.NOT_FOUND and bool(self._expect_ok(answer, document))

    def get(self, document: KubeObject) -> KubeObject | None:
        """The object of that kind and name, or None."""
        answer = self.client.request("GET", self._object_path(document))
        return None if answer.status == HTTPStatus.NOT_FOUND else self._expect_ok(answer, document)

    def list_cached(self, path: str) -> list[KubeObject]:
        """A list as the server has it at hand; what has just happened may be missing from it.

        For waiting: a server short of time answers items() with 504, as it would have to make sure
        first that nothing is missing.
        """
        return self.items(f"{path}?resourceVersion=0")

    def items(self, path: str) -> list[KubeObject]:
        """The objects of a list, e.g. /api/v1/nodes."""
        answer = self.client.request("GET", path)
        if not answer.ok:
            raise Refused(answer.status, f"cannot list {path}", why=answer.message)
        return [dict(item) for item in answer.body.get("items") or []]

    def _object_path(self, document: KubeObject) -> str:
        version = str(document["apiVersion"])
        plural, namespaced = self._find_resource(version, str(document["kind"]))
        metadata = document["metadata"]
        inside = f"/namespaces/{metadata.get('namespace', 'default')}" if namespaced else ""
        return f"{_group_path(version)}{inside}/{plural}/{quote(str(metadata['name']))}"

    def _find_resource(self, version: str, kind: str) -> tuple[str, bool]:
        """The plural name, and whether objects are in a namespace, as the server says."""
        if kind not in self._resources.get(version, {}):
            self._resources[version] = {
                r["kind"]: (r["name"], r["namespaced"])
                for r in self._kinds(version)
                if "/" not in r["name"]
            }
        try:
            return self._resources[version][kind]
        except KeyError:
            raise UnknownKind(
                f"the API server knows no {kind} of {version}",
                fix="is its CustomResourceDefinition applied? kubectl api-resources lists all",
            ) from None

    def _kinds(self, version: str) -> list[KubeObject]:
        """What the server says of each kind; nothing of a group that it does not have."""
        answer = self.client.request("GET", _group_path(version))
        if answer.status == HTTPStatus.NOT_FOUND:
            return []
        if not answer.ok:
            what = f"cannot ask for the kinds of {version}"
            raise Refused(answer.status, what, why=answer.message)
        return list(answer.body.get("resources") or [])

    def _expect_ok(self, answer: Answer, document: KubeObject) -> KubeObject:
        if answer.ok:
            return answer.body
        what = f"{document['kind']} {document['metadata']['name']}: refused by the API server"
        raise Refused(answer.status, what, why=answer.message)


def _group_path(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def client_in(netns: str, host: str, port: int, files: Files, limit: float = LIMIT) -> KubeClient:
    """A client of the API server at `host`, which is reached from the namespace `netns`.

    `files`: the authority's certificate, the user's, and the user's key. `limit`: seconds that one
    answer may take.
    """
    return KubeClient(
        partial(endpoint, host, port, *files),
        dial=partial(_open_socket, netns),
        limits=Limits(limit, limit),
        name=MANAGER,
        fix="testbed status; testbed logs CONTROL_PLANE.kube-apiserver",
    )


def _open_socket(netns: str, address: tuple[str, int], timeout: float) -> socket.socket:
    """A socket stays in the namespace in which it was made, wherever its user goes."""
    with in_netns(netns):
        return socket.create_connection(address, timeout)


def connect(plan: Plan, user: str = "admin") -> KubernetesApi:
    """The lab's API server, as its administrator; the caller is inside the lab."""
    node = control_plane(plan)
    files = (USERS / "ca.crt", USERS / f"{user}.crt", USERS / f"{user}.key")
    where = (plan.vantage(node.name), str(plan.address_v6(node.name)), API_PORT)
    slow = plan.slowness
    polling = Polling(plan.provider_traits.pause, Polling.patience * slow)
    return KubernetesApi(client_in(*where, files, LIMIT * slow), polling)
