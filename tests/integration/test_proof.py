"""Proof of path on a chain of the test's own: p1 - n1 - r1 - r2 - n2 - p2, encapsulation by hand.

p1 and p2 are pods on the cluster nodes n1 and n2. No daemon runs here.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from ipaddress import IPv6Address, IPv6Network, ip_address
from pathlib import Path

import pytest

from testbed.errors import CheckFailed, TestbedError
from testbed.observe.capture import Capture
from testbed.observe.local_place import LocalPlace
from testbed.observe.tag import Run
from testbed.plan.model import Plan
from testbed.prove import proof as proof_module
from testbed.prove.expectation import BestEffort, Expectation, NotRouted, Plain, via
from testbed.prove.proof import Endpoint, Proof, prove_path
from tests.blind_capture import blind_in
from tests.paper_plan import access, backbone_link, cluster_node, router

pytestmark = [
    pytest.mark.root,
    pytest.mark.usefixtures("chain"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for network namespaces"),
]

UNIQUE = f"tbproof{os.getpid()}-"
EGRESS4, EGRESS6 = IPv6Address("fcdd:0:0:2::4"), IPv6Address("fcdd:0:0:2::6")
R1_R2 = IPv6Address("5f00:0:1:e001::")  # r1's End.X SID
BACKBONE = backbone_link(1, 1, 2)
PLAN = Plan(
    topology="chain",
    nodes=(
        router(1),
        router(2),
        cluster_node("n1", 0, "1", "fcdd:0:0:1::4", "fcdd:0:0:1::6"),
        cluster_node("n2", 1, "2", str(EGRESS4), str(EGRESS6)),
    ),
    links=(
        BACKBONE.model_copy(update={"a": BACKBONE.a.model_copy(update={"end_x": R1_R2})}),
        access("r1", "n1", ("fd11::1020/64", "fd11::1000/64")),
        access("r2", "n2", ("fd12::1020/64", "fd12::1000/64")),
    ),
)
PAIRS = [("r1", "r1-r2", "r2", "r2-r1"), ("r1", "r1-n1", "n1", "n1-r1"),
         ("r2", "r2-n2", "n2", "n2-r2"), ("p1", "eth0", "n1", "veth1"),
         ("p2", "eth0", "n2", "veth2")]  # fmt: skip
ADDRESSES = {
    "r1": {"r1-r2": "fcf0:0:1:2::1/64", "r1-n1": "fd11::1020/64", "lo": "fcff:1::1/128"},
    "r2": {"r2-r1": "fcf0:0:1:2::2/64", "r2-n2": "fd12::1020/64", "lo": "fcff:2::1/128"},
    "n1": {"n1-r1": "fd11::1000/64", "veth1": "169.254.1.1/32"},
    "n2": {"n2-r2": "fd12::1000/64", "veth2": "169.254.1.1/32"},
    "p1": {"eth0": "172.16.0.1/32"},
    "p2": {"eth0": "172.16.1.1/32"},
}
POD6 = {"p1": "fdfb::1:1", "p2": "fdfb::2:1"}
ROUTES = {
    "r1": ["fcff:2::1/128 via fcf0:0:1:2::2", "fd12::/64 via fcf0:0:1:2::2",
           "fcdd:0:0:2::/64 via fcf0:0:1:2::2",
           f"{R1_R2} encap seg6local action End.X nh6 fcf0:0:1:2::2 dev r1-r2"],
    "r2": ["fcff:1::1/128 via fcf0:0:1:2::1", "fd11::/64 via fcf0:0:1:2::1",
           "fcdd:0:0:2::/64 via fd12::1000"],
    "n1": ["default via fd11::1020", "172.16.0.1/32 dev veth1", "fdfb::1:1 dev veth1"],
    "n2": ["default via fd12::1020", "172.16.1.1/32 dev veth2", "fdfb::2:1 dev veth2",
           f"{EGRESS4} encap seg6local action End.DX4 nh4 0.0.0.0 dev veth2",
           f"{EGRESS6} encap seg6local action End.DT6 table 254 dev veth2"],
    "p1": ["169.254.1.1/32 dev eth0 scope link", "default via 169.254.1.1"],
    "p2": ["169.254.1.1/32 dev eth0 scope link", "default via 169.254.1.1"],
}  # fmt: skip


def ns(name: str) -> str:
    return UNIQUE + name


def path_of(name: str) -> Path:
    return Path("/run/netns") / ns(name)


def place_of(name: str) -> LocalPlace:
    return LocalPlace(str(path_of(name)))


def ip(name: str, *lines: str) -> None:
    for line in lines:
        subprocess.run(["ip", "-n", ns(name), *line.split()], check=True)


def sysctl(name: str, key: str, value: str) -> None:
    command = ["nsenter", f"--net={path_of(name)}", "sysctl", "-qw", f"{key}={value}"]
    subprocess.run(command, check=True)


def steer(segments: list[IPv6Address | str]) -> None:
    """n1's routes to p2, over waypoints and the egress SID; none: plain routing."""
    waypoints = [str(s) for s in segments]
    for destination, sid in (("172.16.1.1/32", EGRESS4), ("fdfb::2:1/128", EGRESS6)):
        mode = "encap" if waypoints else "encap.red"
        listed = ",".join([*waypoints, str(sid)])
        ip("n1", f"route replace {destination} encap seg6 mode {mode} segs {listed} dev n1-r1")


@pytest.fixture(scope="module")
def chain() -> Iterator[None]:
    try:
        _build()
        yield
    finally:
        for name in ADDRESSES:
            subprocess.run(["ip", "netns", "delete", ns(name)], check=False)


def _build() -> None:
    for name in ADDRESSES:
        subprocess.run(["ip", "netns", "add", ns(name)], check=True)
        for key in ("accept_dad=0", "seg6_enabled=1", "forwarding=1"):
            for scope in ("all", "default"):
                sysctl(name, f"net.ipv6.conf.{scope}.{key.split('=')[0]}", key[-1])
        sysctl(name, "net.ipv4.ip_forward", "1")
        sysctl(name, "net.ipv4.conf.all.rp_filter", "0")
        sysctl(name, "net.ipv4.conf.default.rp_filter", "0")
        ip(name, "link set dev lo up")
    for a, a_if, b, b_if in PAIRS:
        ip(a, f"link add dev {a_if} type veth peer name {b_if} netns {ns(b)}")
        ip(a, f"link set dev {a_if} up")
        ip(b, f"link set dev {b_if} up")
    for name, interfaces in ADDRESSES.items():
        for interface, address in interfaces.items():
            ip(name, f"addr add {address} dev {interface}")
    for pod, host, interface, gateway in (
        ("p1", "n1", "veth1", "fe80::11"),
        ("p2", "n2", "veth2", "fe80::12"),
    ):
        ip(host, f"addr add {gateway}/64 dev {interface} nodad")
        ip(pod, f"addr add {POD6[pod]}/128 dev eth0")
        ip(pod, f"-6 route add default via {gateway} dev eth0")
    for name, routes in ROUTES.items():
        for route in routes:
            family = "-6" if ":" in route else "-4"
            ip(name, f"{family} route add {route}")


def prove(family: int, expectation: Expectation, timeout: float = 3.0) -> Proof:
    addresses = {p: ADDRESSES[p]["eth0"].split("/")[0] if family == 4 else POD6[p] for p in POD6}
    return prove_path(
        PLAN,
        Endpoint("p1", ip_address(addresses["p1"]), pod_on="n1"),
        Endpoint("p2", ip_address(addresses["p2"]), pod_on="n2"),
        expectation,
        place_of=place_of,
        timeout=timeout,
    )


FAMILIES = pytest.mark.parametrize(("family", "egress"), [(4, EGRESS4), (6, EGRESS6)])
WAY = ("p1", "n1", "r1", "r2", "n2", "p2")


@FAMILIES
def test_best_effort_has_no_srh(family: int, egress: IPv6Address) -> None:
    steer([])
    proof = prove(family, BestEffort(IPv6Network(egress)))
    assert proof.passed, proof.summary
    assert {t.nodes for t in proof.traces} == {WAY}
    head, tail = proof.traces[0].head_end, proof.traces[0].tail_end
    assert head is not None and head.node == "n1"
    assert tail is not None and tail.node == "n2"


@FAMILIES
def test_two_waypoints(family: int, egress: IPv6Address) -> None:
    steer(["fcff:1::1", "fcff:2::1"])
    proof = prove(family, via(PLAN, ["r1", "r2", egress], "n2"))
    assert proof.passed, proof.summary
    assert {t.nodes for t in proof.traces} == {WAY}
    assert prove(family, via(PLAN, ["r1", "r2"], "n2")).passed


@FAMILIES
def test_consecutive_segments_of_one_node(family: int, egress: IPv6Address) -> None:
    """Of r1 its loopback and an interface; of n2 its address, and the SID that takes out."""
    steer(["fcff:1::1", "fcf0:0:1:2::1", "fd12::1000"])
    listed = [IPv6Address("fcf0:0:1:2::1"), IPv6Address("fd12::1000"), egress]
    proof = prove(family, via(PLAN, ["r1", *listed], "n2"))
    assert proof.passed, proof.summary
    assert {t.nodes for t in proof.traces} == {WAY}
    assert not prove(family, via(PLAN, ["r1", "r2", egress], "n2")).passed


@FAMILIES
def test_an_adjacency(family: int, egress: IPv6Address) -> None:
    """The kernel rewrites the SRH in place: the link before shall show it as it was there."""
    steer([R1_R2])
    proof = prove(family, via(PLAN, ["r1-r2", egress], "n2"))
    assert proof.passed, proof.summary
    assert {t.nodes for t in proof.traces} == {WAY}
    assert not prove(family, via(PLAN, ["r1", egress], "n2")).passed


def test_probes_longer_than_a_slot_of_the_ring_are_captured() -> None:
    run, place = Run(), place_of("r1")
    with Capture({"r1": place}, only=run) as capture:
        tags, error = place.send_probes(ip_address("fcff:2::1"), run, 20, size=1400)
        assert error is None
        frames = capture.read(lambda found: len(found) >= 20, timeout=3)
    assert [frame.data[-16:] for frame in frames] == tags
    assert {(len(frame.data), frame.interface, frame.outgoing) for frame in frames} == {
        (14 + 40 + 8 + 1400, "r1-r2", True)
    }


@FAMILIES
def test_wrong_expectations_fail(family: int, egress: IPv6Address) -> None:
    steer(["fcff:2::1"])
    for wrong in (via(PLAN, ["r1"], "n2"), via(PLAN, ["r1", "r2"], "n2")):
        proof = prove(family, wrong)
        assert not proof.passed
        assert "n1 sends it over segments fcff:2::1" in proof.summary
    assert not prove(family, BestEffort(IPv6Network(egress))).passed
    assert not prove(family, Plain()).passed


def test_crossing_a_router_proves_nothing() -> None:
    steer([])
    proof = prove(4, via(PLAN, ["r1", "r2"], "n2"))
    assert "r2" in proof.traces[0].nodes
    assert not proof.passed
    assert "no SRH" in proof.summary


def test_a_waypoint_that_ignores_segments_drops() -> None:
    steer(["fcff:2::1"])
    sysctl("r2", "net.ipv6.conf.r2-r1.seg6_enabled", "0")
    try:
        proof = prove(6, via(PLAN, ["r2"], "n2"), timeout=0.5)
    finally:
        sysctl("r2", "net.ipv6.conf.r2-r1.seg6_enabled", "1")
    assert not proof.passed
    assert "lost in r2" in proof.summary


def test_plain_between_routers() -> None:
    proof = prove_path(
        PLAN,
        Endpoint("r1", ip_address("fcff:1::1")),
        Endpoint("r2", ip_address("fcff:2::1")),
        Plain(),
        place_of=place_of,
    )
    assert proof.passed, proof.summary
    assert proof.traces[0].nodes == ("r1", "r2")


def test_no_route_is_said() -> None:
    proof = prove_path(
        PLAN,
        Endpoint("r1", ip_address("fcff:1::1")),
        Endpoint("n2", ip_address("2001:db8::1")),
        Plain(),
        place_of=place_of,
    )
    assert not proof.passed
    assert "r1 cannot send: Network is unreachable" in proof.summary


def test_not_routed_by_design_sends_nothing() -> None:
    proof = prove(4, NotRouted("pods are not in IS-IS"))
    assert proof.passed and not proof.frames


@pytest.mark.parametrize("blinded", ["r2", "p2"])
def test_a_blind_capture_never_passes(monkeypatch: pytest.MonkeyPatch, blinded: str) -> None:
    steer([])
    monkeypatch.setattr(proof_module, "Capture", blind_in(blinded))
    with pytest.raises(CheckFailed, match=f"blind in {blinded}"):
        prove(4, BestEffort(IPv6Network(EGRESS4)))


def test_what_a_proof_leaves(tmp_path: Path) -> None:
    steer(["fcff:1::1", "fcff:2::1"])
    proof = prove(4, via(PLAN, ["r1", "r2"], "n2"))
    proof.save(tmp_path)
    proof.save(tmp_path)
    names = {p.name for p in tmp_path.iterdir()}
    assert names == {f"path-p1-p2-ipv4-{n}.{e}" for n in (1, 2) for e in ("json", "txt", "pcapng")}
    data = json.loads((tmp_path / "path-p1-p2-ipv4-1.json").read_text())
    assert data["passed"] and data["paths"][0]["nodes"] == list(WAY)
    text = (tmp_path / "path-p1-p2-ipv4-1.txt").read_text()
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "waypoint: segments left 2 → 1" in text


def test_a_namespace_that_is_gone_is_said() -> None:
    with pytest.raises(TestbedError, match="no capture in r1"):
        prove_path(
            PLAN,
            Endpoint("r1", ip_address("fcff:1::1")),
            Endpoint("r2", ip_address("fcff:2::1")),
            Plain(),
            place_of=lambda name: LocalPlace(f"/run/netns/tbproof-none/{name}"),
        )
