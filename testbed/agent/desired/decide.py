"""The pure heart: everything that an agent knows → everything that shall be. No I/O, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_network
from typing import Any

from testbed.agent.cni.attachments import Attachment
from testbed.agent.config import AgentConfig, SidPair
from testbed.agent.dataplane import firewall, vrf
from testbed.agent.dataplane.linux import Capabilities
from testbed.agent.desired import candidates, pool_problems, sessions, status_entries, te_config
from testbed.agent.desired import service_veth as pair
from testbed.agent.desired.candidates import Judged, Target
from testbed.agent.desired.forwarding import Plane, plane
from testbed.agent.desired.overlays import tunnels
from testbed.agent.desired.overlays.tunnels import Tunnels
from testbed.agent.desired.routes import Hop, Key, Route
from testbed.agent.desired.service_veth import Pair
from testbed.agent.desired.te_config import Refusal
from testbed.agent.ipam.addresses import blocks_of
from testbed.agent.model.objects import IpAddress, IpNetwork, IPPool, Objects
from testbed.bgp import unicast
from testbed.bgp.model import Announcement, DesiredBgp, Family, PeerStatus, ReceivedPath
from testbed.errors import TestbedError
from testbed.srpolicy.bgp import codec
from testbed.srpolicy.model import Candidate, SegmentList, best_effort

FAMILIES = (4, 6)
_MAX_WEIGHT = 256  # of a Linux next hop


@dataclass(frozen=True)
class OwnSid:
    """A SID that this node decapsulates, with the inner address family."""

    sid: IPv6Address
    family: int


@dataclass(frozen=True)
class Inputs:
    """All that a decision depends on. The order inside `paths` means nothing."""

    config: AgentConfig
    capabilities: Capabilities = field(default_factory=Capabilities)
    objects: Objects = field(default_factory=Objects)
    blocks: tuple[IpNetwork, ...] = ()
    paths: tuple[ReceivedPath, ...] = ()
    peers: tuple[PeerStatus, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    replaced_sids: tuple[OwnSid, ...] = ()


@dataclass(frozen=True)
class Prefix:
    """A pod prefix, who has it, and how it is reached.

    `via` is "segments", "plain", "local", or the kind of a legacy overlay.
    """

    prefix: str
    next_hop: str
    via: str


@dataclass
class Wanted:
    """What shall be. `own_sids` are announced ones, `problems` are sentences for people."""

    routes: list[Route] = field(default_factory=list)
    bgp: DesiredBgp | None = None
    pair: Pair | None = None
    tunnels: Tunnels = field(default_factory=Tunnels)
    rules: str = ""  # of nftables
    own_sids: tuple[OwnSid, ...] = ()
    te_mode: str = "bgp"
    judged: list[Judged] = field(default_factory=list)
    prefixes: list[Prefix] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)  # those that concern a ConfigMap

    def status(self, inputs: Inputs) -> dict[str, Any]:
        """status.json, but for what only the shell knows (ready, generation, more problems)."""
        config, known = inputs.config, sessions.names(inputs.objects)
        sids: dict[str, Any] = {f"dt{s.family}": str(s.sid) for s in self.own_sids}
        return {
            "node": config.node,
            "te_mode": self.te_mode,
            "blocks": [str(block) for block in inputs.blocks],
            "local_sids": {**sids, "replaced": [str(s.sid) for s in inputs.replaced_sids]},
            "sessions": [status_entries.session(peer, known) for peer in inputs.peers],
            "pods": [status_entries.pod(attachment) for attachment in inputs.attachments],
            "policies": [candidates.to_dict(judged) for judged in self.judged],
            "prefixes": [vars(prefix) for prefix in self.prefixes],
            "overlays": ["srv6", *sorted(inputs.capabilities.tunnels)],
            "notes": list(inputs.capabilities.notes),
        }


def decide(inputs: Inputs) -> Wanted:
    """The whole wanted state; never raises on anything that users or peers can cause."""
    config, objects = inputs.config, inputs.objects
    wanted = Wanted()
    wanted.te_mode, mode_problems = te_config.te_mode(config, objects)
    asn = sessions.autonomous_system(config, objects)
    said, said_problems = te_config.node_config(config, objects)
    by_configmap = wanted.te_mode == "configmap"
    sids, sid_problems = te_config.local_sids(config, objects, said if by_configmap else None)
    wanted.own_sids = _own(sids)
    refused = [*mode_problems, *(said_problems if by_configmap else []), *sid_problems]

    known, faults = candidates.from_rib(config, asn, wanted.te_mode, inputs.paths)
    known += candidates.from_configmap(said.candidates if said else (), wanted.te_mode)
    wanted.judged, chosen = candidates.judge(config, known)
    wanted.refusals = [r for r in refused if r.config_map]
    if said and by_configmap:
        wanted.refusals += te_config.refused_policies(config, said, wanted.judged)
    remote, remote_problems = _remote_prefixes(inputs)
    peers, peer_problems = sessions.wanted(config, objects)

    has_vrf = inputs.capabilities.vrf
    forwarding = plane(config, has_vrf)
    wanted.pair = Pair(config.pod_mtu, has_vrf) if config.services else None
    legacy = _legacy_prefixes(inputs, remote)
    kinds = inputs.capabilities.tunnels
    behind = (IPv6Address(int(remote[p])) for p, kind in legacy.items() if kind == tunnels.VXLAN)
    wanted.tunnels = tunnels.wanted(objects.pools, config, kinds, behind)
    routes: dict[Key, Route] = {}
    _add(routes, forwarding.fixed(pool.cidr for pool in objects.pools if pool.for_pods))
    srv6 = {prefix: hop for prefix, hop in remote.items() if prefix not in legacy}
    _add(routes, _remote_routes(inputs, forwarding, srv6, chosen, wanted))
    _add(routes, _legacy_routes(inputs, remote, legacy, wanted))
    _add(routes, (Route(str(block), refusal="blackhole") for block in inputs.blocks))
    _add(routes, _pod_routes(inputs))
    _add(routes, _sid_routes(inputs, forwarding, wanted.own_sids))
    wanted.routes = [routes[key] for key in sorted(routes)]
    announced, announce_problems = _announcements(inputs, sids)
    wanted.bgp = DesiredBgp(asn, config.router_id, peers, announced)
    wanted.rules = _rules(inputs)
    wanted.problems += [
        *objects.problems,
        *pool_problems.problems(
            objects.pools, inputs.attachments, lambda p: tunnels.obstacle(p, config, kinds)
        ),
        *map(str, refused),
        *peer_problems,
        *faults,
        *remote_problems,
        *announce_problems,
    ]
    return wanted


def _add(routes: dict[Key, Route], more: Iterable[Route]) -> None:
    """Later ones win: what is local comes before what a peer says."""
    routes.update((route.key, route) for route in more)


def _own(sids: SidPair | None) -> tuple[OwnSid, ...]:
    return tuple(OwnSid(sids.of(family), family) for family in FAMILIES) if sids else ()


def remember(
    before: Iterable[OwnSid], was: Iterable[OwnSid], now: Iterable[OwnSid]
) -> list[OwnSid]:
    """The replaced SIDs: all that once were, without those whose address is in use (again)."""
    current = {own.sid for own in now}
    kept = {own.sid: own for own in (*before, *was) if own.sid not in current}
    return sorted(kept.values(), key=lambda own: int(own.sid))


def _remote_prefixes(inputs: Inputs) -> tuple[dict[IpNetwork, IpAddress], list[str]]:
    """Pod prefix → next hop, from what peers announce and we believe."""
    received, problems = unicast.decode_all(inputs.paths)
    pools = [pool for pool in inputs.objects.pools if pool.for_pods]
    hops: dict[IpNetwork, IpAddress] = {}
    for route in sorted(received, key=lambda r: (str(r.prefix), int(r.next_hop), r.peer)):
        refusal = _refusal(inputs, pools, route.prefix, route.next_hop)
        first = hops.get(route.prefix, route.next_hop)
        if refusal is None and first != route.next_hop:
            refusal = f"{first} has it too, and is taken"
        if refusal:
            problems.append(f"{route.prefix} from peer {route.peer} is not used: {refusal}")
        else:
            hops[route.prefix] = route.next_hop
    return hops, sorted(set(problems))


def _refusal(
    inputs: Inputs, pools: list[IPPool], prefix: IpNetwork, next_hop: IpAddress
) -> str | None:
    if next_hop == inputs.config.address_v6:
        return "its next hop is this node"
    if not isinstance(next_hop, IPv6Address):
        return f"its next hop {next_hop} is not an IPv6 address"
    if not blocks_of(pools, [prefix]) and not _claimed_by(inputs, prefix, next_hop):
        return "it is in no pool for pods"
    for block in inputs.blocks:
        if block.version == prefix.version and block.overlaps(prefix):
            return f"it overlaps this node's own block {block}"
    return None


def _claimed_by(inputs: Inputs, prefix: IpNetwork, next_hop: IPv6Address) -> bool:
    """Its pool is gone, but that node's pods still live in it."""
    owners = [a.node for a in inputs.objects.affinities if a.cidr == prefix]
    nodes = [inputs.objects.node(name) for name in owners]
    return any(node is not None and node.v6 == next_hop for node in nodes)


def _remote_routes(
    inputs: Inputs,
    forwarding: Plane,
    remote: dict[IpNetwork, IpAddress],
    chosen: dict[Target, Candidate],
    wanted: Wanted,
) -> list[Route]:
    """Encapsulating routes; a prefix without policy has none and is reported."""
    found: list[Route] = []
    wanted.prefixes = [
        Prefix(str(b), str(inputs.config.address_v6), "local") for b in inputs.blocks
    ]
    for prefix, next_hop in sorted(remote.items(), key=lambda item: str(item[0])):
        policy = chosen.get((IPv6Address(int(next_hop)), prefix.version))
        via = "segments" if policy else "plain"
        wanted.prefixes.append(Prefix(str(prefix), str(next_hop), via))
        if policy is None:
            wanted.problems.append(
                f"{prefix} is left to the underlay: no valid IPv{prefix.version} policy "
                f"towards {next_hop}"
            )
            continue
        found += forwarding.steer(str(prefix), hops(inputs, policy.segment_lists))
    return found


def _legacy_prefixes(inputs: Inputs, remote: Iterable[IpNetwork]) -> dict[IpNetwork, str]:
    """Which remote prefixes belong to a pool with a legacy overlay, and its kind."""
    pools = [p for p in inputs.objects.pools if p.for_pods and p.overlay in tunnels.KINDS]
    return {
        prefix: pool.overlay for prefix in remote for pool in pools if blocks_of([pool], [prefix])
    }


def _legacy_routes(
    inputs: Inputs,
    remote: dict[IpNetwork, IpAddress],
    legacy: dict[IpNetwork, str],
    wanted: Wanted,
) -> list[Route]:
    """Routes into the tunnels' devices; a prefix that none can lead to is reported."""
    config = inputs.config
    sources = {4: config.address_v4, 6: config.address_v6}
    made = {device.kind for device in wanted.tunnels.devices}
    found = []
    for prefix, kind in sorted(legacy.items(), key=lambda item: str(item[0])):
        node = IPv6Address(int(remote[prefix]))
        way = tunnels.hop(kind, node, inputs.objects) if kind in made else "see its IPPool"
        wanted.prefixes.append(
            Prefix(str(prefix), str(node), "plain" if isinstance(way, str) else kind)
        )
        if isinstance(way, str):
            wanted.problems.append(f"{prefix} is not reached by {tunnels.WORDS[kind]}: {way}")
            continue
        source = sources[prefix.version]
        found.append(Route(str(prefix), (way,), source=str(source) if source else ""))
    return found


def hops(inputs: Inputs, lists: Iterable[SegmentList]) -> tuple[Hop, ...]:
    """One next hop per different segment list, weights brought into the kernel's range."""
    weights: dict[tuple[str, ...], int] = {}
    for item in lists:
        segments = tuple(str(sid) for sid in item.sids)
        weights[segments] = weights.get(segments, 0) + item.weight
    if len(weights) == 1:
        weights = dict.fromkeys(weights, 1)
    largest = max(weights.values(), default=1)
    scale = largest if largest > _MAX_WEIGHT else _MAX_WEIGHT
    red = inputs.capabilities.encap_red
    return tuple(
        sorted(
            Hop(
                inputs.config.uplink,
                max(1, weight * _MAX_WEIGHT // scale),
                "encap.red" if red and len(segments) == 1 else "encap",
                segments,
            )
            for segments, weight in weights.items()
        )
    )


def _pod_routes(inputs: Inputs) -> list[Route]:
    found = []
    for pod in inputs.attachments:
        for address in pod.addresses:
            own = inputs.config.address_v4 if address.version == 4 else inputs.config.address_v6
            source = str(own) if own else ""
            prefix = str(ip_network(address))
            found.append(Route(prefix, (Hop(pod.host_interface),), source=source))
    return found


def _sid_routes(inputs: Inputs, forwarding: Plane, own: tuple[OwnSid, ...]) -> list[Route]:
    if not inputs.capabilities.seg6local:
        return []
    both = (*inputs.replaced_sids, *own)
    return [forwarding.decapsulate(str(item.sid), item.family) for item in both]


def _announcements(
    inputs: Inputs, sids: SidPair | None
) -> tuple[frozenset[Announcement], list[str]]:
    """Own blocks, and a best-effort policy per own SID."""
    node, pools = inputs.config.address_v6, [p for p in inputs.objects.pools if p.for_pods]
    used = [address for pod in inputs.attachments for address in pod.addresses]
    left = [block for block in inputs.blocks if any(address in block for address in used)]
    blocks = {*blocks_of(pools, inputs.blocks), *left}  # pods outlive their pool
    found = {unicast.announce(block, node) for block in blocks}
    problems = []
    for own in _own(sids) if inputs.capabilities.seg6local else ():
        binding = inputs.config.binding_sids.of(own.family)
        policy = best_effort(node, own.family, own.sid, binding)
        try:
            nlri, attrs = codec.encode_nlri(policy.key), codec.encode_attributes(policy, node)
            found.add(Announcement(Family.IPV6_SRPOLICY, nlri, attrs))
        except TestbedError as error:
            problems.append(f"best effort for IPv{own.family} is not announced: {error.what}")
    return frozenset(found), problems


def _known_to_conntrack(inputs: Inputs) -> tuple[str, ...]:
    """Interfaces whose packets have been or will be seen at the pair's near end."""
    if not inputs.config.services:
        return ()
    return (pair.TUNNEL, vrf.NAME) if inputs.capabilities.vrf else (pair.TUNNEL,)


def _rules(inputs: Inputs) -> str:
    pods = [pool for pool in inputs.objects.pools if pool.for_pods]
    inside = (str(pool.cidr) for pool in pods if pool.nat_outgoing)
    untracked = _known_to_conntrack(inputs)
    return firewall.ruleset(inside, (str(p.cidr) for p in pods), inputs.config.uplink, untracked)
