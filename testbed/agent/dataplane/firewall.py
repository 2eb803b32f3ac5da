"""The agent's nftables table: what hides pods behind their node, and what conntrack must not see.

It is the only table that the agent touches; kube-proxy has its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from testbed.agent.dataplane.run import attempt, run
from testbed.errors import TestbedError

TABLE = "inet testbed"
_BEFORE_DEFRAGMENTATION = -450  # conntrack defragments at -400; fragments then exceed the MTU


def ruleset(
    inside: Iterable[str], pools: Iterable[str], uplink: str, untracked: Sequence[str] = ()
) -> str:
    """The table as text; empty when nothing is wanted of it.

    `inside`: prefixes that are hidden behind the node when they leave all `pools` by `uplink`.
    `untracked`: interfaces whose incoming packets conntrack knows already, or will.
    """
    chains = [_chain("postrouting", "nat", "srcnat", _hiding(inside, pools, uplink))]
    if untracked:
        rules = [f"iifname {json.dumps(name)} notrack" for name in untracked]
        chains.append(_chain("prerouting", "filter", str(_BEFORE_DEFRAGMENTATION), rules))
    text = "".join(chains)
    return f"table {TABLE} {{\n{text}}}\n" if text else ""


def _hiding(inside: Iterable[str], pools: Iterable[str], uplink: str) -> list[str]:
    inside, pools, rules = list(inside), list(pools), []
    for keyword, colon in (("ip", False), ("ip6", True)):
        sources = ", ".join(p for p in inside if (":" in p) == colon)
        others = ", ".join(p for p in pools if (":" in p) == colon)
        if sources:
            match = f"{keyword} saddr {{ {sources} }} {keyword} daddr != {{ {others} }}"
            rules.append(f"oifname {json.dumps(uplink)} {match} masquerade")
    return rules


def _chain(hook: str, kind: str, priority: str, rules: list[str]) -> str:
    if not rules:
        return ""
    head = f"    type {kind} hook {hook} priority {priority}; policy accept;\n"
    body = "".join(f"    {rule}\n" for rule in rules)
    return f"  chain {hook} {{\n{head}{body}  }}\n"


@dataclass
class Firewall:
    """Keeps the kernel's table as wanted. Not safe for use by several threads."""

    _loaded: str | None = field(default=None, init=False)
    _shown: str = field(default="", init=False)  # the kernel's own words for it

    def load(self, text: str) -> str | None:
        """Load the table (empty: none) unless it was; returns the problem, if any."""
        if text == self._loaded:
            return None
        try:
            if text or _listing():
                run(["nft", "-f", "-"], f"add table {TABLE}\ndelete table {TABLE}\n{text}")
            self._loaded, self._shown = text, _listing() if text else ""
        except TestbedError as error:
            if not text:  # no nft, and nothing that it should do
                return None
            why = (error.why or error.what).splitlines()[0]
            return f"the rules for natOutgoing and Services are not in effect: nft: {why}"
        return None

    def mend(self) -> str | None:
        """Load the table again if somebody changed it; returns the problem, if any."""
        text = self._loaded
        try:
            if not text or _listing() == self._shown:
                return None
        except TestbedError as error:
            return f"nftables cannot be looked at: {error.why or error.what}"
        self._loaded = None
        return self.load(text)


def _listing() -> str:
    """The table as nft lists it; empty if there is none."""
    done = attempt(["nft", "list", "table", *TABLE.split()])
    return done.stdout if done.returncode == 0 else ""
