"""Keeps the nftables table of NetworkPolicies as wanted; it stays when the agent ends."""

from __future__ import annotations

from dataclasses import dataclass, field

from testbed.agent.dataplane.run import attempt, run
from testbed.agent.desired.netpol.table import Table
from testbed.agent.desired.netpol.text import TABLE, transaction
from testbed.errors import TestbedError


@dataclass
class PolicyTable:
    """The kernel's table. Not safe for use by several threads."""

    problem: str | None = field(default=None, init=False)  # why it is not as wanted
    _loaded: Table | None = field(default=None, init=False)  # None: it is not known what there is
    _shown: str = field(default="", init=False)  # the kernel's own words for it

    def apply(self, wanted: Table, look: bool) -> list[str]:
        """Load what differs, in one transaction; `look`: at what others did to the table, too.

        Returns the problem, if any.
        """
        try:
            if look and self._loaded and self._loaded.wanted and _list_table() != self._shown:
                self._loaded = None
            self._load(wanted)
            self.problem = None
        except TestbedError as error:
            self._loaded = None
            why = (error.why or error.what).splitlines()[0]
            self.problem = f"NetworkPolicies are not in force as they should be: nft: {why}"
        return [self.problem] if self.problem else []

    def _load(self, wanted: Table) -> None:
        text = transaction(self._loaded, wanted)
        if text and (wanted.wanted or _is_there()):
            run(["nft", "-f", "-"], text)
            self._shown = _list_table()
        self._loaded = wanted


def _list_table() -> str:
    """The table as nft lists it, without counters; empty if there is none."""
    done = attempt(["nft", "-s", "list", "table", *TABLE.split()])
    return done.stdout if done.returncode == 0 else ""


def _is_there() -> bool:
    """Is there a table, as of an earlier agent? Without nft there is none."""
    try:
        return bool(_list_table())
    except TestbedError:
        return False
