"""The time of day is set while programs run: by an hour back, by a day forward."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from testbed.backbone.routers import daemon_program
from testbed.host import frr
from testbed.host.supervisor import Program
from testbed.host.wait import wait_for
from tests.integration.sandbox import Sandbox, kept
from tests.integration.supervised import PATIENCE, Supervised, supervised

pytestmark = pytest.mark.root

HOUR, DAY = 3600, 86400
SLEEPS = ("sleep", "infinity")
PROGRAMS = (
    Program("r1.zebra", "", SLEEPS),
    Program("r1.isisd", "", SLEEPS, restarts_with="r1.zebra", minds_clock=True),
    Program("r1.follower", "", SLEEPS, restarts_with="r1.zebra"),
)
ROUTERS = ("r1", "r2", "r3")
LINK = """\
interface {}
 ipv6 router isis x
 isis network point-to-point
 isis hello-interval 1
 isis hello-multiplier 3
"""
AREA = """\
interface lo
 ipv6 router isis x
 isis passive
router isis x
 lsp-gen-interval 1
 is-type level-2-only
 metric-style wide
 net 49.0001.0000.0000.000{}.00
"""


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Supervised]:
    with supervised(tmp_path) as found:
        found.add(PROGRAMS)
        yield found


def test_programs_that_mind_it_start_anew_and_later_restarts_are_in_order(
    running: Supervised,
) -> None:
    before = running.pids()
    running.set_clock(-HOUR)
    running.wait_other("r1.isisd", before["r1.isisd"])
    after = running.wait_settled(PROGRAMS)
    assert {n for n, pid in before.items() if after[n] != pid} == {"r1.isisd"}
    running.supervisor.kill("r1.zebra")
    running.wait_other("r1.zebra", after["r1.zebra"])
    last = running.wait_settled(PROGRAMS)
    assert not {*last.values()} & {*after.values()}, "zebra's followers start anew with it"


def test_a_clock_set_forward_ends_nothing(running: Supervised) -> None:
    before = running.pids()
    running.set_clock(DAY)
    running.supervisor.kill("r1.follower")
    running.wait_other("r1.follower", before["r1.follower"])  # a second later: it saw the clock
    after = running.wait_settled(PROGRAMS)
    assert {n for n, pid in before.items() if after[n] != pid} == {"r1.follower"}


@pytest.fixture
def libfaketime() -> Path:
    found = [*Path("/usr/lib").glob("*/faketime/libfaketime.so.1")]
    if not found:
        pytest.skip("libfaketime is missing; packages-test.apt has it")
    return found[0]


@pytest.fixture
def box() -> Iterator[tuple[Sandbox, Path]]:
    """A machine within the machine with three routers in a row, and a directory of both."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)  # FRR's user reads the clock
        box = Sandbox([*kept(None), directory])
        try:
            box.do(_network())
            yield box, directory
        finally:
            box.close()


def test_is_is_announces_a_cut_after_the_clock_was_set_back(
    box: tuple[Sandbox, Path], libfaketime: Path
) -> None:
    """isisd makes the next LSP a second after the last one, by the time of day."""
    sandbox, directory = box
    with supervised(directory, sandbox.inside) as routers:
        moved = {
            "LD_PRELOAD": str(libfaketime),
            "FAKETIME_TIMESTAMP_FILE": str(routers.clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        for router in ROUTERS:
            _configure(sandbox, router)
        daemons: list[Program] = []
        # in order, as in a lab: isisd looks for zebra every 10 s
        for daemon in (d for d in frr.installed() if d.runs == "always"):
            these = [replace(daemon_program(r, daemon), environment=moved) for r in ROUTERS]
            routers.add(these)
            _wait_sockets(sandbox, daemon)
            daemons += these
        _wait_route(sandbox, there=True)
        isisd = routers.pids()["r2.isisd"]
        routers.set_clock(-HOUR)
        routers.wait_other("r2.isisd", isisd)
        routers.wait_settled(daemons)
        _wait_route(sandbox, there=True)
        sandbox.do("ip -n r2 link set r2-r3 down")
        _wait_route(sandbox, there=False)


def _network() -> str:
    """Shell commands: the routers, their links, a place for FRR's sockets."""
    # FRR 10 keeps what survives a restart there, which is the machine's own
    lines = ["if test -d /var/lib/frr; then mount -t tmpfs none /var/lib/frr; fi"]
    lines += [f"ip netns add {router}; ip -n {router} link set lo up" for router in ROUTERS]
    for one, other in pairwise(ROUTERS):
        ends = ((one, f"{one}-{other}"), (other, f"{other}-{one}"))
        names = " type veth peer name ".join(f"{name} netns {node}" for node, name in ends)
        lines.append(f"ip link add {names}")
        lines += [f"ip -n {node} link set {name} up" for node, name in ends]
    lines.append("ip -n r3 address add fd00::3/128 dev lo")
    return "\n".join(lines)


def _configure(sandbox: Sandbox, router: str) -> None:
    files = f"/run/testbed/nodes/{router}"
    others = "\n".join(LINK.format(f"{router}-{other}") for other in ROUTERS)
    isisd = f"{others}\n{AREA.format(router.removeprefix('r'))}"
    sandbox.do(
        f"mkdir -p {files} /run/frr/{router}\n"
        f"echo '{isisd}' > {files}/isisd.conf\n"
        f"echo 'ipv6 forwarding' > {files}/zebra.conf\n"
        f"chown -R frr:frr {files} /run/frr"
    )


def _wait_sockets(sandbox: Sandbox, daemon: frr.Daemon) -> None:
    """Until others can talk to a daemon of each router."""
    tests = " && ".join(f"test -e /run/frr/{router}/{daemon.socket}" for router in ROUTERS)
    asked = f"if {tests}; then echo there; fi"
    wait_for(daemon.name, lambda: (sandbox.output(asked) or None, "no socket"), PATIENCE)


def _wait_route(sandbox: Sandbox, *, there: bool) -> None:
    """Until r1 has a route to r3, or has none."""
    asked = "ip -n r1 -6 route show fd00::3"

    def probe() -> tuple[bool | None, str]:
        said = sandbox.output(asked)
        return (True if bool(said) == there else None), said or "no route"

    wait_for(f"r1 to {'have a' if there else 'lose its'} route to r3", probe, PATIENCE / 2, 0.1)
