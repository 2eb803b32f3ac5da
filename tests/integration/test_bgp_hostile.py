"""No path that a peer sends ends gobgpd, or hides the good path that follows it."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Address, ip_network
from pathlib import Path

import pytest

from testbed.bgp import attributes, unicast
from testbed.bgp.client import GobgpClient
from testbed.bgp.errors import GobgpUnavailable
from testbed.bgp.model import BgpPeer, DesiredBgp, Family, ReceivedPath
from testbed.bgp.session import BgpDriver
from testbed.errors import TestbedError
from testbed.host.wait import wait_for
from testbed.srpolicy.bgp import codec
from testbed.srpolicy.model import Originator
from tests.integration.bgp_corpus import (
    BASIC,
    CORPUS,
    IPV4_HOP,
    SEGMENT_LISTS,
    SUB_TLVS,
    TUNNELS,
    body,
    ipv4,
)
from tests.integration.programs import GOBGPD, needs_gobgpd
from tests.integration.raw_speaker import Session

ASN, PATIENCE = 64512, 30.0
NODE, STRANGER = "127.90.1.1", "127.90.1.2"

pytestmark = needs_gobgpd


class Node:
    """gobgpd on a loopback address, our driver of it, and a stranger that it has a session with.

    `waits`: the node waits for the stranger, as an injector does and a node of a higher address.
    """

    def __init__(self, undo: contextlib.ExitStack, directory: Path, waits: bool) -> None:
        self._listener = undo.enter_context(socket.create_server((STRANGER, 0)))
        self._listener.settimeout(PATIENCE)
        self._port, self._waits = self._listener.getsockname()[1], waits
        self.log = directory / "gobgpd.log"
        command = [str(GOBGPD), "--api-hosts", f"unix://{directory}/sock", "--pprof-disable"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        undo.callback(self.process.wait)
        undo.callback(self.process.kill)
        self._undo, self._socket = undo, directory / "sock"
        peer = BgpPeer(STRANGER, ASN, NODE, passive=waits, port=self._port, restart_time=1)
        self._desired = DesiredBgp(ASN, NODE, frozenset({peer}), listen_addresses=(NODE,),
                                   listen_port=self._port)  # fmt: skip
        self.driver = self.drive()

    def drive(self) -> BgpDriver:
        """A new driver, as after a restart of the agent."""
        self.driver = BgpDriver(self._socket)
        self.driver.start()
        self._undo.callback(self.driver.stop)
        self.driver.set_desired(self._desired)
        return self.driver

    def session(self) -> Session:
        """An established session; a node that has just lost one may refuse for a moment."""
        while True:
            assert self.process.poll() is None, self.log.read_text()[:1500]
            try:
                return Session(self._connect(), ASN, STRANGER)
            except (ConnectionError, TimeoutError):
                self.until("ready for a session", lambda: self.state() != "ESTABLISHED")

    def _connect(self) -> socket.socket:
        if not self._waits:
            connection, _ = self._listener.accept()
        else:
            source = (STRANGER, 0)
            connection = socket.create_connection((NODE, self._port), 5, source_address=source)
        connection.settimeout(PATIENCE)
        return connection

    def state(self) -> str:
        peers = self.driver.status().peers
        return peers[0].state if peers else ""

    def until(self, what: str, condition: Callable[[], object]) -> None:
        if not self.driver.wait(lambda _: bool(condition()), PATIENCE):
            pytest.fail(f"never: {what}; {self.driver.status()} {self.log.read_text()[-3000:]}")

    def hears(self, prefix: str, session: Session, what: str) -> bool:
        """Wait until the prefix is there; False when the session has ended instead."""
        self.until(what, lambda: prefix in self.prefixes() or session.ended)
        return not session.ended

    def wait_mirrored(self, what: str) -> None:
        """Until the driver's paths are those that gobgpd lists."""

        def probe() -> tuple[bool | None, str]:
            with contextlib.closing(GobgpClient(self._socket)) as client:
                try:
                    listed = as_mapping(p for f in Family for p in client.list_paths(f, STRANGER))
                except GobgpUnavailable as error:  # a busy machine
                    return None, str(error)
            mirrored = as_mapping(self.driver.rib())
            return listed == mirrored or None, f"{mirrored}\n is not\n{listed}"

        wait_for(what, probe, timeout=PATIENCE)

    def prefixes(self) -> set[str]:
        routes, _ = unicast.decode_all(self.driver.rib())
        return {str(route.prefix) for route in routes}


def as_mapping(paths: Iterable[ReceivedPath]) -> dict[tuple[Family, bytes], list[bytes]]:
    """Attributes by NLRI, in an order of their own: gobgpd has another one than some peers."""
    return {(p.family, p.nlri): sorted(a.raw for a in attributes.split(p.attrs)) for p in paths}


CONNECTS = pytest.param(False, id="connects", marks=pytest.mark.night)  # a minute


@pytest.fixture(params=[pytest.param(True, id="waits"), CONNECTS])
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Node]:
    with contextlib.ExitStack() as undo:
        yield Node(undo, tmp_path, request.param)


def good(number: int) -> tuple[bytes, str]:
    """A plain route that no other message of these tests is about, as UPDATE and as prefix."""
    prefix = ip_network(f"10.200.{number}.0/24")
    return body(ipv4(BASIC + IPV4_HOP, unicast.encode_nlri(prefix))), str(prefix)


def decode_all(node: Node) -> None:
    """What the agent does with every path; only errors of ours may come of it."""
    for path in node.driver.rib():
        with contextlib.suppress(TestbedError):
            if path.family is Family.IPV6_SRPOLICY:
                codec.decode(path.nlri, path.attrs, Originator(ASN, IPv4Address(STRANGER)))


def test_no_path_of_a_peer_ends_gobgpd(node: Node) -> None:
    """One session for as long as the node keeps it up, and after each bad path a good one."""
    with contextlib.ExitStack() as last:
        session = last.enter_context(node.session())
        for number, (name, update) in enumerate(CORPUS.items()):
            fence, prefix = good(number)
            session.update(body(update))
            session.update(fence)
            if not node.hears(prefix, session, f"anything after {name}"):
                last.close()
                session = last.enter_context(node.session())  # it refused the peer, not all peers
                session.update(fence)
                assert node.hears(prefix, session, f"the good path after {name}")
            assert node.process.poll() is None, f"{name}: {node.log.read_text()[:1500]}"
            node.wait_mirrored(f"what gobgpd has, after {name}")
            decode_all(node)


def test_a_driver_that_starts_reads_odd_paths_that_are_there(node: Node) -> None:
    with node.session() as session:
        for update in (SEGMENT_LISTS | SUB_TLVS | TUNNELS).values():
            session.update(body(update))
        fence, prefix = good(0)
        session.update(fence)
        assert node.hears(prefix, session, "the last path")
        paths = len(node.driver.rib())
        assert paths > 40
        node.driver.stop()
        node.drive()
        node.until("all paths again", lambda: len(node.driver.rib()) == paths)
        fence, prefix = good(1)
        session.update(fence)
        assert node.hears(prefix, session, "a path after that")
    assert node.process.poll() is None, node.log.read_text()[:1500]
