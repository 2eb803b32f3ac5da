"""The text of the agent's nftables table: NAT for pods, what conntrack must not see, and SIDs.

Pods are outside of the SR domain (RFC 8754 §5.1), so what they send to a binding SID is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from testbed.agent.desired import service_veth, vrf
from testbed.agent.desired.inputs import Inputs

TABLE = "inet testbed"
_BEFORE_DEFRAGMENTATION = -450  # conntrack defragments at -400; fragments then exceed the MTU


def rules(inputs: Inputs, binding_sids: Iterable[str] = ()) -> str:
    """The table for these inputs; `binding_sids` as prefixes."""
    pools = inputs.pod_pools
    inside = (str(pool.cidr) for pool in pools if pool.nat_outgoing)
    uplink = inputs.config.uplink
    networks = (str(p.cidr) for p in pools)
    return ruleset(inside, networks, uplink, _known_to_conntrack(inputs), tuple(binding_sids))


def _known_to_conntrack(inputs: Inputs) -> tuple[str, ...]:
    """Interfaces whose packets have been or will be seen at the service veth's near end."""
    if not inputs.config.services:
        return ()
    has_vrf = inputs.capabilities.vrf
    return (service_veth.TUNNEL, vrf.NAME) if has_vrf else (service_veth.TUNNEL,)


def ruleset(
    inside: Iterable[str],
    pools: Iterable[str],
    uplink: str,
    untracked: Sequence[str] = (),
    binding_sids: Sequence[str] = (),
) -> str:
    """The table as text; empty when nothing is wanted of it.

    `inside`: prefixes that are hidden behind the node when they leave all `pools` by `uplink`.
    `untracked`: interfaces whose incoming packets conntrack knows already, or will.
    `binding_sids`: what only packets of the SR domain may enter by.
    """
    chains = [
        _render_chain("postrouting", "nat", "srcnat", _masquerade_rules(inside, pools, uplink))
    ]
    rules = [_entry_rule(uplink, binding_sids)] if binding_sids else []
    rules += [f"iifname {json.dumps(name)} notrack" for name in untracked]
    if rules:
        chains.append(_render_chain("prerouting", "filter", str(_BEFORE_DEFRAGMENTATION), rules))
    text = "".join(chains)
    return f"table {TABLE} {{\n{text}}}\n" if text else ""


def _entry_rule(uplink: str, binding_sids: Sequence[str]) -> str:
    """From the backbone, and from the inside of the node: what came out of another tunnel."""
    domain = ", ".join(json.dumps(name) for name in (uplink, *service_veth.ENDS))
    return f"iifname != {{ {domain} }} ip6 daddr {{ {', '.join(binding_sids)} }} drop"


def _masquerade_rules(inside: Iterable[str], pools: Iterable[str], uplink: str) -> list[str]:
    inside, pools, rules = list(inside), list(pools), []
    for keyword, colon in (("ip", False), ("ip6", True)):
        sources = ", ".join(p for p in inside if (":" in p) == colon)
        others = ", ".join(p for p in pools if (":" in p) == colon)
        if sources:
            match = f"{keyword} saddr {{ {sources} }} {keyword} daddr != {{ {others} }}"
            rules.append(f"oifname {json.dumps(uplink)} {match} masquerade")
    return rules


def _render_chain(hook: str, kind: str, priority: str, rules: list[str]) -> str:
    if not rules:
        return ""
    head = f"    type {kind} hook {hook} priority {priority}; policy accept;\n"
    body = "".join(f"    {rule}\n" for rule in rules)
    return f"  chain {hook} {{\n{head}{body}  }}\n"
