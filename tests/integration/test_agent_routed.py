"""Pools without encapsulation: real agents and gobgpd, and the bgpd of a router that listens."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.host import frr
from testbed.host.wait import wait_for
from testbed.render.environment import render
from tests.documents import Document
from tests.integration.agent_lab import COMMUNITY, MTU, Lab, ip
from tests.integration.programs import GOBGPD, needs_gobgpd

pytestmark = [pytest.mark.root, needs_gobgpd]
NODES = ("w1", "w2")
CIDRS = {4: "172.21.0.0/16", 6: "fdfb:af47:32b1::/48"}


class RouterLab(Lab):
    """A Lab whose router runs zebra and bgpd, as an edge router of the testbed does."""

    def start_router(self, place: Path) -> None:
        nodes = [{"name": f"w{n}", "v6": f"fd{n}::2", "v4": f"192.168.{n}.2"} for n in (1, 2)]
        (place / "zebra.conf").write_text(render("frr/zebra.conf.j2", router={"name": "r"}))
        bgpd = render(
            "frr/bgpd.conf.j2",
            plan={"asn": 64512},
            router={"name": "r"},
            router_id="192.0.2.1",
            community=COMMUNITY,
            nodes=nodes,
        )
        (place / "bgpd.conf").write_text(bgpd)
        for daemon in frr.installed():
            # mgmtd would have its sockets where the machine's own has them
            if daemon.has_file and daemon.name not in ("bfdd", "isisd"):
                self._start_daemon(place, daemon)

    def _start_daemon(self, place: Path, daemon: frr.Daemon) -> None:
        name = daemon.name
        file = ("-f", str(place / f"{name}.conf")) if daemon.has_file else ()
        options = ("-z", str(place / "zserv.api"), "--vty_socket", str(place), "--log", "stdout")
        pid = ("-i", str(place / f"{name}.pid"))
        self._start(f"r.{name}", "r", str(daemon.program), *file, *options, *pid)
        socket = place / daemon.socket
        wait_for(f"{socket}", lambda: (socket.exists() or None, "it is not there"), timeout=30.0)

    def bgp_routes(self) -> dict[str, str]:
        """The router's routes by BGP: prefix → interface."""
        listed = [
            entry
            for family in ("-4", "-6")
            for entry in json.loads(
                ip("-n", self.ns("r"), "-j", family, "route", "show", "proto", "bgp")
            )
        ]
        return {entry["dst"]: entry["dev"] for entry in listed}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RouterLab]:
    assert GOBGPD is not None
    place = Path(tempfile.mkdtemp(prefix="frr"))  # FRR's user cannot enter root's
    lab = RouterLab(tmp_path_factory.mktemp("lab"), GOBGPD)
    try:
        shutil.chown(place, "frr", "frr")
        with lab.running(lambda status: _ways(status) == {"segments": 2}):
            lab.start_router(place)
            yield lab
    finally:
        shutil.rmtree(place)


def _ways(status: Document) -> dict[str, int]:
    """How many remote prefixes are reached in which way; empty unless all is well."""
    if not status["ready"] or status["problems"]:
        return {}
    vias = [p["via"] for p in status["prefixes"] if p["via"] != "local"]
    return {via: vias.count(via) for via in vias}


@pytest.fixture
def pools(lab: RouterLab) -> Iterator[None]:
    """Routed pools, from which new pods take both addresses, beside a pod of the others."""
    lab.pod("w1", "steered")
    planned = (lab.api / "pools.yaml").read_text()
    disabled = planned.replace("natOutgoing: true", "natOutgoing: true, disabled: true")
    lab.put("pools.yaml", disabled.replace('32af::/48"', '32af::/48", disabled: true'))
    items = [
        {"kind": "IPPool", "metadata": {"name": f"r{family}"},
         "spec": {"cidr": cidr, "encapsulation": "None"}}
        for family, cidr in CIDRS.items()
    ]  # fmt: skip
    lab.put("routed.json", json.dumps({"kind": "List", "items": items}))
    try:
        for name in NODES:
            lab.wait(name, f"the routed pools on {name}", lambda s: _ways(s).get("routed") == 2)
        _wait_routes(lab, _blocks(lab, "w1") | _blocks(lab, "w2"))
        yield
    finally:
        (lab.api / "routed.json").unlink()
        lab.put("pools.yaml", planned)
        lab.cni("DEL", "w1", "steered")
        ip("netns", "del", lab.ns("steered"))
        lab.namespaces.remove("steered")
    for name in NODES:
        lab.wait(name, f"the end of the routed pools on {name}", lambda s: "routed" not in _ways(s))
    _wait_routes(lab, set())


def _wait_routes(lab: RouterLab, wanted: set[str]) -> dict[str, str]:
    def probe() -> tuple[dict[str, str] | None, str]:
        found = lab.bgp_routes()
        return (found if set(found) == wanted else None), f"{found}, not {wanted}"

    return wait_for("the router's routes by BGP", probe, timeout=30.0)


def _blocks(lab: RouterLab, name: str) -> set[str]:
    """The node's blocks of routed pools."""
    starts = tuple(cidr.split("0.0/")[0].split("::/")[0] for cidr in CIDRS.values())
    return {block for block in lab.status(name)["blocks"] if block.startswith(starts)}


@pytest.mark.usefixtures("pools")
def test_the_router_has_the_blocks_of_routed_pools_alone(lab: RouterLab) -> None:
    wanted = {block: f"r-{name}" for name in NODES for block in _blocks(lab, name)}
    assert len(wanted) == 4
    assert _wait_routes(lab, set(wanted)) == wanted
    sessions = {s["peer"]: s["state"] for s in lab.status("w1")["sessions"]}
    assert sessions["r"] == "Established"
    for name in NODES:
        routes = lab.routes(name)
        assert f"via fd{name[1]}::1" in routes and f"via 192.168.{name[1]}.1" in routes


@pytest.mark.usefixtures("pools")
def test_pods_of_both_kinds_of_pools_talk_and_a_router_to_them(lab: RouterLab) -> None:
    lab.pod("w1", "routed1")
    other = lab.pod("w2", "routed2")
    try:
        for family, address in other.items():
            head = {4: 20, 6: 40}[family] + 8
            size = str(MTU - 96 - head)
            assert lab.ping("routed1", address, "-M", "do", "-s", size).returncode == 0
            assert lab.ping("r", address).returncode == 0, "the router has a route to the pod"
            assert lab.ping("steered", address).returncode == 0  # native, and back by SRv6
    finally:
        for name, pod in zip(NODES, ("routed1", "routed2"), strict=True):
            lab.cni("DEL", name, pod)


@pytest.mark.usefixtures("pools")
def test_a_killed_gobgpd_costs_no_route_and_a_dead_link_does(lab: RouterLab) -> None:
    wanted = _blocks(lab, "w1") | _blocks(lab, "w2")
    _wait_routes(lab, wanted)
    monitor = subprocess.Popen(
        ["ip", "-n", lab.ns("r"), "monitor", "route"], stdout=subprocess.PIPE, text=True
    )
    try:
        lab.stop("w1.gobgpd", signal.SIGKILL)
        lab.start_gobgpd("w1")
        lab.wait("w1", "the sessions of w1", _all_established)
    finally:
        monitor.terminate()
    said, _ = monitor.communicate()
    assert "Deleted" not in said
    assert set(lab.bgp_routes()) == wanted
    ip("-n", lab.ns("r"), "link", "set", "r-w1", "down")
    try:
        _wait_routes(lab, _blocks(lab, "w2"))
    finally:
        _up_again(lab)
    _wait_routes(lab, wanted)


def _all_established(status: Document) -> bool:
    sessions = status["sessions"]
    return len(sessions) == 2 and all(s["state"] == "Established" for s in sessions)


def _up_again(lab: RouterLab) -> None:
    """The kernel forgets IPv6 addresses, and what leads to them, of a link that goes down."""
    router = lab.ns("r")
    ip("-n", router, "link", "set", "r-w1", "up")
    ip("-n", router, "address", "replace", "fd1::1/64", "dev", "r-w1", "nodad")
    ip("-n", router, "route", "replace", "fcdd:0:0:1::/64", "via", "fd1::2")
