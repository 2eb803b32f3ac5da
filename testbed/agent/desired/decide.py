"""From everything that an agent knows to everything that shall be. No I/O, no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address
from typing import TYPE_CHECKING

from testbed.agent.config import AgentConfig
from testbed.agent.contract import CONFIGMAP, LOCAL, NOT_MEANT, PrefixStatus
from testbed.agent.desired import candidates, nftables, pool_problems, sessions, te_config
from testbed.agent.desired.announcements import announce
from testbed.agent.desired.candidates import CandidateWithOrigin, Evaluated, Evaluation
from testbed.agent.desired.forwarding import Forwarding, choose_forwarding
from testbed.agent.desired.head_end import bound_lists, head_end, strange_waypoints
from testbed.agent.desired.in_use import InUse, choose_in_use
from testbed.agent.desired.inputs import Inputs, OwnSid, own_sids
from testbed.agent.desired.local_routes import routes_of_blocks, routes_of_pods, routes_of_sids
from testbed.agent.desired.netpol.compile import wanted_table
from testbed.agent.desired.overlays import registry
from testbed.agent.desired.overlays.base import Overlay, Reach, Remote, Situation
from testbed.agent.desired.overlays.devices import Tunnels, wanted_tunnels
from testbed.agent.desired.overlays.registry import DEFAULT, overlay_of
from testbed.agent.desired.remembered import MANY, remember_last
from testbed.agent.desired.remote_prefixes import believe_prefixes
from testbed.agent.desired.routes import Key, Route
from testbed.agent.desired.service_veth import ServiceVeth
from testbed.agent.desired.te_config import Refusal
from testbed.agent.desired.wanted import Wanted
from testbed.agent.ipam.addresses import blocks_of
from testbed.agent.model.objects import BlockAffinity, IpNetwork, IPPool
from testbed.bgp.model import DesiredBgp
from testbed.srpolicy.model import Candidate
from testbed.srpolicy.stitching import Bound

if TYPE_CHECKING:
    from testbed.srpolicy.files.configmap import NodeConfig


def decide(inputs: Inputs) -> Wanted:
    """The whole wanted state; never raises on anything that users or peers can cause."""
    config, objects = inputs.config, inputs.objects
    te = _read_te_config(inputs)
    policies = _evaluate_policies(inputs, te)
    evaluation, bindings = policies.in_use.evaluation, policies.in_use.bindings
    nodes, prefix_problems = believe_prefixes(inputs)
    remote = _assign_overlays(config, objects.pools, nodes)
    kernel_devices = inputs.capabilities.tunnels
    tunnels = wanted_tunnels(objects.pools, config, kernel_devices, remote)
    forwarding = choose_forwarding(config, inputs.capabilities.vrf)
    reached = _reach_prefixes(inputs, forwarding, evaluation, tunnels, remote)
    peers, peer_problems = sessions.wanted(config, objects)
    announced, announce_problems = announce(inputs, te.own_sids)
    asn = sessions.autonomous_system(config, objects)
    return Wanted(
        te_mode=te.mode,
        routes=_merge_routes(
            forwarding.fixed(pool.cidr for pool in _pools_in_use(inputs)),
            (route for reach in reached.values() for route in reach.routes),
            routes_of_blocks(inputs.blocks),
            routes_of_pods(inputs),
            bindings.routes,
            routes_of_sids(inputs, forwarding, te.own_sids),
        ),
        bgp=DesiredBgp(asn, config.router_id, peers, announced),
        service_veth=_wanted_service_veth(inputs),
        tunnels=tunnels,
        rules=nftables.rules(inputs, (route.prefix for route in bindings.routes)),
        isolation=wanted_table(inputs),
        own_sids=te.own_sids,
        evaluated=evaluation.evaluated,
        binding_sids=bindings.states,
        prefixes=(*_own_prefixes(inputs), *_remote_prefixes(reached)),
        problems=(
            *(reach.problem for reach in reached.values() if reach.problem),
            *objects.problems,
            *pool_problems.problems(objects.pools, inputs.attachments, _obstacle(inputs)),
            *map(str, te.refusals),
            *map(str, _refusals_of_policies(inputs, te, evaluation.evaluated)),
            *peer_problems,
            *policies.faults,
            *policies.in_use.problems,
            *(why for _, why in bindings.problems),
            *prefix_problems,
            *announce_problems,
        ),
        refusals=(
            *_refusals_of_config_maps(inputs, te, policies),
            *_refusals_of_objects(inputs),
        ),
    )


def _obstacle(inputs: Inputs) -> Callable[[IPPool], str]:
    kernel_devices = inputs.capabilities.tunnels
    return lambda pool: registry.obstacle(pool, inputs.config, kernel_devices)


def _refusals_of_objects(inputs: Inputs) -> tuple[Refusal, ...]:
    objects = inputs.objects
    reports = (*objects.reports, *pool_problems.reports(objects.pools, _obstacle(inputs)))
    return tuple(Refusal(report.why, about=report.about) for report in reports)


@dataclass(frozen=True)
class _TeConfig:
    """The TE mode, the ConfigMap's part for this node, its SIDs, and what of it is refused."""

    mode: str
    node_config: NodeConfig | None
    own_sids: tuple[OwnSid, ...]
    refusals: tuple[Refusal, ...]

    @property
    def by_configmap(self) -> bool:
        return self.mode == CONFIGMAP


def _read_te_config(inputs: Inputs) -> _TeConfig:
    config, objects = inputs.config, inputs.objects
    mode, mode_refusals = te_config.te_mode(config, objects)
    node_config, config_refusals = te_config.read_node_config(config, objects)
    in_force = mode == CONFIGMAP
    sids, sid_refusals = te_config.local_sids(config, objects, node_config if in_force else None)
    refusals = (*mode_refusals, *(config_refusals if in_force else ()), *sid_refusals)
    return _TeConfig(mode, node_config, own_sids(sids), refusals)


def _refusals_of_config_maps(
    inputs: Inputs, te: _TeConfig, policies: _Policies
) -> tuple[Refusal, ...]:
    refusals = tuple(refusal for refusal in te.refusals if refusal.config_map)
    return (
        *refusals,
        *_refusals_of_policies(inputs, te, policies.in_use.evaluation.evaluated),
        *_warnings_of_policies(inputs, te, policies),
    )


def _refusals_of_policies(
    inputs: Inputs, te: _TeConfig, evaluated: Iterable[Evaluated]
) -> tuple[Refusal, ...]:
    """The ConfigMap's policies that are not used."""
    if te.node_config is None or not te.by_configmap:
        return ()
    return tuple(te_config.refused_policies(inputs.config, te.node_config, evaluated))


def _warnings_of_policies(inputs: Inputs, te: _TeConfig, policies: _Policies) -> Iterator[Refusal]:
    """The ConfigMap's policies in use that lose their packets; of all of them `status` tells."""
    for one, why in policies.in_use.bindings.problems:
        if one.entry.origin == CONFIGMAP and te.node_config is not None:
            yield Refusal(why, te.node_config.configmap, passing=True)
    evaluated = policies.in_use.evaluation.evaluated
    for one, why in strange_waypoints(inputs.config.waypoints, policies.bound, evaluated):
        if one.entry.origin == CONFIGMAP and te.node_config is not None:
            yield Refusal(why, te.node_config.configmap)


@dataclass(frozen=True)
class _Policies:
    """What becomes of every candidate, and what of the peers' cannot be read.

    `bound`: the binding SIDs of all nodes' policies.
    """

    in_use: InUse
    faults: tuple[str, ...]
    bound: Bound


def _evaluate_policies(inputs: Inputs, te: _TeConfig) -> _Policies:
    asn = sessions.autonomous_system(inputs.config, inputs.objects)
    by_bgp, faults = candidates.from_rib(inputs.config, asn, te.mode, inputs.paths)
    listed = te.node_config.candidates if te.node_config else ()
    by_configmap = candidates.from_configmap(listed, te.mode)
    entries = [*by_bgp, *by_configmap]
    bound = bound_lists((*entries, *_entries_of_others(inputs, te)), inputs.objects.pools)
    known = head_end(inputs, te.own_sids, bound)
    in_use = choose_in_use(inputs, te.own_sids, entries, known)
    return _Policies(in_use, tuple(faults), bound)


def _entries_of_others(inputs: Inputs, te: _TeConfig) -> list[CandidateWithOrigin]:
    """The policies of other head ends' ConfigMaps, where these count: BGP tells of its own."""
    if not te.by_configmap:
        return []
    listed = te_config.policies_of_others(inputs.config, inputs.objects)
    return [CandidateWithOrigin(candidate, CONFIGMAP, NOT_MEANT) for candidate in listed]


@remember_last
def _assign_overlays(
    config: AgentConfig, pools: tuple[IPPool, ...], nodes: Mapping[IpNetwork, IPv6Address]
) -> dict[Remote, Overlay]:
    """The overlay of each remote prefix, in the order of the status: SRv6 first, then by prefix."""
    remotes = (Remote(prefix, node) for prefix, node in nodes.items())
    found = {r: overlay_of(r, pools, config) for r in remotes}
    order = sorted(found, key=lambda r: (found[r] is not DEFAULT, str(r.prefix)))
    return {remote: found[remote] for remote in order}


def _reach_prefixes(
    inputs: Inputs,
    forwarding: Forwarding,
    evaluation: Evaluation,
    tunnels: Tunnels,
    remote: Mapping[Remote, Overlay],
) -> dict[Remote, Reach]:
    devices = frozenset(device.kind for device in tunnels.devices)
    ground = Inputs(inputs.config, inputs.capabilities, inputs.objects)
    reach = _reach(ground, forwarding, devices, remote)
    chosen, dropping = evaluation.chosen, evaluation.dropping
    return {one: reach(one, chosen.get(one.target), dropping.get(one.target)) for one in remote}


@remember_last
def _reach(
    ground: Inputs,
    forwarding: Forwarding,
    devices: frozenset[str],
    overlays: Mapping[Remote, Overlay],
) -> Callable[[Remote, Candidate | None, Candidate | None], Reach]:
    """How a prefix is reached by the policy towards its node; remembers its answers."""

    @lru_cache(maxsize=MANY)
    def find(remote: Remote, policy: Candidate | None, dropping: Candidate | None) -> Reach:
        situation = Situation(ground, forwarding, policy, devices, dropping)
        return overlays[remote].reach(remote, situation)

    return find


def _own_prefixes(inputs: Inputs) -> list[PrefixStatus]:
    node = str(inputs.config.address_v6)
    return [PrefixStatus(str(block), node, LOCAL) for block in inputs.blocks]


def _remote_prefixes(reached: Mapping[Remote, Reach]) -> list[PrefixStatus]:
    return [_prefix_status(remote, reach.via) for remote, reach in reached.items()]


@lru_cache(maxsize=MANY)
def _prefix_status(remote: Remote, via: str) -> PrefixStatus:
    return PrefixStatus(str(remote.prefix), str(remote.node), via)


def _pools_in_use(inputs: Inputs) -> list[IPPool]:
    """Those of which a node has a block: no pod has an address of another one."""
    return _find_in_use(tuple(inputs.pod_pools), inputs.blocks, inputs.objects.affinities)


@remember_last
def _find_in_use(
    pools: tuple[IPPool, ...], own: tuple[IpNetwork, ...], claims: tuple[BlockAffinity, ...]
) -> list[IPPool]:
    blocks = [*own, *(claim.cidr for claim in claims)]
    return [pool for pool in pools if blocks_of([pool], blocks)]


def _wanted_service_veth(inputs: Inputs) -> ServiceVeth | None:
    if not inputs.config.services:
        return None
    return ServiceVeth(inputs.config.pod_mtu, inputs.capabilities.vrf)


def _merge_routes(*groups: Iterable[Route]) -> tuple[Route, ...]:
    """Later ones win: what is local comes before what a peer says."""
    routes: dict[Key, Route] = {route.key: route for group in groups for route in group}
    return tuple(routes[key] for key in sorted(routes))
