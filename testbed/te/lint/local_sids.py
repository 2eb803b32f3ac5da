"""Checks the local SIDs that a ConfigMap sets for its node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address

from testbed.plan.model import LocalSids
from testbed.srpolicy.files.configmap import NodeConfig
from testbed.te.lint.findings import Finding
from testbed.te.owners import Owners


def check(owners: Owners, config: NodeConfig) -> Iterator[Finding]:
    """Findings on SIDs outside the node's pool, equal SIDs, and SIDs that replace current ones."""
    if config.node not in owners.local_sids:
        return
    for family, sid, line in _list_pinned_sids(config):
        yield from _check_pinned_sid(
            owners, config, family, sid, f"{config.source}:{line or config.line}"
        )
    if config.dt4 is not None and config.dt4 == config.dt6:
        yield Finding(
            "error",
            f"{config.source}:{config.dt6_line or config.line}",
            f"DT4 and DT6 are both {config.dt4}: a SID has one behaviour",
            "give each family a SID of its own",
        )


def merged(owners: Owners, configs: Iterable[NodeConfig]) -> dict[str, LocalSids]:
    """Local SIDs as they will be once the ConfigMaps are applied."""
    result = dict(owners.local_sids)
    for config in configs:
        now = result.get(config.node)
        if now is not None:
            result[config.node] = LocalSids(dt4=config.dt4 or now.dt4, dt6=config.dt6 or now.dt6)
    return result


def _list_pinned_sids(config: NodeConfig) -> Iterator[tuple[int, IPv6Address, int | None]]:
    if config.dt4 is not None:
        yield 4, config.dt4, config.dt4_line
    if config.dt6 is not None:
        yield 6, config.dt6, config.dt6_line


def _check_pinned_sid(
    owners: Owners, config: NodeConfig, family: int, sid: IPv6Address, where: str
) -> Iterator[Finding]:
    spec = owners.plan.node(config.node).cluster
    assert spec is not None  # it is in local_sids
    now = owners.local_sid(config.node, family)
    did_you_mean = f"did you mean {now} ({config.node} End.DT{family})?"
    if sid not in spec.sid_pool:
        other = owners.pool_of(sid)
        outside = f", but in {other.name}'s" if other else ""
        what = f"DT{family} SID {sid} lies outside {config.node}'s pool {spec.sid_pool}{outside}"
        yield Finding("error", where, what, did_you_mean)
    elif sid != now:
        yield Finding(
            "warning",
            where,
            f"DT{family} SID {sid} replaces {config.node}'s {now}: "
            "policies of other files that end in the old one become invalid",
            did_you_mean,
        )
