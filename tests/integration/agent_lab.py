"""Two cluster nodes around one router, in namespaces of their own: real gobgpd, real agents."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from testbed.agent.cni import plugin_main
from testbed.agent.desired.routes import PROTOCOL
from testbed.bgp.session import BgpDriver
from testbed.bgp.station import listen
from testbed.host.wait import wait_for
from tests.documents import Document
from tests.integration.raw_speaker import within
from tests.repository import ROOT

AnyLab = TypeVar("AnyLab", bound="Lab")
WAYPOINT = "fcff:1::1"  # the router's loopback; seg6 makes it an End
MTU = 1380
COMMUNITY = "64512:1:1"  # of blocks to which the router shall have routes
POOLS = """
- {kind: IPPool, metadata: {name: v4}, spec: {cidr: 172.16.0.0/16, natOutgoing: true}}
- {kind: IPPool, metadata: {name: v6}, spec: {cidr: "fdfb:af47:32af::/48"}}
- {kind: IPPool, metadata: {name: sr-policies-pool}, spec: {cidr: "cafe::/118", nodeSelector: "!all()"}}
- {kind: IPPool, metadata: {name: sr-localsids-pool-w1}, spec: {cidr: "fcdd:0:0:1::/64"}}
- {kind: IPPool, metadata: {name: sr-localsids-pool-w2}, spec: {cidr: "fcdd:0:0:2::/64"}}
"""  # noqa: E501


def ip(*arguments: str) -> str:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr}"
    return done.stdout


@dataclass
class Lab:
    """Everything lies below `directory`; namespaces are named `<prefix>-<name>`."""

    directory: Path
    gobgpd: str
    prefix: str = field(default_factory=lambda: f"agt{os.getpid()}")
    services: bool = False
    pod_namespace: str = ""  # of the pods' objects; empty: they are none
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    namespaces: list[str] = field(default_factory=list)

    @property
    def api(self) -> Path:
        return self.directory / "api"

    def up(self) -> None:
        self.api.mkdir()
        self.put("pools.yaml", "kind: List\nitems:" + POOLS)
        self._namespace("r")
        self._in(
            "r",
            "sysctl",
            "-qw",
            "net.ipv6.conf.all.forwarding=1",
            "net.ipv4.ip_forward=1",
            "net.ipv6.conf.all.seg6_enabled=1",
            "net.ipv6.conf.default.seg6_enabled=1",
        )
        ip("-n", self.ns("r"), "address", "add", f"{WAYPOINT}/128", "dev", "lo")
        for number in (1, 2):
            self._node(number)
        for number in (1, 2):
            self.start_gobgpd(f"w{number}")
            self.start_agent(f"w{number}")

    @contextmanager
    def running(self: AnyLab, complete: Callable[[Document], bool]) -> Iterator[AnyLab]:
        """Up for a `with` block, which begins once both nodes' statuses are complete."""
        try:
            self.up()
            for name in ("w1", "w2"):
                self.wait(name, f"the overlay of {name}", complete)
            yield self
        finally:
            self.down()

    def down(self) -> None:
        for name in list(self.processes):
            self.stop(name, signal.SIGKILL)
        for name in self.namespaces:
            subprocess.run(["ip", "netns", "del", self.ns(name)], check=False, capture_output=True)

    def ns(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def _namespace(self, name: str) -> None:
        ip("netns", "add", self.ns(name))
        self.namespaces.append(name)
        ip("-n", self.ns(name), "link", "set", "lo", "up")

    def _in(self, name: str, *command: str) -> str:
        done = self.attempt(name, *command)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def attempt(self, name: str, *command: str) -> subprocess.CompletedProcess[str]:
        enter = ["nsenter", f"--net=/run/netns/{self.ns(name)}", "--"]
        return subprocess.run([*enter, *command], capture_output=True, text=True, check=False)

    def _node(self, number: int) -> None:
        name, router = f"w{number}", self.ns("r")
        self._namespace(name)
        ip("-n", router, "link", "add", f"r-{name}", "mtu", str(MTU), "type", "veth",
           "peer", "name", f"{name}-r", "mtu", str(MTU), "netns", self.ns(name))  # fmt: skip
        for ns, device, host in ((router, f"r-{name}", 1), (self.ns(name), f"{name}-r", 2)):
            ip("-n", ns, "address", "add", f"fd{number}::{host}/64", "dev", device, "nodad")
            ip("-n", ns, "address", "add", f"192.168.{number}.{host}/24", "dev", device)
            ip("-n", ns, "link", "set", device, "up")
        self._in("r", "sysctl", "-qw", f"net.ipv6.conf.r-{name}.seg6_enabled=1")
        ip("-n", router, "route", "add", f"fcdd:0:0:{number}::/64", "via", f"fd{number}::2")
        ip("-n", self.ns(name), "-6", "route", "add", "default", "via", f"fd{number}::1")
        ip("-n", self.ns(name), "-4", "route", "add", "default", "via", f"192.168.{number}.1")
        state = self.directory / name
        state.mkdir()
        (state / "agent.json").write_text(json.dumps(self.config(number)))

    def config(self, number: int) -> Document:
        name = f"w{number}"
        state = self.directory / name
        return {
            "node": name,
            "address_v6": f"fd{number}::2",
            "address_v4": f"192.168.{number}.2",
            "router_id": f"192.168.{number}.2",
            "uplink": f"{name}-r",
            "asn": 64512,
            "te_mode": "bgp",
            "pod_mtu": MTU - 96,
            "max_segments": 3,
            "local_sids": {"dt4": f"fcdd:0:0:{number}::d4", "dt6": f"fcdd:0:0:{number}::d6"},
            "binding_sids": {"v4": f"cafe::{number}4", "v6": f"cafe::{number}6"},
            "source": {"kind": "directory", "path": str(self.api)},
            "services": self.services,
            "gateway": {
                "router": "r",
                "v6": f"fd{number}::1",
                "v4": f"192.168.{number}.1",
                "asn": 64512,
                "community": COMMUNITY,
            },
            "gobgp_socket": str(state / "gobgpd.sock"),
            "state_dir": str(state),
        }

    def start_gobgpd(self, name: str) -> None:
        socket = self.directory / name / "gobgpd.sock"
        socket.unlink(missing_ok=True)
        self._start(f"{name}.gobgpd", name, self.gobgpd, "--api-hosts", f"unix://{socket}")

    def injector(self) -> BgpDriver:
        """A gobgpd on the router with a session to w1, and what drives it."""
        (self.directory / "r").mkdir()
        self.start_gobgpd("r")
        spec = {"peerIP": "fd1::1", "node": "w1"}
        peer = {"kind": "BGPPeer", "metadata": {"name": "injector"}, "spec": spec}
        self.put("peer.json", json.dumps(peer))
        driver = BgpDriver(
            self.directory / "r" / "gobgpd.sock", listener=lambda: within(self.ns("r"), listen)
        )
        driver.start()
        return driver

    def start_agent(self, name: str) -> None:
        config = self.directory / name / "agent.json"
        self._start(f"{name}.agent", name, sys.executable, "-m", "testbed.agent", "--config",
                    str(config))  # fmt: skip

    def _start(self, process: str, name: str, *command: str) -> None:
        enter = ["nsenter", f"--net=/run/netns/{self.ns(name)}", "--"]
        with (self.directory / f"{process}.log").open("ab") as log:
            self.processes[process] = subprocess.Popen(
                [*enter, *command], stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=ROOT
            )

    def stop(self, process: str, how: signal.Signals = signal.SIGTERM) -> int:
        running = self.processes.pop(process)
        running.send_signal(how)
        return running.wait(20)

    def put(self, name: str, text: str) -> None:
        draft = self.api / f".{name}"
        draft.write_text(text)
        draft.replace(self.api / name)

    def status(self, name: str) -> Document:
        try:
            return dict(json.loads((self.directory / name / "status.json").read_text()))
        except FileNotFoundError:
            return {}

    def wait(self, name: str, what: str, holds: Callable[[Document], bool]) -> Document:
        """Until the node's status is so; on timeout the last status and the agent's log."""

        def probe() -> tuple[Document | None, str]:
            status = self.status(name)
            if status and holds(status):
                return status, ""
            log = (self.directory / f"{name}.agent.log").read_text()[-2000:]
            return None, f"{json.dumps(status)}\n{log}"

        return wait_for(what, probe, timeout=30.0)

    def cni(self, command: str, name: str, pod: str, **more: object) -> tuple[int, Document]:
        args = f"K8S_POD_NAME={pod}"
        if self.pod_namespace:
            args += f";K8S_POD_NAMESPACE={self.pod_namespace}"
        environment = {
            "PATH": os.environ["PATH"],
            "CNI_COMMAND": command,
            "CNI_CONTAINERID": pod,
            "CNI_NETNS": f"/run/netns/{self.ns(pod)}",
            "CNI_IFNAME": "eth0",
            "CNI_ARGS": args,
        }
        socket = str(self.directory / name / "cni.sock")
        config = {"cniVersion": "1.1.0", "name": "t", "type": "testbed", "agentSocket": socket}
        done = subprocess.run(
            [sys.executable, "-I", plugin_main.__file__], input=json.dumps({**config, **more}),
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, json.loads(done.stdout) if done.stdout else {}

    def pod(self, name: str, pod: str) -> dict[int, str]:
        """Make a pod on a node; its addresses by family."""
        self._namespace(pod)
        code, result = self.cni("ADD", name, pod)
        assert code == 0, result
        addresses = [entry["address"].split("/")[0] for entry in result["ips"]]
        return {6 if ":" in address else 4: address for address in addresses}

    def ping(self, pod: str, address: str, *options: str) -> subprocess.CompletedProcess[str]:
        return self.attempt(pod, "ping", "-c", "3", "-i", "0.05", "-W", "2", *options, address)

    def routes(self, name: str) -> str:
        """The agent's routes as text, without what the kernel counts."""
        show = ("route", "show", "proto", str(PROTOCOL), "table", "all")
        return "".join(ip("-n", self.ns(name), f"-{family}", *show) for family in (4, 6))
