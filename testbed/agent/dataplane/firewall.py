"""Keeps the agent's nftables table in the kernel as testbed.agent.desired.nftables wants it.

It is the only table that the agent touches; kube-proxy has its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from testbed.agent.dataplane.run import attempt, run
from testbed.agent.desired.nftables import TABLE
from testbed.errors import TestbedError


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
            if text or _list_table():
                run(["nft", "-f", "-"], f"add table {TABLE}\ndelete table {TABLE}\n{text}")
            self._loaded, self._shown = text, _list_table() if text else ""
        except TestbedError as error:
            if not text:  # no nft, and nothing that it should do
                return None
            why = (error.why or error.what).splitlines()[0]
            return f"the rules for natOutgoing and Services are not in effect: nft: {why}"
        return None

    def reload_if_changed(self) -> str | None:
        """Load the table again if somebody changed it; returns the problem, if any."""
        text = self._loaded
        try:
            if not text or _list_table() == self._shown:
                return None
        except TestbedError as error:
            return f"nftables cannot be looked at: {error.why or error.what}"
        self._loaded = None
        return self.load(text)


def _list_table() -> str:
    """The table as nft lists it; empty if there is none."""
    done = attempt(["nft", "list", "table", *TABLE.split()])
    return done.stdout if done.returncode == 0 else ""
