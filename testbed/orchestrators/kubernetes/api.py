"""The API of a Kubernetes lab: server-side apply, and what else the testbed does with objects."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from testbed.errors import TestbedError
from testbed.host.wait import wait_for
from testbed.kube.client import APPLY_PATCH, Answer, KubeClient, Limits
from testbed.kube.dial import dial_in
from testbed.kube.documents import KubeObject
from testbed.kube.errors import Refused, says_later
from testbed.kube.kubeconfig import reader
from testbed.orchestrators.kubernetes.pki.certificates import ADMIN
from testbed.orchestrators.kubernetes.readiness import Readiness, is_starting, read_readiness
from testbed.orchestrators.kubernetes.users import ensure_administrator
from testbed.paths import DATA, KUBERNETES_USERS
from testbed.plan.kubernetes import control_plane
from testbed.plan.model import Plan

USERS = KUBERNETES_USERS
MANAGER = "testbed"  # the field manager of all that the testbed applies
LIMIT = 30.0  # seconds for one answer; a busy control plane may need them


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
    start: float = 60.0  # seconds that a server which was started anew may take


class KubernetesApi:
    """Objects by apiVersion, kind and name. Every call raises TestbedError on failure."""

    def __init__(self, client: KubeClient, polling: Polling = Polling()) -> None:
        self.client, self.polling = client, polling
        self._resources: dict[str, dict[str, tuple[str, bool]]] = {}

    def apply(self, document: KubeObject) -> None:
        """Make an object, or make it as `document` says (server-side apply, conflicts forced)."""
        path = f"{self._object_path(document)}?fieldManager={MANAGER}&force=true"
        self._expect_ok(self._ask("PATCH", path, document, APPLY_PATCH), document)

    def make_if_absent(self, document: KubeObject) -> None:
        """Make an object; one of that kind and name stays as somebody has made it."""
        if self.get(document) is None:
            self.apply(document)

    def preview(self, document: KubeObject) -> KubeObject:
        """The object as `apply` would leave it, as the server says; nothing is kept."""
        path = f"{self._object_path(document)}?fieldManager={MANAGER}&force=true&dryRun=All"
        return self._expect_ok(self._ask("PATCH", path, document, APPLY_PATCH), document)

    def dry_run(self, document: KubeObject) -> None:
        """Let the server judge an object by schemas, rules and admission; nothing is kept.

        Unknown fields are refused where the schema knows all fields. Raises UnknownKind too.
        """
        path = f"{self._object_path(document)}?fieldManager={MANAGER}&force=true"
        path += "&dryRun=All&fieldValidation=Strict"
        self._expect_ok(self._ask("PATCH", path, document, APPLY_PATCH), document)

    def delete(self, document: KubeObject) -> bool:
        """Remove the object of that kind and name; False if there was none."""
        body = {"propagationPolicy": "Background"}
        answer = self._ask("DELETE", self._object_path(document), body)
        return answer.status != HTTPStatus.NOT_FOUND and bool(self._expect_ok(answer, document))

    def get(self, document: KubeObject) -> KubeObject | None:
        """The object of that kind and name, or None."""
        answer = self._ask("GET", self._object_path(document))
        return None if answer.status == HTTPStatus.NOT_FOUND else self._expect_ok(answer, document)

    def all_of(self, version: str, kind: str) -> list[KubeObject]:
        """All objects of a kind, in all namespaces."""
        plural, _ = self._find_resource(version, kind)
        return self.items(f"{_group_path(version)}/{plural}")

    def list_cached(self, path: str) -> list[KubeObject]:
        """A list as the server has it at hand; what has just happened may be missing from it.

        For waiting: a server short of time answers items() with 504, as it would have to make sure
        first that nothing is missing.
        """
        return self.items(f"{path}?resourceVersion=0")

    def items(self, path: str) -> list[KubeObject]:
        """The objects of a list, e.g. /api/v1/nodes."""
        answer = self._ask("GET", path)
        if not answer.ok:
            raise Refused(answer.status, f"cannot list {path}", why=answer.message)
        return [dict(item) for item in answer.body.get("items") or []]

    def readiness(self) -> Readiness:
        """What the server says of itself. Raises Unreachable."""
        answer = self.client.request("GET", "/readyz?verbose")
        return read_readiness(answer.status, answer.text)

    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        content_type: str | None = None,
        unlikely: Collection[int] = (),
    ) -> Answer:
        """One request; a server that is only starting is asked again once it is ready.

        Until then it does not know its users' rights, nor all kinds of objects. `unlikely`: what
        else is believed of a ready server only. Raises Unreachable, CheckFailed.
        """
        answer = self.client.request(method, path, body, content_type)
        doubtful = (HTTPStatus.FORBIDDEN, *unlikely)
        if answer.status not in doubtful and not says_later(answer.status):
            return answer
        if not is_starting(self.readiness()):
            return answer
        wait_for(
            "the API server, which is starting",
            self._probe_started,
            self.polling.start,
            self.polling.interval,
            fix=self.client.fix,
        )
        return self.client.request(method, path, body, content_type)

    def _probe_started(self) -> tuple[bool | None, str]:
        found = self.readiness()
        return (None if is_starting(found) else True), found.said

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
                fix="is its CustomResourceDefinition applied? `testbed kubectl api-resources` "
                "lists all",
            ) from None

    def _kinds(self, version: str) -> list[KubeObject]:
        """What the server says of each kind; nothing of a group that it does not have."""
        answer = self._ask("GET", _group_path(version), unlikely=(HTTPStatus.NOT_FOUND,))
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


def client_in(
    netns: str, kubeconfig: Path, limit: float = LIMIT, node: str | None = None
) -> KubeClient:
    """A client of the API server of a kubeconfig, which is reached from the namespace `netns`.

    `limit`: seconds that one answer may take. `node`: where the server runs, if not in `netns`.
    """
    return KubeClient(
        reader(kubeconfig),
        dial=dial_in(netns),
        limits=Limits(limit, limit),
        name=MANAGER,
        fix=f"testbed status; testbed logs {node or netns}.kube-apiserver",
    )


def connect(plan: Plan, user: str = "admin") -> KubernetesApi:
    """The lab's API server, as its administrator; the caller is inside the lab.

    The administrator gets a new certificate before the old one ends: labs may stand for long.
    """
    if user == ADMIN.file and (USERS / f"{user}.conf").exists():
        ensure_administrator(USERS, plan, DATA / "keys", datetime.now(timezone.utc))
    node, slow = control_plane(plan).name, plan.slowness
    where = plan.vantage(node)
    polling = Polling(plan.provider_traits.pause, Polling.patience * slow, Polling.start * slow)
    return KubernetesApi(client_in(where, USERS / f"{user}.conf", LIMIT * slow, node), polling)
