"""The agent against the real kernel and real gobgpd: two nodes, one router, pods by CNI."""

from __future__ import annotations

import json
import signal
import struct
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest

from testbed.bgp import attributes, unicast
from testbed.bgp.client import GobgpClient
from testbed.bgp.model import Announcement, BgpPeer, DesiredBgp, Family
from testbed.srpolicy.bgp import codec
from testbed.srpolicy.model import Candidate, Segment, SegmentList, SRPolicy
from tests.documents import Document
from tests.integration.agent_lab import WAYPOINT, Lab, ip
from tests.integration.programs import GOBGPD, needs_gobgpd

pytestmark = [pytest.mark.root, needs_gobgpd]
PODS: dict[str, dict[int, str]] = {}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    assert GOBGPD is not None
    with Lab(tmp_path_factory.mktemp("lab"), GOBGPD).running(complete) as lab:
        PODS["p1"], PODS["p2"] = lab.pod("w1", "p1"), lab.pod("w2", "p2")
        yield lab


def complete(status: Document) -> bool:
    chosen = {p["family"] for p in status["policies"] if p["chosen"]}
    remote = [p for p in status["prefixes"] if p["via"] == "segments"]
    return bool(
        status["ready"] and not status["problems"] and chosen == {4, 6} and len(remote) == 2
    )


def chosen(status: Document, family: int) -> Document:
    return next(p for p in status["policies"] if p["chosen"] and p["family"] == family)


def by(source: str, family: int) -> Callable[[Document], bool]:
    return lambda status: complete(status) and chosen(status, family)["source"] == source


def config_map(node: str, other: int, *waypoints: str, family: int = 4) -> str:
    sids = [*waypoints, f"fcdd:0:0:{other}::d{family}"]
    policy = {"bsid": f"cafe::{other}{family}", "node": f"fd{other}::2", "segment_list": sids,
              "traffic": f"IPv{family}"}  # fmt: skip
    return json.dumps({
        "kind": "ConfigMap",
        "metadata": {"name": f"srv6-config-{node}", "namespace": "calico-vpp-dataplane"},
        "data": {"srv6": json.dumps({"node": node, "policies": [policy]})},
    })  # fmt: skip


def mode(value: str) -> str:
    return json.dumps({
        "kind": "ConfigMap",
        "metadata": {"name": "testbed-config", "namespace": "calico-vpp-dataplane"},
        "data": {"CALICOVPP_SRV6_TE": value},
    })  # fmt: skip


class Capture:
    """IPv6 packets that leave a node on its uplink, caught while the block runs."""

    def __init__(self, lab: Lab, node: str) -> None:
        self._lab, self._node = lab, node
        self.packets: list[bytes] = []

    def __enter__(self) -> Capture:
        self._file = self._lab.directory / f"{self._node}.pcap"
        self._process = subprocess.Popen(
            ["nsenter", f"--net=/run/netns/{self._lab.ns(self._node)}", "--",
             "tcpdump", "-U", "-n", "--immediate-mode", "-i", f"{self._node}-r", "-Q", "out",
             "-w", str(self._file), "ip6"],
            stderr=subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stderr is not None
        assert any(b"listening on" in line for line in iter(self._process.stderr.readline, b""))
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(10)
        data = self._file.read_bytes()[24:]
        while data:
            (length,) = struct.unpack_from("=I", data, 8)
            self.packets.append(data[16 + 14 : 16 + length])  # without the Ethernet header
            data = data[16 + length :]

    def next_headers(self, *kinds: int) -> list[bytes]:
        return [p for p in self.packets if p[6] in kinds]


IPV4, IPV6, ROUTING = 4, 41, 43


@pytest.mark.parametrize("family", [4, 6])
def test_best_effort_carries_both_families_without_srh(lab: Lab, family: int) -> None:
    with Capture(lab, "w1") as capture:
        done = lab.ping("p1", PODS["p2"][family], "-s", "1000")
    assert done.returncode == 0, done.stdout + done.stderr + lab.routes("w1") + lab.routes("w2")
    outer = capture.next_headers(IPV4 if family == 4 else IPV6)
    assert len(outer) >= 3 and not capture.next_headers(ROUTING)
    assert all(p[24:40] == bytes.fromhex(f"fcdd0000000000020000000000000{'0d' + str(family):>03}")
               for p in outer)  # fmt: skip


def test_the_largest_packet_that_the_pod_mtu_allows_passes(lab: Lab) -> None:
    done = lab.ping("p1", PODS["p2"][4], "-M", "do", "-s", str(1284 - 28))
    assert done.returncode == 0, done.stdout


def test_pods_reach_the_outside_behind_their_node(lab: Lab) -> None:
    done = lab.ping("p1", "192.168.2.1")  # the router knows no pod prefix
    assert done.returncode == 0, done.stdout + json.dumps(lab.status("w1"))


def test_a_config_map_steers_through_a_waypoint_and_back(lab: Lab) -> None:
    before = lab.routes("w1")
    lab.put("te.json", config_map("w1", 2, WAYPOINT))
    shown = lab.wait("w1", "the ConfigMap's policy", lambda s: any(
        p["source"] == "configmap" for p in s["policies"]))  # fmt: skip
    assert chosen(shown, 4)["source"] == "best-effort"  # mode bgp: it does not count
    lab.put("mode.json", mode("configmap"))
    lab.wait("w1", "TE by ConfigMap", by("configmap", 4))
    with Capture(lab, "w1") as capture:
        done = lab.ping("p1", PODS["p2"][4])
    assert done.returncode == 0, done.stdout + lab.routes("w1")
    routed = capture.next_headers(ROUTING)
    waypoint = bytes.fromhex("fcff0001000000000000000000000001")
    assert len(routed) >= 3 and all(p[24:40] == waypoint and p[43] == 1 for p in routed)
    (lab.api / "te.json").unlink()
    lab.wait("w1", "best effort again", by("best-effort", 4))
    (lab.api / "mode.json").unlink()
    lab.wait("w1", "mode bgp", lambda s: s["te_mode"] == "bgp" and complete(s))
    assert lab.routes("w1") == before


def test_a_policy_over_an_unreachable_waypoint_waits_for_its_route(lab: Lab) -> None:
    """Nothing but the node's own routes tells the agent; best effort carries meanwhile."""

    def refused(reason: str) -> Callable[[Document], bool]:
        return lambda s: reason in str(s["problems"]) and chosen(s, 6)["source"] == "best-effort"

    lab.put("mode.json", mode("configmap"))
    lab.put("te.json", config_map("w1", 2, WAYPOINT, family=6))
    lab.wait("w1", "the ConfigMap's policy", by("configmap", 6))
    ip("-n", lab.ns("w1"), "-6", "route", "add", "unreachable", "fcff:1::/32")
    lab.wait("w1", "best effort", refused(f"there is no route to {WAYPOINT}"))
    assert lab.ping("p1", PODS["p2"][6]).returncode == 0
    ip("-n", lab.ns("w1"), "-6", "route", "del", "unreachable", "fcff:1::/32")
    lab.wait("w1", "the policy again", by("configmap", 6))
    lab.put("te.json", config_map("w1", 2, "fd1::2", WAYPOINT, family=6))
    lab.wait("w1", "best effort", refused("first segment fd1::2 is this node itself"))
    assert lab.ping("p1", PODS["p2"][6]).returncode == 0
    lab.put("te.json", config_map("w1", 2, WAYPOINT, "fd1::2", family=6))
    lab.wait("w1", "there and back again", by("configmap", 6))
    assert lab.ping("p1", PODS["p2"][6]).returncode == 0
    (lab.api / "te.json").unlink()
    (lab.api / "mode.json").unlink()
    lab.wait("w1", "best effort again", by("best-effort", 6))


def announcement(candidate: Candidate, *targets: str) -> Announcement:
    addresses = [IPv4Address(target) for target in targets]
    attrs = codec.encode_attributes(candidate, candidate.endpoint, addresses)
    return Announcement(Family.IPV6_SRPOLICY, codec.encode_nlri(candidate.key), attrs)


def test_injected_policies_steer_spread_and_fall_back(lab: Lab) -> None:
    before = lab.routes("w1")
    end, egress = Segment(IPv6Address(WAYPOINT)), Segment(IPv6Address("fcdd:0:0:2::d4"), 19)
    endpoint = IPv6Address("fd2::2")
    one = Candidate(endpoint, (SegmentList((end, egress)),), color=94, distinguisher=4)
    lists = (SegmentList((end, egress), 3), SegmentList((egress,), 1))
    spread = replace(one, segment_lists=lists, preference=200, distinguisher=5)
    foreign = replace(one, preference=300, distinguisher=6)
    idle = DesiredBgp(
        64512, "192.168.1.1", frozenset([BgpPeer("fd1::2", 64512, "fd1::1", passive=True)])
    )
    injector = lab.injector()
    try:
        injector.set_desired(replace(idle, announcements=frozenset([announcement(one)])))
        lab.wait("w1", "the injected policy", by("bgp", 4))
        with Capture(lab, "w1") as capture:
            assert lab.ping("p1", PODS["p2"][4]).returncode == 0
        assert len(capture.next_headers(ROUTING)) >= 3
        both = frozenset([announcement(spread), announcement(foreign, "192.168.2.2")])
        injector.set_desired(replace(idle, announcements=both))
        lab.wait("w1", "both lists", lambda s: by("bgp", 4)(s) and len(
            chosen(s, 4)["segment_lists"]) == 2)  # fmt: skip
        assert "weight 3" in lab.routes("w1") and "weight 1" in lab.routes("w1")
        lab.wait("w1", "the foreign policy, not chosen", lambda s: any(
            "other head ends" in p["why"] for p in s["policies"]))  # fmt: skip
        assert lab.ping("p1", PODS["p2"][4]).returncode == 0
        injector.set_desired(idle)
        lab.wait("w1", "best effort again", by("best-effort", 4))
        assert lab.routes("w1") == before
    finally:
        injector.stop()


@pytest.mark.parametrize("binding_sid", [None, IPv6Address("cafe::777")])
def test_while_a_policy_is_invalid_its_packets_are_dropped(
    lab: Lab, binding_sid: IPv6Address | None
) -> None:
    """Drop-Upon-Invalid, as gobgpd passes it on; Specified-BSID-Only gives way to it."""
    before = lab.routes("w1")
    segments = (Segment(IPv6Address(WAYPOINT)), Segment(IPv6Address("fcdd:0:0:2::d4"), 19))
    lists = (SegmentList(segments),)
    drops = Candidate(
        IPv6Address("fd2::2"), lists, 94, 4, binding_sid=binding_sid, drop_upon_invalid=True
    )
    alone = replace(drops, distinguisher=5, preference=200, binding_sid=IPv6Address("cafe::778"),
                    specified_sid_only=True, drop_upon_invalid=False)  # fmt: skip
    client = GobgpClient(lab.directory / "r" / "gobgpd.sock")
    client.add_path(announcement(drops))
    client.add_path(announcement(alone))

    def used(status: Document) -> bool:
        mine = [p for p in status["policies"] if p["chosen"] and p["color"] == 94]
        return [p["preference"] for p in mine] == [100] and "Specified" in str(status["problems"])

    lab.wait("w1", "the one that needs no binding SID", used)
    assert lab.ping("p1", PODS["p2"][4]).returncode == 0
    ip("-n", lab.ns("w1"), "-6", "route", "add", "unreachable", "fcff:1::/32")
    lab.wait("w1", "a drop", lambda s: "are dropped" in str(s["problems"]))
    assert "blackhole" in lab.routes("w1").replace(before, "")
    assert lab.ping("p1", PODS["p2"][4]).returncode != 0
    assert lab.ping("p1", PODS["p2"][6]).returncode == 0
    ip("-n", lab.ns("w1"), "-6", "route", "del", "unreachable", "fcff:1::/32")
    lab.wait("w1", "the policy again", used)
    assert lab.ping("p1", PODS["p2"][4]).returncode == 0
    for path in (drops, alone):
        client.delete_path(announcement(path))
    client.close()
    lab.wait("w1", "best effort again", by("best-effort", 4))
    assert lab.routes("w1") == before


def test_what_nobody_tells_of_is_put_right_after_a_peers_path(lab: Lab) -> None:
    """A path is applied without a look at the kernel; the look follows within seconds."""
    before, block = lab.routes("w1"), lab.status("w2")["blocks"][0]
    wrong = f"-4 route replace {block} proto 201 encap seg6 mode encap segs {WAYPOINT} dev w1-r"
    ip("-n", lab.ns("w1"), *wrong.split())
    assert lab.routes("w1") != before
    client = GobgpClient(lab.directory / "r" / "gobgpd.sock")
    idle = Candidate(
        IPv6Address("fd2::2"), (SegmentList((Segment(IPv6Address(WAYPOINT), 19),)),), color=95
    )
    client.add_path(announcement(idle))
    lab.wait("w1", "the policy that it refuses", lambda s: any(
        p["color"] == 95 for p in s["policies"]))  # fmt: skip
    lab.wait("w1", "the route as it was", lambda _: lab.routes("w1") == before)
    client.delete_path(announcement(idle))
    client.close()
    lab.wait("w1", "nothing to report", complete)


def test_a_peers_bad_path_is_reported_and_harms_nothing(lab: Lab) -> None:
    before = lab.routes("w1")
    policy = SRPolicy(9, 9, IPv6Address("fd2::2"))
    nlri, hop = codec.encode_nlri(policy), IPv6Address("fd1::1")
    attrs = attributes.basic() + attributes.encode_mp_reach(Family.IPV6_SRPOLICY, hop, nlri)
    bad = [Announcement(Family.IPV6_SRPOLICY, nlri, attrs)]  # no tunnel: gobgpd passes it on
    bad += [unicast.announce(ip_network(p), hop) for p in ("172.16.0.0/12", "fd2::/64")]
    client = GobgpClient(lab.directory / "r" / "gobgpd.sock")
    for path in bad:
        client.add_path(path)
    status = lab.wait("w1", "the reports", lambda s: len(s["problems"]) == 3)
    assert "no Tunnel Encapsulation" in " ".join(status["problems"]) and status["ready"]
    assert lab.routes("w1") == before
    for path in bad:
        client.delete_path(path)
    client.close()
    lab.wait("w1", "nothing to report", complete)


def test_a_peer_cannot_take_a_nodes_prefix(lab: Lab) -> None:
    """Neither the whole block, nor one pod's address, with whatever next hop."""
    before, block = lab.routes("w1"), lab.status("w2")["blocks"][0]
    wanted = (block, f"{PODS['p2'][4]}/32")
    hops = (IPv6Address("fd1::1"), IPv6Address("fd2::2"))
    client = GobgpClient(lab.directory / "r" / "gobgpd.sock")
    paths = [unicast.announce(ip_network(p), hop, 500) for p, hop in zip(wanted, hops, strict=True)]
    for path in paths:
        client.add_path(path)
    said = [f"{p} from peer fd1::1 is not used: that peer is no node of the" for p in wanted]
    lab.wait("w1", "both", lambda s: all(one in str(s["problems"]) for one in said))
    assert lab.routes("w1") == before
    assert lab.ping("p1", PODS["p2"][4]).returncode == 0
    for path in paths:
        client.delete_path(path)
    client.close()
    lab.wait("w1", "nothing to report", complete)


def steered_over(waypoints: int) -> Callable[[Document], bool]:
    """IPv6 goes by the ConfigMap, over so many waypoints and the endpoint's SID."""

    def holds(status: Document) -> bool:
        if not by("configmap", 6)(status):
            return False
        return len(chosen(status, 6)["segment_lists"][0]["segments"]) == waypoints + 1

    return holds


def test_no_packet_is_lost_while_a_policy_changes(lab: Lab) -> None:
    lab.put("mode.json", mode("configmap"))
    lab.wait("w1", "mode configmap", lambda s: s["te_mode"] == "configmap" and complete(s))
    enter = ["nsenter", f"--net=/run/netns/{lab.ns('p1')}", "--"]
    stream = subprocess.Popen(
        [*enter, "ping", "-q", "-i", "0.002", "-c", "1500", PODS["p2"][6]], stdout=subprocess.PIPE
    )
    for number in range(10):
        waypoints = [WAYPOINT] * (1 + number % 2)
        lab.put("te.json", config_map("w1", 2, *waypoints, family=6))
        lab.wait("w1", f"{waypoints}", steered_over(len(waypoints)))
    out, _ = stream.communicate(timeout=60)
    assert b" 0% packet loss" in out, out
    (lab.api / "te.json").unlink()
    (lab.api / "mode.json").unlink()
    lab.wait("w1", "best effort again", by("best-effort", 6))


def test_local_sids_are_replaced_without_a_hole(lab: Lab) -> None:
    enter = ["nsenter", f"--net=/run/netns/{lab.ns('p1')}", "--"]
    stream = subprocess.Popen(
        [*enter, "ping", "-q", "-i", "0.002", "-c", "500", PODS["p2"][4]], stdout=subprocess.PIPE
    )
    sids = {"DT4": "fcdd:0:0:2::99", "DT6": "fcdd:0:0:2::d6"}
    inner = json.dumps({"node": "w2", "localsids": sids, "policies": None})
    changed = json.loads(config_map("w2", 1))
    changed["data"]["srv6"] = inner
    lab.put("sids.json", json.dumps(changed))
    lab.put("mode.json", mode("configmap"))
    lab.wait("w1", "the new SID", lambda s: complete(s) and "fcdd:0:0:2::99" in str(chosen(s, 4)))
    out, _ = stream.communicate(timeout=60)
    assert b" 0% packet loss" in out, out
    assert lab.status("w2")["local_sids"] == {
        "dt4": "fcdd:0:0:2::99",
        "dt6": "fcdd:0:0:2::d6",
        "replaced": ["fcdd:0:0:2::d4"],
    }
    (lab.api / "sids.json").unlink()
    (lab.api / "mode.json").unlink()
    lab.wait("w1", "the old SID", lambda s: complete(s) and "fcdd:0:0:2::d4" in str(chosen(s, 4)))


def test_pods_that_come_and_go_together(lab: Lab) -> None:
    before = lab.routes("w2")
    names = [f"c{number}" for number in range(6)]
    with ThreadPoolExecutor(6) as executor:
        pods = list(executor.map(lambda name: lab.pod("w2", name), names))
        assert len({pod[4] for pod in pods}) == len({pod[6] for pod in pods}) == 6
        assert lab.ping("c0", pods[5][6]).returncode == 0
        assert lab.ping("p1", pods[3][4]).returncode == 0
        codes = list(executor.map(lambda name: lab.cni("DEL", "w2", name), names))
    assert codes == [(0, {})] * 6
    assert lab.routes("w2") == before


def test_add_is_idempotent_and_check_sees_damage(lab: Lab) -> None:
    _, first = lab.cni("ADD", "w1", "p1")
    _, second = lab.cni("ADD", "w1", "p1")
    assert first == second and first["ips"]
    assert lab.cni("CHECK", "w1", "p1") == (0, {})
    assert lab.cni("STATUS", "w1", "p1") == (0, {})
    other = lab.pod("w1", "p3")
    assert lab.ping("p3", PODS["p1"][4]).returncode == 0  # both on one node
    lab.attempt("p3", "ip", "link", "del", "eth0")
    code, reply = lab.cni("CHECK", "w1", "p3")
    assert code == 1 and "gone" in reply["msg"]
    assert lab.cni("DEL", "w1", "p3") == (0, {})
    assert lab.cni("DEL", "w1", "p3") == (0, {})
    assert other[4] not in lab.routes("w1")


def test_a_failed_add_leaves_nothing(lab: Lab) -> None:
    before = lab.routes("w1"), lab.attempt("w1", "ip", "-o", "link").stdout
    code, reply = lab.cni("ADD", "w1", "no-such-namespace")
    assert code == 1 and reply["code"] == 999
    assert not [p for p in lab.status("w1")["pods"] if p["name"] == "no-such-namespace"]
    assert (lab.routes("w1"), lab.attempt("w1", "ip", "-o", "link").stdout) == before


def test_gc_keeps_what_is_valid(lab: Lab) -> None:
    lab.pod("w2", "p4")
    keep = [{"containerID": "p2", "ifname": "eth0"}]
    assert lab.cni("GC", "w2", "p2", **{"cni.dev/valid-attachments": keep}) == (0, {})
    assert [p["id"] for p in lab.status("w2")["pods"]] == ["p2"]


def test_kill_and_restart_end_in_the_same_state(lab: Lab) -> None:
    before = lab.routes("w1")
    lab.stop("w1.agent", signal.SIGKILL)
    assert lab.routes("w1") == before
    assert lab.cni("ADD", "w1", "p1")[1]["code"] == 11
    assert lab.cni("STATUS", "w1", "p1")[1]["code"] == 50
    generation = lab.status("w1")["generation"]
    lab.start_agent("w1")
    lab.wait("w1", "the new agent", lambda s: s["generation"] > generation and complete(s))
    assert lab.routes("w1") == before
    lab.stop("w1.gobgpd", signal.SIGKILL)
    lab.wait("w1", "the loss of gobgpd", lambda s: not s["ready"])
    lab.start_gobgpd("w1")
    lab.wait("w1", "the overlay again", complete)
    lab.wait("w2", "the overlay again", complete)
    assert lab.routes("w1") == before
    assert lab.ping("p1", PODS["p2"][6]).returncode == 0


def test_a_route_that_somebody_deletes_comes_back(lab: Lab) -> None:
    before = lab.routes("w1")
    generation = lab.status("w1")["generation"]
    prefix = next(p["prefix"] for p in lab.status("w1")["prefixes"] if p["via"] == "segments")
    assert lab.attempt("w1", "ip", "route", "del", prefix).returncode == 0
    lab.wait("w1", "the repair", lambda s: s["generation"] > generation)
    assert lab.routes("w1") == before


def test_sigterm_leaves_the_data_plane(lab: Lab) -> None:
    before = lab.routes("w2")
    assert lab.stop("w2.agent", signal.SIGTERM) == 0
    assert lab.routes("w2") == before
    assert lab.ping("p1", PODS["p2"][4]).returncode == 0
    lab.start_agent("w2")
    lab.wait("w2", "the agent again", complete)
