"""Requests to servers of scenarios, here on the loopback: answers, failures, waiting."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any, ClassVar

import pytest

from testbed.errors import CheckFailed
from testbed.observe import local_place
from testbed.scenario.clients import web
from testbed.scenario.clients.web import Answer, Origin, Requests, parse
from tests.paper_plan import paper_plan

SAID = {"pod": "web-1", "client": "[::ffff:172.16.0.1]", "version": "2"}


class Server(BaseHTTPRequestHandler):
    """Answers as the list in `plan` says, then always well."""

    plan: ClassVar[list[int]] = []

    def do_GET(self) -> None:
        status = self.plan.pop(0) if self.plan else 200
        body = json.dumps(SAID).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def origin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Origin]:
    monkeypatch.setattr(local_place, "in_netns", lambda _: nullcontext())
    Server.plan = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield Origin(paper_plan(), "pod-a", ip_address("127.0.0.1"), server.server_address[1])
    server.shutdown()
    server.server_close()


def test_an_answer(origin: Origin) -> None:
    assert origin.get() == Answer("web-1", ip_address("172.16.0.1"), "2")


@pytest.mark.parametrize("client", ["fd00::1", "[fd00::1]"])
def test_an_ipv6_client(client: str) -> None:
    assert parse(json.dumps({**SAID, "client": client}).encode()).client == ip_address("fd00::1")


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[]", b'{"pod": 1, "client": 3}'])
def test_somebody_else_answers(body: bytes) -> None:
    with pytest.raises(ValueError):
        parse(body)


def test_the_first_answer_is_waited_for(origin: Origin) -> None:
    Server.plan = [503, 503]
    assert origin.first_answer(10).pod == "web-1"


def test_no_answer_says_where_and_why(origin: Origin) -> None:
    Server.plan = [503]
    with pytest.raises(CheckFailed, match=r"a → http://127\.0\.0\.1") as caught:
        origin.first_answer(0)
    assert "HTTP 503" in str(caught.value.why)


def test_every_failure_counts(origin: Origin) -> None:
    Server.plan = [200, 200, 500, 200, 404]  # the first is the one that is waited for
    with Requests(origin, rate=500) as requests:
        requests.flowing(5)
    assert [f.rpartition(": ")[2] for f in requests.failures] == ["HTTP 500", "HTTP 404"]
    assert requests.sent == requests.answered + 2
    assert requests.versions == {"2": requests.answered}


def test_requests_refuse_to_begin_unanswered(origin: Origin, monkeypatch: Any) -> None:
    nobody = Origin(origin.plan, origin.netns, origin.address, 1)
    monkeypatch.setattr(web, "PATIENCE", 0.0)
    with pytest.raises(CheckFailed, match="an answer"), Requests(nobody):
        pass
