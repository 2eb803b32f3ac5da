"""Pods' traffic while gobgpd falls, and while a peer sends whatever can be sent."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import subprocess
from collections.abc import Iterator

import pytest

from tests.documents import Document
from tests.integration.agent_lab import Lab
from tests.integration.bgp_corpus import CORPUS, body
from tests.integration.programs import GOBGPD, needs_gobgpd
from tests.integration.raw_speaker import Session, within
from tests.integration.test_agent import complete
from tests.integration.test_bgp_hostile import good

pytestmark = [pytest.mark.root, needs_gobgpd]
PODS: dict[str, dict[int, str]] = {}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    assert GOBGPD is not None
    with Lab(tmp_path_factory.mktemp("lab"), GOBGPD).running(complete) as lab:
        PODS["p1"], PODS["p2"] = lab.pod("w1", "p1"), lab.pod("w2", "p2")
        yield lab


@contextlib.contextmanager
def no_packet_lost(lab: Lab, family: int) -> Iterator[None]:
    """500 packets per second from pod to pod and back, for as long as the block runs."""
    enter = ["nsenter", f"--net=/run/netns/{lab.ns('p1')}", "--"]
    stream = subprocess.Popen(
        [*enter, "ping", "-q", "-i", "0.002", PODS["p2"][family]], stdout=subprocess.PIPE
    )
    try:
        yield
    finally:
        stream.send_signal(signal.SIGINT)
        out, _ = stream.communicate(timeout=60)
    counts = re.search(rb"(\d+) packets transmitted, (\d+) received", out)
    assert counts, out
    sent, received = (int(count) for count in counts.groups())
    assert sent == received > 0, out.decode()


@pytest.mark.parametrize("fallen", ["w1", "w2"])
@pytest.mark.parametrize("family", [4, 6])
def test_the_fall_of_a_gobgpd_loses_no_packet(lab: Lab, fallen: str, family: int) -> None:
    before = lab.routes("w1"), lab.routes("w2")
    with no_packet_lost(lab, family):
        lab.stop(f"{fallen}.gobgpd", signal.SIGKILL)
        lab.wait(fallen, "the loss of gobgpd", lambda s: not s["ready"])
        assert (lab.routes("w1"), lab.routes("w2")) == before
        lab.start_gobgpd(fallen)
        for name in ("w1", "w2"):
            lab.wait(name, "sessions again", up)
    assert (lab.routes("w1"), lab.routes("w2")) == before


def up(status: Document) -> bool:
    """Complete, and not only because nothing was forgotten."""
    sessions = status["sessions"]
    return complete(status) and all(s["state"] == "Established" for s in sessions)


def test_what_a_dead_peer_announced_goes_after_the_restart_time(lab: Lab) -> None:
    lab.stop("w2.agent", signal.SIGKILL)
    lab.stop("w2.gobgpd", signal.SIGKILL)
    lab.wait("w1", "no way to w2", lambda s: all(p["via"] == "local" for p in s["prefixes"]))
    lab.start_gobgpd("w2")
    lab.start_agent("w2")
    for name in ("w1", "w2"):
        lab.wait(name, "the overlay again", up)


def test_a_hostile_injector_harms_no_traffic(lab: Lab) -> None:
    gobgpd = lab.processes["w1.gobgpd"]
    before = lab.routes("w1")
    listener = within(lab.ns("r"), lambda: socket.create_server(
        ("fd1::1", 179), family=socket.AF_INET6))  # fmt: skip
    listener.settimeout(30)
    spec = {"peerIP": "fd1::1", "node": "w1"}
    lab.put("peer.json", json.dumps({"kind": "BGPPeer", "metadata": {"name": "x"}, "spec": spec}))
    with listener, no_packet_lost(lab, 4), contextlib.ExitStack() as last:
        session = last.enter_context(session_with_w1(listener))
        for number, (name, update) in enumerate(CORPUS.items()):
            fence, prefix = good(number)
            session.update(body(update))
            if not heard(lab, session, fence, prefix, f"anything after {name}"):
                last.close()
                session = last.enter_context(session_with_w1(listener))
                assert heard(lab, session, fence, prefix, f"the good path after {name}")
            assert gobgpd.poll() is None, name
    (lab.api / "peer.json").unlink()
    lab.wait("w1", "the overlay without the injector", up)
    assert lab.routes("w1") == before


def heard(lab: Lab, session: Session, fence: bytes, prefix: str, what: str) -> bool:
    """Send a good path and wait until the agent speaks of it; False when the session ended."""
    session.update(fence)
    lab.wait("w1", what, lambda s: prefix in str(s["problems"]) or session.ended)
    return not session.ended


def session_with_w1(listener: socket.socket) -> Session:
    while True:
        connection, _ = listener.accept()
        connection.settimeout(30)
        with contextlib.suppress(ConnectionError, TimeoutError):
            return Session(connection, 64512, "192.168.1.1")
