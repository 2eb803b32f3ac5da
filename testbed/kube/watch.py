"""One kind of object of the API server, listed and then watched; the last state if it is away."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from testbed.errors import TestbedError
from testbed.host.coalescing_worker import one_line
from testbed.host.wait import Backoff
from testbed.kube.api_wait import ApiWait, Line
from testbed.kube.backoff import SharedBackoff
from testbed.kube.client import KubeClient
from testbed.kube.documents import KubeObject
from testbed.kube.errors import Refused, Unreachable

log = logging.getLogger(__name__)
_LEASE = 30  # seconds after which the server ends a watch, and we start the next
_SILENCE = 40.0  # seconds without a word that a watch may last: more than its lease
_RETRY, _RETRY_MAX = 0.1, 3.0  # seconds between attempts
_RETRY_SOON = 0.4  # seconds at most between attempts of which one is enough for all, or cheap
_METADATA = ("name", "namespace", "uid", "labels", "creationTimestamp", "ownerReferences")
_GONE, _ABSENT = 410, 404


@dataclass(frozen=True)
class Resource:
    """A kind of object and where its list is.

    `optional`: its definition may not be there yet. `scout`: tries more often than the others.
    `whole`: its status and generation are read too. `keep`: what is read of it beside its metadata.
    """

    kind: str
    path: str
    optional: bool = False
    scout: bool = False
    whole: bool = False
    keep: Callable[[KubeObject], KubeObject] | None = None


class ResourceWatch(threading.Thread):
    """Keeps `documents`, by name, as they are in the API.

    `on_change` is called from this thread after every change of `documents` and `failure`.
    """

    def __init__(
        self,
        client: KubeClient,
        resource: Resource,
        on_change: Callable[[], None],
        shared: SharedBackoff,
        wait: ApiWait,
    ) -> None:
        super().__init__(name=f"watch-{resource.kind}", daemon=True)
        self.resource = resource
        self.documents: Mapping[str, KubeObject] = {}  # replaced, never changed
        self.listed = False
        self.failure: TestbedError | None = None
        self._client = client
        self._on_change, self._shared, self._wait = on_change, shared, wait
        self._backoff = Backoff(_RETRY, _RETRY_MAX)

    def run(self) -> None:
        """Work until the shared backoff ends; after any loss everything is listed again."""
        version: str | None = None
        before = self._shared.successes
        while not self._shared.wait(self._backoff.pause, before):
            if self._shared.successes != before:  # the server is back: no reason to wait long
                before = self._shared.successes
                self._backoff.succeeded()
            try:
                version = self._list() if version is None else version
                version = self._follow_events(version)
                self._backoff.succeeded()
            except Refused as error:
                version = None
                self._refused(error)
            except Unreachable as error:
                self._backoff.failed(_RETRY_SOON if self.resource.scout else _RETRY_MAX)
                if version is None:  # a watch may end so, a list must not
                    self._fail(error)
                version = None
        self._client.close()

    def _refused(self, error: Refused) -> None:
        absent = error.status == _ABSENT and self.resource.optional
        self._backoff.failed(_RETRY_SOON if absent or self.resource.scout else _RETRY_MAX)
        if error.status == _GONE:  # our version is too old to go on from: no failure
            return
        if absent:
            self._accept_documents({})
        else:
            self._fail(error)

    def _fail(self, error: TestbedError) -> None:
        _log(self._wait.failed(self.resource.kind, one_line(error), self._backoff.pause))
        self.failure = error
        self._on_change()

    def _list(self) -> str:
        """Everything, as it is now; returns the version to watch from."""
        answer = self._client.call("GET", self.resource.path)
        try:
            documents = [self._keep_read_fields(item) for item in answer["items"] or ()]
            version = str(answer["metadata"]["resourceVersion"])
        except (KeyError, TypeError, AttributeError) as error:
            raise Unreachable("API server gives no list", why=repr(error)) from None
        self._accept_documents({_name_of(d): d for d in documents})
        return version

    def _accept_documents(self, documents: Mapping[str, KubeObject]) -> None:
        if self.failure is not None:
            self._shared.succeeded()
        changed = not self.listed or self.failure is not None or documents != self.documents
        self.documents, self.listed, self.failure = documents, True, None
        _log(self._wait.succeeded(self.resource.kind))
        if changed:
            self._on_change()

    def _follow_events(self, version: str) -> str:
        """Take over events until the server ends the watch; returns the version to go on from."""
        options = {"watch": "1", "resourceVersion": version, "allowWatchBookmarks": "true",
                   "timeoutSeconds": str(_LEASE)}  # fmt: skip
        for event in self._client.watch(f"{self.resource.path}?{urlencode(options)}", _SILENCE):
            try:
                version = self._apply(event["type"], event["object"])
            except (KeyError, TypeError, AttributeError) as error:
                raise Unreachable("API server sends no event", why=repr(error)) from None
            self._backoff.succeeded()
        return version

    def _apply(self, kind: str, item: KubeObject) -> str:
        if kind == "ERROR":
            why = str(item.get("message"))
            raise Refused(int(item.get("code") or 0), "the watch ends", where="", why=why)
        if kind != "BOOKMARK":
            document = self._keep_read_fields(item)
            rest = {k: d for k, d in self.documents.items() if k != _name_of(document)}
            gone = kind == "DELETED"
            self._accept_documents(rest if gone else {**rest, _name_of(document): document})
        return str(item["metadata"]["resourceVersion"])

    def _keep_read_fields(self, item: KubeObject) -> KubeObject:
        """Only what is read: a heartbeat in an object's status is then no change."""
        if self.resource.whole:
            return {**item, "kind": self.resource.kind}
        metadata = {key: item["metadata"][key] for key in _METADATA if key in item["metadata"]}
        found: KubeObject = {"kind": self.resource.kind, "metadata": metadata}
        if self.resource.keep is not None:
            return {**found, **self.resource.keep(item)}
        found.update({key: item[key] for key in ("spec", "data") if key in item})
        addresses = (item.get("status") or {}).get("addresses")
        return {**found, "status": {"addresses": addresses}} if addresses else found


def _log(line: Line | None) -> None:
    if line is not None:
        log.log(*line)


def _name_of(document: KubeObject) -> str:
    """One namespace may have what another one has too."""
    metadata = document["metadata"]
    namespace = metadata.get("namespace")
    return f"{namespace}/{metadata['name']}" if namespace else str(metadata["name"])
