"""The API of a Kubernetes lab: server-side apply, and what else the testbed does with objects."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from testbed.errors import TestbedError
from testbed.kube.api_connection import APPLY, Answer, Client
from testbed.paths import KUBERNETES_USERS
from testbed.plan.kubernetes import API_PORT, control_plane
from testbed.plan.model import Plan

USERS = KUBERNETES_USERS
MANAGER = "testbed"  # the field manager of all that the testbed applies


class UnknownKind(TestbedError):
    """The server has no such kind of objects."""


class KubernetesApi:
    """Objects by apiVersion, kind and name. Every call raises TestbedError on failure."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._resources: dict[str, dict[str, tuple[str, bool]]] = {}

    def apply(self, document: dict[str, Any]) -> None:
        """Make an object, or make it as `document` says (server-side apply, conflicts forced)."""
        path = f"{self._path(document)}?fieldManager={MANAGER}&force=true"
        self._expect(self.client.request("PATCH", path, document, APPLY), document)

    def dry_run(self, document: dict[str, Any]) -> None:
        """Let the server judge an object by schemas, rules and admission; nothing is kept.

        Unknown fields are refused where the schema knows all fields. Raises UnknownKind too.
        """
        path = f"{self._path(document)}?fieldManager={MANAGER}&force=true"
        path += "&dryRun=All&fieldValidation=Strict"
        self._expect(self.client.request("PATCH", path, document, APPLY), document)

    def delete(self, document: dict[str, Any]) -> bool:
        """Remove the object of that kind and name; False if there was none."""
        body = {"propagationPolicy": "Background"}
        answer = self.client.request("DELETE", self._path(document), body)
        return answer.status != 404 and bool(self._expect(answer, document))

    def get(self, document: dict[str, Any]) -> dict[str, Any] | None:
        """The object of that kind and name, or None."""
        answer = self.client.request("GET", self._path(document))
        return None if answer.status == 404 else self._expect(answer, document)

    def glance(self, path: str) -> list[dict[str, Any]]:
        """A list as the server has it at hand; what has just happened may be missing from it.

        For waiting: a server short of time answers items() with 504, as it would have to make sure
        first that nothing is missing.
        """
        return self.items(f"{path}?resourceVersion=0")

    def items(self, path: str) -> list[dict[str, Any]]:
        """The objects of a list, e.g. /api/v1/nodes."""
        answer = self.client.request("GET", path)
        if not answer.ok:
            raise TestbedError(f"cannot list {path}", why=answer.message, exit_code=1)
        return [dict(item) for item in answer.body.get("items") or []]

    def _path(self, document: dict[str, Any]) -> str:
        version = str(document["apiVersion"])
        plural, namespaced = self._resource(version, str(document["kind"]))
        metadata = document["metadata"]
        inside = f"/namespaces/{metadata.get('namespace', 'default')}" if namespaced else ""
        return f"{_root(version)}{inside}/{plural}/{quote(str(metadata['name']))}"

    def _resource(self, version: str, kind: str) -> tuple[str, bool]:
        """The plural name, and whether objects are in a namespace, as the server says."""
        if kind not in self._resources.get(version, {}):
            answer = self.client.request("GET", _root(version))
            self._resources[version] = {
                r["kind"]: (r["name"], r["namespaced"])
                for r in answer.body.get("resources") or []
                if "/" not in r["name"]
            }
        try:
            return self._resources[version][kind]
        except KeyError:
            raise UnknownKind(
                f"the API server knows no {kind} of {version}",
                fix="is its CustomResourceDefinition applied? kubectl api-resources lists all",
            ) from None

    def _expect(self, answer: Answer, document: dict[str, Any]) -> dict[str, Any]:
        if answer.ok:
            return answer.body
        raise TestbedError(
            f"{document['kind']} {document['metadata']['name']}: refused by the API server",
            why=answer.message,
            exit_code=1,
        )


def _root(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def connect(plan: Plan, user: str = "admin") -> KubernetesApi:
    """The lab's API server, as its administrator; the caller is inside the lab."""
    node = control_plane(plan)
    files = (USERS / "ca.crt", USERS / f"{user}.crt", USERS / f"{user}.key")
    client = Client(plan.vantage(node.name), str(plan.address_v6(node.name)), API_PORT, *files)
    client.pace = plan.provider_traits.pause
    client.timeout *= plan.slowness
    client.patience *= plan.slowness
    return KubernetesApi(client)
