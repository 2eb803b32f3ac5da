"""Links that are cut, named, mended and repaired, also parallel ones and those of hosts."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from scapy.utils import RawPcapNgReader

from testbed.host.wait import wait_for
from tests.captured import captured, listening
from tests.integration.lab_driver import Lab
from tests.integration.sandbox import lab_name
from tests.schemas import check_text

pytestmark = pytest.mark.root

TOPOLOGY = """\
from ipmininet.iptopo import IPTopo


class Twins(IPTopo):
    def build(self, *args, **kwargs):
        a, b = self.addRouters("ra", "rb")
        self.addLink(a, b)
        self.addLink(b, a)
        self.addLink(a, self.addHost("here"))
        self.addLink(b, self.addHost("there"))
        super().build(*args, **kwargs)
"""


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, str]]:
    file = tmp_path_factory.mktemp("links") / "twins.py"
    file.write_text(TOPOLOGY)
    file.parent.chmod(0o755)
    lab = Lab(lab_name("links"), None)
    try:
        lab.run("up", str(file), "--cluster", "none")
        yield lab, str(file)
    finally:
        lab.run("down")


def flags(lab: Lab, node: str, interface: str) -> str:
    return lab.run("exec", node, "ip", "-br", "link", "show", interface).stdout


def states(lab: Lab) -> dict[str, str]:
    """Of links that are down or shaped, as the drawing tells."""
    drawn = lab.run("graph", "-n", lab.name).stdout.split("\n\n")[-1].splitlines()
    words = (line.split(maxsplit=1) for line in drawn if line.startswith(("ra-", "rb-")))
    return {link: state.strip() for link, state in words}


def test_the_drawing_shows_how_links_are_shaped_now(twins: tuple[Lab, str]) -> None:
    lab, _ = twins
    lab.run("link", "set", "ra", "here", "--bw", "10")
    assert states(lab) == {"ra-here": "10 Mbit/s"}
    lab.run("link", "set", "ra", "here")
    assert states(lab) == {}


def test_a_cut_is_an_event_of_both_ends(twins: tuple[Lab, str]) -> None:
    lab, _ = twins
    lab.run("link", "down", "ra:ra-rb", "rb")

    def told() -> tuple[set[str] | None, str]:
        said = lab.run("events", "-o", "json").stdout
        check_text("events", said)
        found = [json.loads(line) for line in said.splitlines()]
        down = {e["node"] for e in found if e["kind"] == "isis" and "Up → Down" in e["what"]}
        return (down if down == {"ra", "rb"} else None), said

    wait_for("both ends to tell of the cut", told, timeout=60, interval=0.5)
    lab.run("link", "up", "ra:ra-rb", "rb")
    lab.run("wait")


def test_of_parallel_links_one_has_to_be_named(twins: tuple[Lab, str]) -> None:
    lab, file = twins
    for command in (("down",), ("up",), ("set",)):
        said = lab.run("link", *command, "ra", "rb", expect=2).stderr
        assert "fix: name it by an interface: ra:ra-rb, ra:ra-rb.2" in said
    lab.run("link", "down", "rb", "ra:ra-rb.2")
    assert "DOWN" in flags(lab, "ra", "ra-rb.2") and "DOWN" in flags(lab, "rb", "rb-ra.2")
    assert "UP" in flags(lab, "ra", "ra-rb") and "UP" in flags(lab, "rb", "rb-ra")
    assert states(lab) == {"rb-ra.2": "down"}
    said = lab.run("status", expect=1).stdout
    assert f"rb-ra.2 is down (`testbed link up -n {lab.name} rb:rb-ra.2 ra`)" in said
    lab.run("link", "up", "rb:rb-ra.2", "ra")  # as status says
    lab.run("wait")
    lab.run("link", "down", "ra:ra-rb", "rb")
    assert "ra-rb was down, and is up again" in lab.run("up", file, "--cluster", "none").stderr
    lab.run("wait")  # IS-IS may hear of the cut only after the repair
    assert "UP" in flags(lab, "ra", "ra-rb")


def test_a_mended_link_of_a_host_leads_out_again(twins: tuple[Lab, str]) -> None:
    """The kernel forgets a default route with its link."""
    lab, file = twins
    lab.run("link", "down", "ra", "here")
    assert "ra-here is down" in lab.run("status", expect=1).stdout
    lab.run("link", "up", "ra", "here")
    lab.run("wait")
    lab.run("path", "here", "there", "-6")
    lab.run("exec", "here", "ip", "link", "set", "here-ra", "down")
    assert "ra-here is down" in lab.run("status", expect=1).stdout
    lab.run("up", file, "--cluster", "none")
    lab.run("path", "here", "there", "-6")


def test_a_lost_default_route_is_named_and_repaired(twins: tuple[Lab, str]) -> None:
    lab, file = twins
    lab.run("exec", "here", "ip", "-6", "route", "del", "default")
    said = lab.run("status", expect=1).stdout
    assert "here: no route to default via" in said
    assert "here has its route to default again" in lab.run("up", file, "--cluster", "none").stderr
    assert lab.status()["problems"] == []


@pytest.fixture(scope="module")
def pods(gobgpd: Path) -> Iterator[Lab]:
    lab = Lab(lab_name("narrow"), gobgpd)
    try:
        lab.run("up", "basic")
        yield lab
    finally:
        lab.run("down")


@pytest.mark.parametrize("end", [("r1", "r1-worker1"), ("worker1", "worker1-r1")])
def test_a_narrow_link_loses_long_packets_and_is_repaired(pods: Lab, end: tuple[str, str]) -> None:
    """Short packets pass: routes, sessions and short probes are as wanted."""
    node, interface = end
    pods.run("exec", node, "ip", "link", "set", interface, "mtu", "1300")
    said = pods.run("status", "--probe", expect=1).stdout
    assert f"{interface} has MTU 1300 instead of 1380 (`testbed up" in said
    assert "long packets are lost from pod-" in said and "no probe arrives" not in said
    assert f"{interface} had MTU 1300, and has 1380 again" in pods.run("up", "basic").stderr
    assert "and measured: 12 of 12 probes" in pods.run("status", "--probe").stdout


def test_a_link_that_somebody_made_slow_is_slow_and_loses_nothing(pods: Lab) -> None:
    """Two dozen probes take seconds at 100 kbit/s: they are waited for, as the plan cannot know."""
    pods.run("link", "set", "r1", "worker1", "--bw", "0.1")
    measured = json.loads(pods.run("status", "--probe", "-f", "json").stdout)["measured"]
    assert (measured["probes"], measured["lost"]) == (12, [])
    pods.run("link", "set", "r1", "worker1")


def test_a_dry_run_says_what_each_end_gets_and_changes_nothing(twins: tuple[Lab, str]) -> None:
    lab, _ = twins

    def shown() -> str:
        return lab.run("exec", "ra", "tc", "qdisc", "show", "dev", "ra-here").stdout

    def dry(*options: str) -> list[str]:
        before = shown()
        said = lab.run("link", "set", "ra", "here", *options, "--dry-run").stdout.splitlines()
        assert shown() == before
        return said

    def both(change: str) -> list[str]:
        return [f"{end} {change} (dry run)" for end in ("ra:ra-here", "here:here-ra")]

    assert dry("--bw", "10") == both("shaped: bw 10")
    lab.run("link", "set", "ra", "here", "--bw", "10")
    assert dry("--bw", "10") == both("unchanged: bw 10")
    assert dry("--bw", "20") == both("changed: bw 20")
    assert dry() == both("withdrawn: no shaping")
    lab.run("link", "set", "ra", "here", "--bw", "9999", "--dry-run", expect=2)
    lab.run("link", "set", "ra", "nobody", "--bw", "1", "--dry-run", expect=2)
    lab.run("link", "set", "ra", "here")
    assert dry() == both("unchanged: no shaping")


def test_verbose_says_what_runs_inside_the_lab(twins: tuple[Lab, str]) -> None:
    lab, file = twins
    plain, verbose = (lab.run("link", "up", "ra:ra-rb", "rb", *v) for v in ((), ("-v",)))
    assert plain.stdout == verbose.stdout and "+ " not in plain.stderr
    assert "+ [ra] ip -n ra link set dev ra-rb up" in verbose.stderr
    again = lab.run("up", file, "--cluster", "none", "-v").stderr.splitlines()
    assert any(line.startswith("+ [") for line in again)


def test_several_nodes_are_captured_into_one_stream(twins: tuple[Lab, str], tmp_path: Path) -> None:
    lab, _ = twins
    file, words = tmp_path / "all.pcapng", tmp_path / "words"
    wanted = {"ra:ra-here", "rb:rb-there", "here:here-ra"}
    command = lab.command("capture", "ra", "rb", "here:here-ra", "icmp6", "-w", str(file))
    with words.open("w") as stderr:
        process = subprocess.Popen(command, env=lab.env(), stdin=subprocess.DEVNULL, stderr=stderr)
    try:
        wait_for("three captures", lambda: listening(words.read_text(), 3), 30)
        lab.run("exec", "here", "ping", "-6", "-c", "1", address(lab, "there"))
        wait_for("packets", lambda: (wanted <= captured(file) or None, str(captured(file))), 30)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    times = [(m.tshigh << 32) + m.tslow for _, m in RawPcapNgReader(str(file))]  # type: ignore[attr-defined]
    assert times == sorted(times)
    lab.run("capture", "ra", "rb", expect=2)
    said = lab.run("capture", "ra", "rb:no-such", "-w", str(file), expect=1).stderr
    assert "rb:no-such: tcpdump: no-such: No such device exists" in said


def address(lab: Lab, node: str) -> str:
    said = lab.run("exec", node, "ip", "-j", "-6", "addr", "show", "scope", "global").stdout
    return str(json.loads(said)[0]["addr_info"][0]["local"])
