"""The service veth, behind which packets enter and leave SRv6 where there are Services. Pure.

Linux encapsulates right behind PREROUTING and decapsulates past it, so that conntrack would see
half of every connection, and no address translation would work across SRv6. So the stack gets a
device, INSIDE, whose other end, TUNNEL, is where encapsulation happens: what goes to remote pods
leaves by INSIDE and what comes from them arrives by it, through all hooks. The kernel-wide switch
net.netfilter.nf_hooks_lwtunnel stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from testbed.agent.desired.routes import PROTOCOL
from testbed.json_types import JsonObject, get_number, get_text

INSIDE, TUNNEL = "srv6", "srv6-tun"
ENDS = (INSIDE, TUNNEL)
# Neighbours that are never asked for: permanent entries stand in for addresses.
TO_TUNNEL, TO_INSIDE = "fe80::2", "fe80::1"
MACS = {INSIDE: "02:00:00:00:00:01", TUNNEL: "02:00:00:00:00:02"}
NEIGHBOURS = frozenset({(INSIDE, TO_TUNNEL, MACS[TUNNEL]), (TUNNEL, TO_INSIDE, MACS[INSIDE])})
# What arrives on TUNNEL from INSIDE is routed by one table; End.DT6 sends by the other.
EGRESS_TABLE, INGRESS_TABLE = 201, 202
Rule = tuple[int, str, str]  # priority, incoming interface, table
RULE: Rule = (100, TUNNEL, str(EGRESS_TABLE))
FAMILIES = (6, 4)


@dataclass(frozen=True)
class ServiceVeth:
    """The wanted veth. Both ends have the pods' MTU (bytes), so that path MTUs come out right.

    `vrf`: the VRF of End.DT4 (testbed.agent.desired.vrf) leads into it.
    """

    mtu: int
    vrf: bool = False


@dataclass(frozen=True)
class End:
    """One end as the kernel has it; `peer` is the name of the other."""

    mac: str
    mtu: int
    up: bool
    peer: str


@dataclass(frozen=True)
class Seen:
    """What there is of a service veth: ends, permanent neighbours, the agent's rules by family."""

    ends: Mapping[str, End] = field(default_factory=dict)
    neighbours: frozenset[tuple[str, str, str]] = frozenset()
    rules: Mapping[int, tuple[Rule, ...]] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Are both ends there, and each other's peer?"""
        peers = {name: end.peer for name, end in self.ends.items()}
        return peers == {INSIDE: TUNNEL, TUNNEL: INSIDE}


def parse(
    links: Iterable[JsonObject],
    neighbours: Iterable[JsonObject],
    rules: Mapping[int, Iterable[JsonObject]],
) -> Seen:
    """From `ip -j`: `link show type veth`, `neigh show nud permanent`, `rule show`."""
    ends = {
        get_text(entry, "ifname"): _parse_end(entry) for entry in links if entry["ifname"] in ENDS
    }
    known = {(str(e["dev"]), str(e["dst"]), str(e.get("lladdr"))) for e in neighbours}
    return Seen(
        ends,
        frozenset(n for n in known if n[0] in ENDS),
        {
            family: tuple(map(_parse_rule, filter(_is_ours, listed)))
            for family, listed in rules.items()
        },
    )


def _parse_end(entry: JsonObject) -> End:
    flags = entry["flags"]
    is_up = isinstance(flags, list) and "UP" in flags
    peer = str(entry.get("link", ""))
    return End(get_text(entry, "address"), get_number(entry, "mtu"), is_up, peer)


def _is_ours(rule: JsonObject) -> bool:
    return str(rule.get("protocol")) == str(PROTOCOL)


def _parse_rule(rule: JsonObject) -> Rule:
    return get_number(rule, "priority"), str(rule.get("iif", "")), str(rule.get("table", ""))


def creation(wanted: ServiceVeth | None, seen: Seen) -> list[str]:
    """Lines for `ip -batch`: a veth that is not whole goes, and a new one comes (still down).

    Without a wanted veth, whatever is left of one goes.
    """
    if wanted is not None and seen.whole:
        return []
    gone = [] if not seen.ends else [f"link del dev {sorted(seen.ends)[0]}"]
    if len(seen.ends) == len(ENDS) and not seen.whole:  # two halves of different veths
        gone = [f"link del dev {name}" for name in sorted(seen.ends)]
    if wanted is None:
        return gone
    ends = [f"{name} mtu {wanted.mtu} address {MACS[name]}" for name in ENDS]
    return [*gone, f"link add {ends[0]} type veth peer name {ends[1]}"]


def switches() -> dict[str, str]:
    """Sysctls of the veth, below /proc/sys/net; to be set before it goes up."""
    found = {f"ipv4/conf/{TUNNEL}/accept_local": "1"}  # the node's own packets come in here
    for end in ENDS:
        found |= {
            f"ipv4/conf/{end}/rp_filter": "0",
            f"ipv6/conf/{end}/disable_ipv6": "0",
            f"ipv6/conf/{end}/addr_gen_mode": "1",  # no address, and so no MLD noise
            f"ipv6/conf/{end}/accept_ra": "0",
            f"ipv6/conf/{end}/forwarding": "1",
            f"ipv6/conf/{end}/seg6_enabled": "0",  # an SRH of a pod's is not for this node
        }
    return found


def settings(wanted: ServiceVeth | None, seen: Seen, family: int) -> list[str]:
    """Lines for `ip -FAMILY -force -batch -` that make a whole veth what it shall be.

    Family 6 has what belongs to both.
    """
    rules = _rule_lines(wanted, seen.rules.get(family, ()))
    if wanted is None or family == 4:
        return rules
    lines = []
    for name in ENDS:
        end = seen.ends.get(name)
        if end is None or (end.mac, end.mtu, end.up) != (MACS[name], wanted.mtu, True):
            lines.append(f"link set dev {name} mtu {wanted.mtu} address {MACS[name]} up")
    for device, address, mac in sorted(NEIGHBOURS - seen.neighbours):
        lines.append(f"neigh replace {address} lladdr {mac} dev {device} nud permanent")
    return lines + rules


def _rule_lines(wanted: ServiceVeth | None, have: tuple[Rule, ...]) -> list[str]:
    want = (RULE,) if wanted else ()
    lines = [f"rule add {_render_rule(rule)}" for rule in want if rule not in have]
    return lines + [f"rule del {_render_rule(rule)}" for rule in have if rule not in want]


def _render_rule(rule: Rule) -> str:
    priority, interface, table = rule
    incoming = f"iif {interface} " if interface else ""
    return f"priority {priority} {incoming}lookup {table} protocol {PROTOCOL}"


def faults(wanted: ServiceVeth | None, seen: Seen) -> list[str]:
    """What is not as wanted, as sentences; empty when all is well."""
    if wanted is None:
        return [f"{name} is left over" for name in sorted(seen.ends)]
    if not seen.whole:
        return [f"the pair {INSIDE}/{TUNNEL}, by which Services cross SRv6, is not there"]
    lines = [line for family in FAMILIES for line in settings(wanted, seen, family)]
    return [f"the pair {INSIDE}/{TUNNEL} lacks: {line}" for line in lines]
