"""The table's text for nft: whole, or the difference to an earlier one, as one transaction.

A packet is judged as its connection: what conntrack knows of who began it, and whom it reached
after address translation, is the same for packets of both directions. So replies pass exactly as
long as their connection may be, and a connection that is no longer allowed stops.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from testbed.agent.desired.netpol.table import Allow, ElementSet, PodChain, PolicyChain, Table
from testbed.agent.model.attachment import HOST_PREFIX
from testbed.agent.model.network_policy import EGRESS, INGRESS

TABLE = "inet testbed-netpol"
_COMMENT = 120  # characters; the kernel takes 128
_SERVED = "receive"  # judges the receiving end, once the sending one may
_ITSELF, _ISOLATED, _ATTACHED = "itself", "isolated", "attached"
_PODS = json.dumps(f"{HOST_PREFIX}*")
_FIXED = {
    _SERVED: (
        f"ct direction original oifname vmap @{INGRESS}",
        f"ct direction reply iifname vmap @{INGRESS}",
        "accept",
    ),
    "forward": (
        "type filter hook forward priority filter; policy accept;",
        f"iifname {_PODS} iifname != @{_ATTACHED} counter drop",
        f"oifname {_PODS} oifname != @{_ATTACHED} counter drop",
        f"iifname . oifname @{_ITSELF} accept",
        "ct state related meta l4proto { icmp, ipv6-icmp } accept",
        f"ct direction original iifname vmap @{EGRESS}",
        f"ct direction reply oifname vmap @{EGRESS}",
        f"ct direction original oifname vmap @{INGRESS}",
        f"ct direction reply iifname vmap @{INGRESS}",
        f"ct state invalid,untracked iifname @{_ISOLATED} counter drop",
        f"ct state invalid,untracked oifname @{_ISOLATED} counter drop",
    ),
}
_MAPS = {INGRESS: "ifname : verdict", EGRESS: "ifname : verdict"}
_INTERFACE_SETS = {_ITSELF: "ifname . ifname", _ISOLATED: "ifname", _ATTACHED: "ifname"}
_FAR = {INGRESS: "original", EGRESS: "reply"}  # by whose source the other end is known


def transaction(before: Table | None, after: Table) -> str:
    """What makes `after` of `before`; None: of whatever is there. Empty: nothing is to be done."""
    if before is None or not (before.wanted and after.wanted):
        return "" if before == after else _replacement(after)
    return "".join(f"{line}\n" for line in _difference(before, after))


def _replacement(table: Table) -> str:
    text = f"add table {TABLE}\ndelete table {TABLE}\n"
    return text + (_whole(table) if table.wanted else "")


def _whole(table: Table) -> str:
    """The table from nothing."""
    parts = [_block("set", name, _set_lines(one)) for name, one in sorted(table.sets.items())]
    elements = _interface_elements(table)
    for kind, types in (("map", _MAPS), ("set", _INTERFACE_SETS)):
        for name, words in types.items():
            parts.append(_block(kind, name, _with_elements(f"type {words};", elements[name])))
    chains = {**_chains(table), **_FIXED}
    parts += [_block("chain", name, lines) for name, lines in chains.items()]
    return f"table {TABLE} {{\n{''.join(parts)}}}\n"


def _block(kind: str, name: str, lines: Iterable[str]) -> str:
    return f"  {kind} {name} {{\n" + "".join(f"    {line}\n" for line in lines) + "  }\n"


def _set_lines(one: ElementSet) -> list[str]:
    return _with_elements(one.head, one.texts)


def _with_elements(head: str, elements: Sequence[str]) -> list[str]:
    return [head, f"elements = {{ {', '.join(elements)} }}"] if elements else [head]


def _chains(table: Table) -> dict[str, tuple[str, ...]]:
    """The chains of policies and pods, those that are jumped to first."""
    found = {n: tuple(map(_Lines(c), c.allows)) for n, c in sorted(table.policies.items())}
    return found | {name: _pod_lines(pod) for name, pod in sorted(table.pods.items())}


def _pod_lines(pod: PodChain) -> tuple[str, ...]:
    jumps = (f"jump {name}" for name in pod.policies)
    return (*jumps, f"counter drop comment {_quote(f'{pod.pod}, {pod.direction}')}")


def _quote(text: str) -> str:
    return json.dumps(text[:_COMMENT])


class _Lines:
    """What a policy allows in one direction, in nft's words."""

    def __init__(self, chain: PolicyChain) -> None:
        self._policy = chain.policy
        self._far = _FAR[chain.direction]
        self._verdict = "accept" if chain.direction == INGRESS else f"goto {_SERVED}"

    def __call__(self, allow: Allow) -> str:
        words = []
        if allow.peers:
            family = "ip6" if allow.peers.partition("-")[0].endswith("6") else "ip"
            words.append(f"ct {self._far} {family} saddr @{allow.peers}")
        if allow.protocol:
            words.append(f"meta l4proto {allow.protocol.lower()}")
        if allow.ports:
            first, last = allow.ports
            words.append(f"ct reply proto-src {first}" + (f"-{last}" if last > first else ""))
        if allow.pod_ports:
            family = "ip6" if allow.pod_ports.partition("-")[0].endswith("6") else "ip"
            words.append(f"ct reply {family} saddr . ct reply proto-src @{allow.pod_ports}")
        says = f"{allow.says} of {self._policy}"
        return " ".join((*words, "counter", self._verdict, f"comment {_quote(says)}"))


def _interface_elements(table: Table) -> dict[str, list[str]]:
    """The elements of maps and sets that are keyed by interfaces."""
    names = [json.dumps(interface) for interface in table.interfaces]
    found = {_ITSELF: [f"{name} . {name}" for name in names], _ISOLATED: names}
    found[_ATTACHED] = list(map(json.dumps, sorted(table.attached)))
    for direction in _MAPS:
        found[direction] = [
            f"{json.dumps(pod.interface)} : goto {name}"
            for name, pod in sorted(table.pods.items())
            if pod.direction == direction
        ]
    return found


def _difference(before: Table, after: Table) -> Iterator[str]:
    """In an order in which nothing is referred to before it is there, or after it is gone."""
    yield from _changed_sets(before.sets, after.sets)
    was, becomes = _chains(before), _chains(after)
    changed = [name for name in becomes if was.get(name) != becomes[name]]
    for name in changed:
        yield f"{'flush' if name in was else 'add'} chain {TABLE} {name}"
    for name in changed:
        yield from (f"add rule {TABLE} {name} {line}" for line in becomes[name])
    yield from _changed_interfaces(_interface_elements(before), _interface_elements(after))
    gone = [name for name in was if name not in becomes]
    for name in gone:
        yield f"flush chain {TABLE} {name}"
    for name in gone:
        yield f"delete chain {TABLE} {name}"
    for name in sorted(before.sets.keys() - after.sets.keys()):
        yield f"delete set {TABLE} {name}"


def _changed_sets(
    before: Mapping[str, ElementSet], after: Mapping[str, ElementSet]
) -> Iterator[str]:
    for name, one in sorted(after.items()):
        if name not in before:
            yield f"add set {TABLE} {name} {{ {one.head} }}"
        had = before[name].texts if name in before else ()
        yield from _changed_elements(name, had, one.texts)


def _changed_interfaces(
    before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    for name, elements in after.items():
        yield from _changed_elements(name, before[name], elements)


def _changed_elements(name: str, before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    for word, have, want in (("delete", after, before), ("add", before, after)):
        known = set(have)
        if elements := [one for one in want if one not in known]:
            yield f"{word} element {TABLE} {name} {{ {', '.join(elements)} }}"
