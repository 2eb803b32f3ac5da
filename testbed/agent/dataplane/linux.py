"""The Linux data plane: brings this network namespace's kernel to the wanted state, by diff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address

from testbed.agent.dataplane import overlay_devices, service_veth, vrf
from testbed.agent.dataplane.firewall import Firewall
from testbed.agent.dataplane.run import attempt, listed, run, understood
from testbed.agent.dataplane.sysctl import set_switch
from testbed.agent.desired import route_faults, route_listing, routes, underlay
from testbed.agent.desired.capabilities import Capabilities
from testbed.agent.desired.overlays.devices import Tunnels
from testbed.agent.desired.overlays.registry import DEVICE_KINDS, TITLES
from testbed.agent.desired.routes import ENTRY, Route
from testbed.agent.desired.service_veth import ServiceVeth
from testbed.agent.desired.underlay import Underlay
from testbed.errors import TestbedError

_NO_TUNNELS = Tunnels()
_PROBE_PREFIX = "100::bad:cafe/128"  # discard-only (RFC 6666)


@dataclass
class Linux:
    """The data plane of one node. Not safe for use by several threads."""

    uplink: str
    tunnel_source: IPv6Address
    _firewall: Firewall = field(default_factory=Firewall, init=False)
    _tunnel_source_set: bool = field(default=False, init=False)
    _veth_gone: bool = field(default=False, init=False)  # one of an earlier agent, that is
    _applied: Sequence[Route] | None = field(default=None, init=False)  # None: not all is known
    _beside: tuple[object, ...] = field(default=(), init=False)  # wanted with these routes

    def probe(self) -> Capabilities:
        """Try what the wanted state may need; leaves nothing behind."""
        red = _accepts_route(f"encap seg6 mode encap.red segs {self.tunnel_source}")
        local = _accepts_route("encap seg6local action End.DT6 table 254")
        binding = _accepts_route(f"encap seg6local action {ENTRY} srh segs {self.tunnel_source}")
        dx4 = _accepts_route("encap seg6local action End.DX4 nh4 0.0.0.0")
        notes = []
        if not red:
            notes.append(
                "C3 unsupported: this kernel or iproute2 lacks encap.red (kernel 6.0 or newer), "
                "so best effort carries an SRH with one segment"
            )
        if not (local and dx4):
            notes.append("this kernel lacks seg6local: nothing that arrives can be decapsulated")
        elif not binding:
            notes.append("this kernel lacks End.B6.Encaps: no binding SID is installed")
        kinds = overlay_devices.possible()
        for kind in sorted(DEVICE_KINDS):
            if kind not in kinds:
                notes.append(f"this kernel lacks {TITLES[kind]}: no pool can have it (C9)")
        has_vrf = local and vrf.possible()
        return Capabilities(red, local and dx4, binding, has_vrf, kinds, tuple(notes))

    def prepare(self) -> list[str]:
        """Switches of the namespace that forwarding needs; returns what could not be set."""
        wanted = {
            "ipv4/ip_forward": "1",
            "ipv6/conf/all/forwarding": "1",
            "ipv4/conf/all/rp_filter": "0",
            "ipv4/conf/default/rp_filter": "0",
            f"ipv4/conf/{self.uplink}/rp_filter": "0",
            "ipv4/fib_multipath_hash_policy": "1",
            "ipv6/fib_multipath_hash_policy": "1",
            **{f"ipv6/conf/{i}/seg6_enabled": "1" for i in ("all", "default", self.uplink)},
        }
        problems = [p for p in (set_switch(k, v) for k, v in wanted.items()) if p]
        if not self._tunnel_source_set:
            try:
                run(["ip", "sr", "tunsrc", "set", str(self.tunnel_source)])
                self._tunnel_source_set = True
            except TestbedError as error:
                problems.append(f"tunnel source {self.tunnel_source}: {error.why or error.what}")
        return problems

    def read(self) -> list[Route]:
        """The agent's routes as the kernel has them."""
        found: list[Route] = []
        for family in (4, 6):
            show = ["ip", "-N", "-j", f"-{family}", "route", "show", "proto", str(routes.PROTOCOL)]
            with understood(show):
                found += route_listing.parse(listed([*show, "table", "all"]), family)
        return found

    def read_underlay(self) -> Underlay:
        """What the routes that are not the agent's lead to."""
        show = ["ip", "-N", "-j", "-6", "route", "show", "table", "main"]
        with understood(show):
            return underlay.parse(listed(show))

    def apply(
        self,
        wanted: Sequence[Route],
        veth: ServiceVeth | None,
        rules: str,
        tunnels: Tunnels = _NO_TUNNELS,
        keep: bool = False,
    ) -> list[str]:
        """Bring devices, nftables table and routes to the wanted ones; returns what is not so.

        Routes that lead to a device come after it, and one that is not wanted goes after them.
        `keep` deletes nothing of all this: not everything that is wanted is known yet.
        """
        self._applied = None
        problems = service_veth.apply(veth) + vrf.apply(veth.vrf) if veth else []
        if tunnels.devices and not keep:
            problems += overlay_devices.apply(tunnels)
        refusal = self._firewall.load(rules)
        problems += self._apply_routes(wanted, keep)
        # after the routes, as listing the table takes longer than a route
        refusal = refusal or self._firewall.reload_if_changed()
        problems += [refusal] if refusal else []
        if veth is None and not keep and not self._veth_gone:
            left = service_veth.apply(None) + vrf.apply(False)
            self._veth_gone = not left
            problems += left
        if not tunnels.devices and not keep:
            problems += overlay_devices.apply(tunnels)
        if not problems and not keep:
            self._applied, self._beside = wanted, (veth, rules, tunnels)
        return problems

    def apply_difference(
        self,
        wanted: Sequence[Route],
        veth: ServiceVeth | None,
        rules: str,
        tunnels: Tunnels = _NO_TUNNELS,
    ) -> bool:
        """Change what differs from what was applied, without a look at the kernel.

        False: apply() has to do it, as more than routes differ, or not all was as wanted.
        """
        if self._applied is None or self._beside != (veth, rules, tunnels):
            return False
        complaints = _change_routes(routes.diff(wanted, self._applied))
        self._applied = None if complaints else wanted
        return not complaints

    def _apply_routes(self, wanted: Sequence[Route], keep: bool) -> list[str]:
        change = _without_deletions(routes.diff(wanted, self.read()), keep)
        if change.empty:
            return []
        complaints = _change_routes(change)
        have = self.read()
        left = _without_deletions(routes.diff(wanted, have), keep)
        return route_faults.describe(left, have, complaints)


def _change_routes(change: routes.Change) -> list[str]:
    """Give the difference to the kernel; returns what `ip` complains of."""
    complaints: list[str] = []
    for family in (6, 4):
        lines = routes.commands(change, family)
        if lines:
            batch = ["ip", f"-{family}", "-force", "-batch", "-"]
            done = attempt(batch, "\n".join(lines) + "\n")
            complaints += _parse_complaints(done.stderr, lines)
    return complaints


def _without_deletions(change: routes.Change, keep: bool) -> routes.Change:
    return routes.Change(change.replace) if keep else change


def _accepts_route(encapsulation: str) -> bool:
    """Does the kernel take a route with this encapsulation? Only tried, in a table of its own."""
    table = f"table 18{routes.PROTOCOL}"
    line = f"{_PROBE_PREFIX} {table} {encapsulation} dev lo"
    if attempt(["ip", "-6", "route", "replace", *line.split()]).returncode:
        return False
    attempt(["ip", "-6", "route", "del", *f"{_PROBE_PREFIX} {table}".split()])
    return True


def _parse_complaints(stderr: str, lines: list[str]) -> list[str]:
    """ip's messages, each with the line that it is about ("Command failed -:N" follows it)."""
    found: list[str] = []
    message = ""
    for line in stderr.splitlines():
        if line.startswith("Command failed"):
            number = line.rpartition(":")[2]
            about = lines[int(number) - 1] if number.isdigit() and int(number) <= len(lines) else ""
            found.append(f"{about}: {message}" if about else message)
            message = ""
        else:
            message = line.strip()
    return found
