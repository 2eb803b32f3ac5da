"""What the ConfigMaps say to one node: the TE mode, its policies, its own local SIDs."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address
from typing import TYPE_CHECKING

from testbed.agent.config import TE_MODES, AgentConfig, SidPair
from testbed.agent.contract import CONFIGMAP
from testbed.agent.desired.candidates import Evaluated
from testbed.agent.desired.head_end import name_policy
from testbed.agent.ipam.addresses import local_sid
from testbed.agent.model.objects import (
    LOCALSID_POOL,
    ConfigMap,
    IPPool,
    ObjectRef,
    Objects,
)
from testbed.api_objects import TE_CONFIG, TE_NAMESPACE, TE_SWITCH, TE_SWITCH_KEY
from testbed.errors import TestbedError
from testbed.srpolicy import validity
from testbed.srpolicy.model import Candidate

if TYPE_CHECKING:
    from testbed.srpolicy.files.configmap import NodeConfig


@dataclass(frozen=True)
class Refusal:
    """What a node does not do, as a sentence, and the object that asked for it (if one did).

    `config_map`: the name of a TE ConfigMap; `about`: any other object. `passing`: it may be over
    in a moment, when this node has heard what others announce.
    """

    why: str
    config_map: str | None = None
    passing: bool = False
    about: ObjectRef | None = None

    def __str__(self) -> str:
        return self.why


def te_mode(config: AgentConfig, objects: Objects) -> tuple[str, list[Refusal]]:
    """ "bgp" or "configmap": the switch in the API directory, else the agent's own setting."""
    switch = objects.config_map(TE_NAMESPACE, TE_SWITCH)
    mode = switch.map.get(TE_SWITCH_KEY) if switch else None
    if mode is None:
        return config.te_mode, []
    if mode not in TE_MODES:
        why = f"{TE_SWITCH_KEY} is {mode[:40]!r}, not bgp or configmap; {config.te_mode} is used"
        return config.te_mode, [Refusal(why, TE_SWITCH)]
    return mode, []


def read_node_config(
    config: AgentConfig, objects: Objects
) -> tuple[NodeConfig | None, list[Refusal]]:
    """This node's part of the TE ConfigMaps; its own ConfigMap comes before the older form."""
    for name in (f"{TE_CONFIG}-{config.node}", TE_CONFIG):
        found = objects.config_map(TE_NAMESPACE, name)
        if found is None:
            continue
        try:
            mine = [c for c in _parse_config_map(found) if c.node == config.node]
        except TestbedError as error:
            why = f" ({error.why})" if error.why else ""
            sentence = f"ConfigMap {name} is not used: {error.where}: {error.what}{why}"
            return None, [Refusal(sentence, name)]
        if mine:
            return mine[0], []
    return None, []


def policies_of_others(config: AgentConfig, objects: Objects) -> list[Candidate]:
    """What the TE ConfigMaps say to other nodes, as far as it can be read."""
    found: list[Candidate] = []
    for one in objects.config_maps:
        if one.namespace != TE_NAMESPACE or not one.name.startswith(TE_CONFIG):
            continue
        with suppress(TestbedError):  # its own node says so
            parts = (part for part in _parse_config_map(one) if part.node != config.node)
            found += [candidate for part in parts for candidate in part.candidates]
    return found


@lru_cache(maxsize=16)
def _parse_config_map(found: ConfigMap) -> tuple[NodeConfig, ...]:
    """Parsing costs milliseconds, and most changes are about something else."""
    from testbed.srpolicy.files import configmap  # its YAML costs 15 ms; many nodes need none

    plain = {
        "kind": "ConfigMap",
        "metadata": {"name": found.name, "namespace": found.namespace},
        "data": found.map,
    }
    return tuple(configmap.from_object(plain, f"ConfigMap {found.name}"))


def local_sids(
    config: AgentConfig, objects: Objects, node_config: NodeConfig | None
) -> tuple[SidPair | None, list[Refusal]]:
    """The node's own SIDs: those of the ConfigMap, if given; else pinned or from its pool."""
    pool = next((p for p in objects.pools if p.name == LOCALSID_POOL + config.node), None)
    base = config.local_sids or _from_pool(config, pool)
    problems, asked_by = [], node_config.configmap if node_config else None
    chosen: dict[str, IPv6Address | None] = {
        "DT4": base.v4 if base else None,
        "DT6": base.v6 if base else None,
    }
    asked = {
        "DT4": node_config.dt4 if node_config else None,
        "DT6": node_config.dt6 if node_config else None,
    }
    for kind, sid in asked.items():
        if sid is None:
            continue
        if pool is None or sid not in pool.cidr:
            where = f"pool {pool.name} ({pool.cidr})" if pool else "any pool of this node"
            why = f"local SID {kind} {sid} of the ConfigMap is not in {where}; not used"
            problems.append(Refusal(why, asked_by))
            continue
        chosen[kind] = sid
    v4, v6 = chosen["DT4"], chosen["DT6"]
    if v4 is None or v6 is None:
        why = f"no local SIDs: there is no pool {LOCALSID_POOL}{config.node}"
        return None, [*problems, Refusal(why)]
    if v4 == v6:
        why = f"local SID {v4} cannot be both DT4 and DT6; the ConfigMap's are not used"
        problems.append(Refusal(why, asked_by))
        return base, problems
    return SidPair(v4, v6), problems


def _from_pool(config: AgentConfig, pool: IPPool | None) -> SidPair | None:
    if pool is None or pool.cidr.version != 6:
        return None
    v4, v6 = (local_sid(pool.cidr, config.node, kind) for kind in ("End.DT4", "End.DT6"))
    return SidPair(v4, v6) if v4 != v6 else None


def refused_policies(
    config: AgentConfig, node_config: NodeConfig, evaluated: Iterable[Evaluated]
) -> list[Refusal]:
    """The ConfigMap's policies that cannot be used, and why."""
    found = []
    for one in evaluated:
        policy = one.entry.candidate
        if one.entry.origin == CONFIGMAP and not one.valid:
            why = f"{name_policy(policy)} is not used: {one.why}"
            passing = not validity.structure(policy, config.max_segments)
            found.append(Refusal(why, node_config.configmap, passing))
    return found
