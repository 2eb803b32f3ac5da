"""The one API client: what it makes of a server's answers, and how it keeps its connection."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from testbed.kube.client import KubeClient
from testbed.kube.errors import Refused, Unavailable, Unreachable
from testbed.kube.kubeconfig import Endpoint, reader
from testbed.orchestrators.kubernetes.api import KubernetesApi
from testbed.orchestrators.kubernetes.dry_run import judge

KINDS = {"resources": [{"kind": "ConfigMap", "name": "configmaps", "namespaced": True}]}
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"


@dataclass
class Server:
    """Answers every request in the same way."""

    status: int = 200
    payload: bytes = b"{}"
    closes: bool = False
    asked: list[str] = field(default_factory=list)
    body: bytes = b""  # of the last request
    dialled: int = 0

    def __post_init__(self) -> None:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.asked.append(self.path)
                server.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                kinds = self.path == "/api/v1"
                payload = json.dumps(KINDS).encode() if kinds else server.payload
                self.send_response(200 if kinds else server.status)
                self.send_header("Content-Length", str(len(payload)))
                if server.closes:
                    self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(payload)

            do_PATCH = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.client = KubeClient(self.endpoint, self.dial)
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def endpoint(self) -> Endpoint:
        return Endpoint("server.invalid", 80, None)  # only dial() knows the way

    def dial(self, address: tuple[str, int], timeout: float) -> socket.socket:
        assert address == ("server.invalid", 80)
        self.dialled += 1
        host, port = self.http.server_address[:2]
        return socket.create_connection((str(host), port), timeout)

    def stop(self) -> None:
        self.client.close()
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


def test_the_caller_opens_the_socket_and_it_is_kept(server: Server) -> None:
    server.client.call("GET", "/one")
    server.client.call("GET", "/two")
    assert server.dialled == 1 and server.asked == ["/one", "/two"]


def test_a_connection_that_the_server_ends_is_opened_again(server: Server) -> None:
    server.closes = True
    server.client.call("GET", "/one")
    server.client.call("GET", "/two")
    assert server.dialled == 2


def test_any_status_is_an_answer_to_a_request(server: Server) -> None:
    server.status, server.payload = 500, b"[-]etcd failed"
    answer = server.client.request("GET", "/readyz")
    assert (answer.status, answer.text, answer.ok) == (500, "[-]etcd failed", False)


def test_a_call_tells_refusals_from_servers_in_trouble(server: Server) -> None:
    server.status, server.payload = 409, b'{"message": "was there"}'
    with pytest.raises(Refused, match="refuses GET /x") as refused:
        server.client.call("GET", "/x?y=z")
    assert (refused.value.status, refused.value.why) == (409, "was there")
    server.status = 503
    with pytest.raises(Unavailable) as unavailable:
        server.client.call("GET", "/x")
    assert unavailable.value.why == "HTTP 503: was there"


def test_certificates_are_read_anew_after_a_401(server: Server) -> None:
    server.status = 401
    for _ in range(2):
        server.client.request("GET", "/x")
    assert server.dialled == 2


def test_an_answer_that_is_no_object_is_no_answer(server: Server) -> None:
    server.payload = b"<html>"
    with pytest.raises(Unreachable, match="not JSON"):
        server.client.call("GET", "/x")


def test_a_certificate_that_is_missing_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "admin.conf"
    with pytest.raises(Unreachable) as missing:
        KubeClient(reader(file)).call("GET", "/")
    assert missing.value.where == str(file)


def test_an_object_of_an_unknown_group_is_not_judged(server: Server) -> None:
    server.status, server.payload = 404, b"404 page not found"
    text = CONFIG_MAP.replace("v1", "example.org/v1")
    (verdict,) = judge(KubernetesApi(server.client), {"x.yaml": text})
    assert (verdict.state, server.asked) == (
        "unchecked",
        ["/apis/example.org/v1", "/readyz?verbose"],  # it may only be starting
    )
    server.status = 503
    with pytest.raises(Refused, match="kinds of apps/v1"):
        KubernetesApi(server.client).get({"apiVersion": "apps/v1", "kind": "X", "metadata": {}})


def test_a_dry_run_tells_refused_objects_from_an_absent_server(server: Server) -> None:
    api = KubernetesApi(server.client)
    server.status, server.payload = 500, b'{"message": "a webhook fails"}'
    (verdict,) = judge(api, {"x.yaml": CONFIG_MAP})
    assert (verdict.state, verdict.why) == ("refused", "a webhook fails")
    server.stop()
    with pytest.raises(Unreachable):
        judge(api, {"x.yaml": CONFIG_MAP})


def test_a_preview_asks_what_apply_asks_and_keeps_nothing(server: Server) -> None:
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
    api = KubernetesApi(server.client)
    server.payload = b'{"data": {"kept": "no"}}'
    assert api.preview(document) == {"data": {"kept": "no"}}
    api.apply(document)
    *_, previewed, applied = server.asked
    assert previewed == f"{applied}&dryRun=All"
    server.status, server.payload = 422, b'{"message": "no such field"}'
    with pytest.raises(Refused) as refused:
        api.preview(document)
    assert refused.value.why == "no such field"


def test_all_objects_of_a_kind_are_those_of_all_namespaces(server: Server) -> None:
    server.payload = b'{"items": [{"metadata": {"name": "x"}}]}'
    found = KubernetesApi(server.client).all_of("v1", "ConfigMap")
    assert found == [{"metadata": {"name": "x"}}]
    assert server.asked[-1] == "/api/v1/configmaps"


@pytest.mark.parametrize(
    "text", ["\U0001f600", "\\ud83d\\ude00", "\x7f\x85\u2028\ufeff\ufffe", "é", "\ud800"]
)
def test_what_is_applied_is_the_same_as_yaml_and_as_json(server: Server, text: str) -> None:
    """A server reads an apply patch as YAML, which has no surrogate pairs."""
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
    KubernetesApi(server.client).apply({**document, "data": {"text": text}})
    for read in (json.loads, YAML(typ="safe").load):
        assert read(server.body)["data"] == {"text": text}
