"""As much of an API server as an agent sees, on loopback, with faults at command."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

CALICO = "/apis/crd.projectcalico.org/v1"
LISTS = (
    "/api/v1/nodes",
    "/api/v1/namespaces/calico-vpp-dataplane/configmaps",
    "/api/v1/namespaces/calico-vpp-dataplane/events",
    "/api/v1/namespaces/default/events",
    "/api/v1/namespaces/team/pods",
    "/api/v1/namespaces",
    "/api/v1/pods",
    "/apis/networking.k8s.io/v1/networkpolicies",
    *(f"{CALICO}/{kind}" for kind in ("ippools", "bgppeers", "bgpconfigurations")),
    f"{CALICO}/blockaffinities",
    "/apis/srv6.testbed.invalid/v1alpha1/srv6nodestatuses",
    "/apis/srv6.testbed.invalid/v1alpha1/intents",
)


class FakeKubeApi:
    """Objects by list and name. `absent` lists answer 404, `refuse` maps a list to a status."""

    def __init__(self, directory: Path) -> None:
        self.objects: dict[str, dict[str, dict[str, Any]]] = {path: {} for path in LISTS}
        self.absent: set[str] = set()
        self.refuse: dict[str, int] = {}
        self.hang = False
        self.requests: list[tuple[str, str]] = []
        self.changed = threading.Condition()
        self.oldest = 0  # versions before this are compacted: watching from there is Gone
        self.bookmarks = 0
        self._version = 100
        self._events: list[tuple[int, str, str, dict[str, Any]]] = []
        self._sockets: set[socket.socket] = set()
        self._cuts = 0
        self._port = 0
        self.start()
        self.config = directory / "agent.conf"
        context = {"cluster": "c", "user": "u"}
        self.config.write_text(json.dumps({
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{self._port}"}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "x", "context": context}], "current-context": "x",
        }))  # fmt: skip

    def start(self) -> None:
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = _Server(("127.0.0.1", self._port), handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.cut()

    def cut(self) -> None:
        """Every connection ends in the middle of whatever it was."""
        with self.changed:
            self._cuts += 1
            for one in list(self._sockets):
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            self.changed.notify_all()

    def bookmark(self) -> None:
        """Every watch hears of the present version."""
        with self.changed:
            self.bookmarks += 1
            self.changed.notify_all()

    def count(self, method: str, path: str) -> int:
        return sum(1 for m, p in self.requests if m == method and p.startswith(path))

    def put(self, path: str, name: str, **rest: Any) -> dict[str, Any]:
        """Make or replace an object."""
        with self.changed:
            known = self.objects[path].get(name)
            metadata = {"uid": f"uid-{self._version}", **(known or {}).get("metadata", {})}
            metadata |= {"name": name, **rest.pop("metadata", {})}
            return self._store(path, {**rest, "metadata": metadata}, new=known is None)

    def drop(self, path: str, name: str) -> None:
        with self.changed:
            self._version += 1
            gone = self.objects[path].pop(name)
            gone["metadata"]["resourceVersion"] = str(self._version)
            self._tell(path, "DELETED", gone)

    def _store(self, path: str, item: dict[str, Any], new: bool) -> dict[str, Any]:
        self._version += 1
        item["metadata"]["resourceVersion"] = str(self._version)
        self.objects[path][item["metadata"]["name"]] = item
        self._tell(path, "ADDED" if new else "MODIFIED", json.loads(json.dumps(item)))
        return item

    def _tell(self, path: str, kind: str, item: dict[str, Any]) -> None:
        self._events.append((self._version, path, kind, item))
        self.changed.notify_all()

    def events_after(self, version: int, path: str) -> list[tuple[int, str, dict[str, Any]]]:
        return [(v, kind, item) for v, p, kind, item in self._events if p == path and v > version]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def handle_error(self, *_: Any) -> None:
        """Connections that a test cuts are no news."""


class _Handler(BaseHTTPRequestHandler):
    api: FakeKubeApi
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.api._sockets.add(self.connection)

    def finish(self) -> None:
        self.api._sockets.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def _serve(self) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        options = {key: values[0] for key, values in parse_qs(url.query).items()}
        path = next((p for p in LISTS if url.path == p or url.path.startswith(p + "/")), None)
        with self.api.changed:
            watching = "watch" in options
            self.api.requests.append(("WATCH" if watching else self.command, url.path))
            self.api.changed.notify_all()
            if self.api.hang:
                self.api.changed.wait_for(lambda: not self.api.hang)
                return None
            if path is None or path in self.api.absent:
                return self._answer(404, {"message": "the server could not find this resource"})
            if path in self.api.refuse:
                return self._answer(self.api.refuse[path], {"message": "not now"})
            if not watching:
                tail = url.path[len(path) + 1 :]
                return self._answer(*self._do(path, tail.removesuffix("/status"), body))
        return self._watch(path, int(options["resourceVersion"]))

    def _do(self, path: str, name: str, body: Any) -> tuple[int, dict[str, Any]]:
        known = self.api.objects[path]
        if self.command == "GET" and not name:
            version = {"resourceVersion": str(self.api._version)}
            return 200, {"metadata": version, "items": list(known.values())}
        if self.command == "POST":
            name = body["metadata"]["name"]
            if name in known:
                return 409, {"message": f"{name} already exists"}
            return 201, self.api.put(path, **{**body, "name": name})
        if name not in known:
            return 404, {"message": f"{name} not found"}
        if self.command == "DELETE":
            if body["preconditions"]["uid"] != known[name]["metadata"]["uid"]:
                return 409, {"message": "another uid"}
            self.api.drop(path, name)
        elif self.command == "PUT":
            return 200, self.api._store(path, body, new=False)
        elif self.command == "PATCH":
            return 200, self.api._store(path, _merged(known[name], body), new=False)
        return 200, known.get(name, {})

    def _watch(self, path: str, version: int) -> None:
        api = self.api
        with api.changed:
            if version < api.oldest:
                return self._answer(410, {"message": "too old resource version"})
            cuts, bookmarks = api._cuts, api.bookmarks
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            with api.changed:
                api.changed.wait_for(
                    lambda v=version, b=bookmarks: (
                        api.events_after(v, path)  # type: ignore[misc]
                        or api._cuts != cuts
                        or api.bookmarks != b
                    )
                )
                if api._cuts != cuts:
                    return None
                found = api.events_after(version, path)
                if not found and api.bookmarks != bookmarks:
                    item = {"metadata": {"resourceVersion": str(api._version)}}
                    found = [(api._version, "BOOKMARK", item)]
                bookmarks = api.bookmarks
            for number, kind, item in found:
                version = number
                self._chunk({"type": kind, "object": item})

    def _chunk(self, event: dict[str, Any]) -> None:
        line = json.dumps(event).encode() + b"\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _merged(item: Any, change: Any) -> Any:
    """RFC 7386."""
    if not isinstance(change, dict):
        return change
    found = dict(item) if isinstance(item, dict) else {}
    for key, value in change.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = _merged(found.get(key), value)
    return found
