"""The detours in a router's kernel: around links that lose packets and stay up."""

from __future__ import annotations

import logging
import threading

from testbed.backbone.repair.ip_commands import FAMILIES, TO_DETOURS, batch
from testbed.backbone.repair.kernel import RouterKernel, by_isis
from testbed.engine.linkstate.lsp import Prefix
from testbed.engine.repair.detours import Detours, with_exceptions
from testbed.engine.repair.routes import DETOURS, MAIN, PROTOCOL
from testbed.host.namespaces import in_netns
from testbed.host.route_dump import routes_by
from testbed.host.run import run
from testbed.plan.model import Plan

log = logging.getLogger(__name__)


class DetourTable:
    """One router's; it knows which of its interfaces are silent. Two threads may call it."""

    def __init__(self, plan: Plan, kernel: RouterKernel) -> None:
        self._kernel, self._detours = kernel, Detours(plan, kernel.router)
        self._lock = threading.Lock()
        self._silent: set[str] = set()
        self._installed: dict[Prefix, str] = {}
        self._ruled = False

    def rule_was_lost(self) -> None:
        """Have the next `update` bring the rules back."""
        self._ruled = False

    def tell(self, interface: str, silent: bool) -> None:
        """Packets do not pass this interface any more, or again."""
        with self._lock:
            if silent:
                self._silent.add(interface)
            else:
                self._silent.discard(interface)
            self._update()

    def update(self) -> None:
        """Have the detours that are needed now, and no others.

        An interface that IS-IS does not use any more is forgotten: what it uses later is new.
        """
        with self._lock:
            self._update()

    def clear(self) -> None:
        """Remove all of it."""
        with self._lock:
            TO_DETOURS.change(self._kernel.router, "del")
            self._flush()

    def _update(self) -> None:
        router = self._kernel.router
        if not self._ruled:
            self._begin()
        if not self._silent and not self._installed:
            return
        main = by_isis(router)
        self._silent &= {interface for used in main.values() for interface in used}
        found = list(self._detours.around(self._silent, main, self._kernel.backups()))
        lines = {one.place.prefix: one.line for one in with_exceptions(found, self._prefixes())}
        new = [line for prefix, line in lines.items() if self._installed.get(prefix) != line]
        gone = sorted(map(str, self._installed.keys() - lines.keys()))
        batch(
            router,
            [f"route replace {line}" for line in new]
            + [f"route del {prefix} table {DETOURS} proto {PROTOCOL}" for prefix in gone],
        )
        if new or gone:
            log.info("%s: silent: %s; detours: %d", router, sorted(self._silent), len(found))
        self._installed = lines

    def _begin(self) -> None:
        """What a program before this one may have left is of another moment."""
        if not self._installed:
            self._flush()
        TO_DETOURS.change(self._kernel.router, "add")
        self._ruled = True

    def _flush(self) -> None:
        for family in FAMILIES:
            flush = ["ip", "-n", self._kernel.router, family, "route", "flush"]
            run([*flush, "table", str(DETOURS)], check=False)
        self._installed = {}

    def _prefixes(self) -> frozenset[Prefix]:
        """All that the main table has."""
        with in_netns(self._kernel.router):
            return frozenset(route.prefix for route in routes_by(None) if route.table == MAIN)
