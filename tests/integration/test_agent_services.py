"""Services across SRv6: address translation as kube-proxy does it, on two nodes with real agents.

The kernel-wide switch nf_hooks_lwtunnel, which would give conntrack its due at seg6 routes, must
not be needed.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import IPv6Address, ip_address
from pathlib import Path

import pytest

from testbed.agent.desired import service_veth
from testbed.bgp.model import BgpPeer, DesiredBgp
from testbed.observe.local_place import LocalPlace
from testbed.prove.stream import Stream
from testbed.srpolicy.model import Candidate, Segment, SegmentList
from tests.documents import Document
from tests.integration import services_peer
from tests.integration.agent_lab import WAYPOINT, Lab
from tests.integration.programs import GOBGPD, needs_gobgpd
from tests.integration.test_agent import (
    IPV4,
    ROUTING,
    Capture,
    announcement,
    by,
    chosen,
    complete,
    config_map,
    mode,
)

pytestmark = [pytest.mark.root, needs_gobgpd]
SWITCH = Path("/proc/sys/net/netfilter/nf_hooks_lwtunnel")
PODS: dict[str, dict[int, str]] = {}
SERVICE = {4: "10.96.0.50", 6: "fd00:10:96::50"}
NODES = {4: "192.168.{}.2", 6: "fd{}::2"}
ROUTER = {4: "192.168.1.1", 6: "fd1::1"}
Holds = Callable[[Document], bool]
FAMILIES, PROTOCOLS = (4, 6), ("tcp", "udp")
PORT, NODE_PORT, BACKEND_PORT = 80, 30080, 8080

# What kube-proxy's nftables mode has for one Service: translation on the way in and for the node's
# own packets, and the node's address instead of that of a client that is no pod.
KUBE_PROXY = """
table inet kube-proxy {{
  chain services {{
    ip daddr {service4} ip saddr != 172.16.0.0/16 meta mark set mark or 0x4000
    ip6 daddr {service6} ip6 saddr != fdfb:af47:32af::/48 meta mark set mark or 0x4000
    ip daddr {node4} meta l4proto {{ tcp, udp }} th dport {node_port} meta mark set mark or 0x4000
    ip6 daddr {node6} meta l4proto {{ tcp, udp }} th dport {node_port} meta mark set mark or 0x4000
    ip daddr {service4} meta l4proto {{ tcp, udp }} th dport {port} dnat ip to {pod4}:{backend}
    ip6 daddr {service6} meta l4proto {{ tcp, udp }} th dport {port} dnat ip6 to [{pod6}]:{backend}
    ip daddr {node4} meta l4proto {{ tcp, udp }} th dport {node_port} dnat ip to {pod4}:{backend}
    ip6 daddr {node6} meta l4proto {{ tcp, udp }} th dport {node_port} dnat ip6 to {target6}
  }}
  chain prerouting {{ type nat hook prerouting priority dstnat; jump services; }}
  chain output {{ type nat hook output priority -100; jump services; }}
  chain postrouting {{
    type nat hook postrouting priority srcnat;
    meta mark & 0x4000 == 0x4000 meta mark set mark xor 0x4000 masquerade fully-random
  }}
}}
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Pods p1 on w1 and p2, the Service's only backend, on w2."""
    assert GOBGPD is not None
    before = _switch()
    with Lab(tmp_path_factory.mktemp("lab"), GOBGPD, services=True).running(complete) as lab:
        PODS["p1"], PODS["p2"] = lab.pod("w1", "p1"), lab.pod("w2", "p2")
        for number in (1, 2):
            _translate(lab, number)
        server = _serve(lab, "p2")
        try:
            yield lab
        finally:
            server.kill()
            server.wait()
    assert _switch() == before


def _switch() -> str:
    return SWITCH.read_text().strip() if SWITCH.exists() else "none"


def _translate(lab: Lab, number: int) -> None:
    rules = KUBE_PROXY.format(
        service4=SERVICE[4], service6=SERVICE[6], port=PORT, node_port=NODE_PORT,
        node4=NODES[4].format(number), node6=NODES[6].format(number),
        pod4=PODS["p2"][4], pod6=PODS["p2"][6], backend=BACKEND_PORT,
        target6=f"[{PODS['p2'][6]}]:{BACKEND_PORT}",
    )  # fmt: skip
    file = lab.directory / f"kube-proxy-{number}.nft"
    file.write_text(rules)
    done = lab.attempt(f"w{number}", "nft", "-f", str(file))
    assert done.returncode == 0, done.stderr


def _serve(lab: Lab, pod: str) -> subprocess.Popen[str]:
    enter = ["nsenter", f"--net=/run/netns/{lab.ns(pod)}", "--"]
    server = subprocess.Popen(
        [*enter, sys.executable, services_peer.__file__, "serve", str(BACKEND_PORT)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdout is not None and server.stdout.readline() == "serving\n"
    return server


def ask(lab: Lab, client: str, protocol: str, address: str, port: int) -> str:
    """The client's address as the backend sees it."""
    command = [sys.executable, services_peer.__file__, "ask", protocol, address, str(port)]
    done = lab.attempt(client, *command)
    assert done.returncode == 0, f"{client}: {done.stderr}{lab.routes('w1')}{lab.routes('w2')}"
    return done.stdout.strip()


@pytest.fixture(params=["best effort", "steered"])
def forwarding(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The lab with best effort both ways, or with a waypoint each way and for each family."""
    if request.param == "best effort":
        yield lab
        return
    steer(lab)
    yield lab
    unsteer(lab)


def steer(lab: Lab) -> None:
    for head_end, other in (("w1", 2), ("w2", 1)):
        both = [json.loads(config_map(head_end, other, WAYPOINT, family=f)) for f in FAMILIES]
        policies = [p for map_ in both for p in json.loads(map_["data"]["srv6"])["policies"]]
        both[0]["data"]["srv6"] = json.dumps({"node": head_end, "policies": policies})
        lab.put(f"te-{head_end}.json", json.dumps(both[0]))
    lab.put("mode.json", mode("configmap"))
    for name in ("w1", "w2"):
        for family in FAMILIES:
            lab.wait(name, f"TE of {name} for IPv{family}", by("configmap", family))


def unsteer(lab: Lab) -> None:
    for name in ("mode.json", "te-w1.json", "te-w2.json"):
        (lab.api / name).unlink()
    for name in ("w1", "w2"):
        for family in FAMILIES:
            lab.wait(name, f"best effort of {name}", by("best-effort", family))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_pods_and_nodes_reach_a_service_with_its_backend_elsewhere(
    forwarding: Lab, protocol: str, family: int
) -> None:
    lab, node = forwarding, NODES[family].format(1)
    pod, service = PODS["p2"][family], SERVICE[family]
    client = PODS["p1"][family]
    assert ask(lab, "p1", protocol, pod, BACKEND_PORT) == client
    assert ask(lab, "p1", protocol, service, PORT) == client
    assert ask(lab, "w1", protocol, pod, BACKEND_PORT) == node
    assert ask(lab, "w1", protocol, service, PORT) == node
    assert ask(lab, "w1", protocol, node, NODE_PORT) == node
    assert ask(lab, "r", protocol, node, NODE_PORT) == node
    assert ask(lab, "p1", protocol, node, NODE_PORT) == node
    assert ask(lab, "r", protocol, NODES[family].format(2), NODE_PORT)  # no tunnel


@pytest.mark.parametrize("family", FAMILIES)
def test_pods_leave_the_overlay_as_before(lab: Lab, family: int) -> None:
    """The IPv4 pool has natOutgoing, the IPv6 pool has not; a node's own address is no pod's."""
    assert ask(lab, "p1", "tcp", NODES[family].format(2), NODE_PORT)
    if family == 4:  # the router knows no pod prefix
        assert lab.ping("p1", "192.168.2.1").returncode == 0
    largest = 1284 - (28 if family == 4 else 48)
    assert lab.ping("p1", PODS["p2"][family], "-M", "do", "-s", str(largest)).returncode == 0
    over = lab.ping("w1", PODS["p2"][family], "-M", "do", "-s", str(largest + 1))
    said = (over.stdout + over.stderr).lower()  # newer pings do not print the MTU
    assert over.returncode == 1 and ("1284" in said or "message too long" in said), said


def test_weighted_lists_share_the_connections_of_a_service(lab: Lab) -> None:
    end, egress = Segment(IPv6Address(WAYPOINT)), Segment(IPv6Address("fcdd:0:0:2::d4"), 19)
    lists = (SegmentList((end, egress), 3), SegmentList((egress,), 1))
    spread = Candidate(IPv6Address("fd2::2"), lists, color=94, distinguisher=4, preference=200)
    peers = frozenset([BgpPeer("fd1::2", 64512, "fd1::1", passive=True)])
    idle = DesiredBgp(64512, "192.168.1.1", peers)
    injector = lab.injector()
    try:
        injector.set_desired(replace(idle, announcements=frozenset([announcement(spread)])))
        lab.wait("w1", "both lists", lambda s: by("bgp", 4)(s) and len(
            chosen(s, 4)["segment_lists"]) == 2)  # fmt: skip
        behind = lab._in("w1", "ip", "-4", "route", "show", "table", str(service_veth.EGRESS_TABLE))
        assert "weight 3" in behind and "weight 1" in behind
        with Capture(lab, "w1") as capture:
            for _ in range(20):
                assert ask(lab, "p1", "udp", SERVICE[4], PORT) == PODS["p1"][4]
        assert capture.next_headers(ROUTING) and capture.next_headers(IPV4)
        injector.set_desired(idle)
        lab.wait("w1", "best effort again", by("best-effort", 4))
    finally:
        injector.stop()
        lab.stop("r.gobgpd")
        (lab.api / "peer.json").unlink()


def state(lab: Lab, name: str) -> str:
    """All that the agent of a node keeps in the kernel."""
    shown = ["\n".join(sorted(lab.routes(name).splitlines()))]
    for command in (
        "ip -4 rule show",
        "ip -6 rule show",
        "ip neigh show nud permanent",
        f"ip -o link show dev {service_veth.INSIDE}",
        f"ip -o link show dev {service_veth.TUNNEL}",
        "nft list table inet testbed",
    ):
        text = lab._in(name, *command.split())
        text = text.split(": ", 1)[1] if "-o link" in command else text  # not the index
        shown.append("\n".join(sorted(text.splitlines())))
    switches = [f"/proc/sys/net/{switch}" for switch in service_veth.switches()]
    return "\n".join([*shown, lab._in(name, "cat", *switches)])


def newer(generation: int) -> Holds:
    return lambda status: status["generation"] > generation and complete(status)


def in_use(family: int, segments: int) -> Holds:
    return lambda s: len(chosen(s, family)["segment_lists"][0]["segments"]) == segments


def reaches(lab: Lab) -> bool:
    return all(ask(lab, "p1", "udp", SERVICE[f], PORT) == PODS["p1"][f] for f in FAMILIES)


@pytest.mark.parametrize("damage", [
    "ip link del srv6",
    "ip link set srv6-tun down",
    "ip link set srv6 address 02:00:00:00:00:77",
    "ip -4 rule del priority 100",
    "ip -6 rule del priority 100",
    "ip route flush table 201 proto 201",
    "ip -6 route flush table 202 proto 201",
])  # fmt: skip
def test_what_somebody_breaks_is_mended(lab: Lab, damage: str) -> None:
    before, generation = state(lab, "w1"), lab.status("w1")["generation"]
    assert lab.attempt("w1", *damage.split()).returncode == 0
    lab.wait("w1", "the repair", lambda s: s["generation"] > generation and complete(s) and
             state(lab, "w1") == before)  # fmt: skip
    assert reaches(lab)


@pytest.mark.parametrize("damage", [
    "ip neigh flush dev srv6-tun nud permanent",
    "nft delete table inet testbed",
    "sysctl -qw net.ipv4.conf.srv6-tun.accept_local=0",
])  # fmt: skip
def test_what_nobody_tells_of_is_mended_by_the_next_round(lab: Lab, damage: str) -> None:
    before, generation = state(lab, "w1"), lab.status("w1")["generation"]
    assert lab.attempt("w1", *damage.split()).returncode == 0
    lab.put("nothing.json", "{}")
    lab.wait("w1", "another round", lambda s: s["generation"] > generation)
    (lab.api / "nothing.json").unlink()
    lab.wait("w1", "a round without problems", complete)
    assert state(lab, "w1") == before
    assert reaches(lab)


def test_killed_and_robbed_of_its_pair_it_ends_in_the_same_state(lab: Lab) -> None:
    before = state(lab, "w1")
    lab.stop("w1.agent", signal.SIGKILL)
    assert state(lab, "w1") == before
    assert reaches(lab)
    lab._in("w1", "ip", "link", "del", service_veth.INSIDE)
    generation = lab.status("w1")["generation"]
    lab.start_agent("w1")
    lab.wait("w1", "the new agent", newer(generation))
    assert state(lab, "w1") == before
    assert reaches(lab)


def test_an_interface_in_the_way_is_a_problem_with_a_name(lab: Lab) -> None:
    before = state(lab, "w1")
    lab.stop("w1.agent", signal.SIGKILL)
    lab._in("w1", "ip", "link", "del", service_veth.INSIDE)
    lab._in("w1", "ip", "link", "add", service_veth.INSIDE, "type", "bridge")
    lab.start_agent("w1")
    status = lab.wait("w1", "the problem", lambda s: bool(s["problems"]))
    assert not status["ready"] and "srv6/srv6-tun" in status["problems"][0]
    assert "File exists" in status["problems"][0]
    lab._in("w1", "ip", "link", "del", service_veth.INSIDE)
    lab.wait("w1", "the repair", complete)
    assert state(lab, "w1") == before


@pytest.mark.parametrize("family", FAMILIES)
def test_no_packet_is_lost_while_routes_are_replaced(lab: Lab, family: int) -> None:
    before = lab.routes("w1")
    lab.put("mode.json", mode("configmap"))
    lab.wait("w1", "mode configmap", lambda s: s["te_mode"] == "configmap" and complete(s))
    with Stream(
        LocalPlace(lab.ns("p1")), LocalPlace(lab.ns("p2")), ip_address(PODS["p2"][family]), 500
    ) as stream:
        for number in range(10):
            lab.put("te.json", config_map("w1", 2, *[WAYPOINT] * (1 + number % 2), family=family))
            want = 2 + number % 2
            lab.wait("w1", f"{want} segments", in_use(family, want))
            stream.flowing()
    assert stream.lost == 0, f"{stream.lost} of {stream.sent} lost"
    (lab.api / "te.json").unlink()
    (lab.api / "mode.json").unlink()
    lab.wait("w1", "best effort again", by("best-effort", family))
    assert lab.routes("w1") == before


def test_a_pod_address_without_a_policy_is_refused_and_does_not_circle(lab: Lab) -> None:
    for command in ("-4 route get 172.16.200.1", "-6 route get fdfb:af47:32af::77"):
        source = {"-4": PODS["p1"][4], "-6": PODS["p1"][6]}[command[:2]]
        done = lab.attempt("w1", "ip", *command.split(), "from", source, "iif", service_veth.TUNNEL)
        assert done.returncode == 2 and "No route to host" in done.stderr, done.stdout


def test_without_services_nothing_of_the_pair_is_left(lab: Lab) -> None:
    before = state(lab, "w1")
    file = lab.directory / "w1" / "agent.json"
    with Stream(
        LocalPlace(lab.ns("p1")), LocalPlace(lab.ns("p2")), ip_address(PODS["p2"][6]), 500
    ) as stream:
        for services in (False, True):
            assert lab.stop("w1.agent") == 0
            file.write_text(json.dumps({**lab.config(1), "services": services}))
            generation = lab.status("w1")["generation"]
            lab.start_agent("w1")
            lab.wait("w1", "the agent", newer(generation))
            stream.flowing()
            if not services:
                links = lab._in("w1", "ip", "-o", "link")
                assert service_veth.INSIDE not in links
                assert service_veth.TUNNEL not in lab._in("w1", "ip", "rule") + lab.routes("w1")
                assert "notrack" not in lab._in("w1", "nft", "list", "ruleset")
    assert state(lab, "w1") == before
    assert stream.lost == 0, f"{stream.lost} of {stream.sent} lost"
