"""What each router of a running lab shall hold, from its own link state, and that it does."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from testbed.backbone.link_state import link_state_at, link_state_version
from testbed.backbone.repair.detour_table import DetourTable
from testbed.backbone.repair.kernel import RouterKernel
from testbed.engine.repair.backups import Backup, Repairs
from testbed.engine.repair.routes import RepairPlan, RepairRoute
from testbed.errors import TestbedError
from testbed.plan.model import Plan
from testbed.plan.mtu import REPAIR_SEGMENTS

log = logging.getLogger(__name__)
Version = frozenset[tuple[str, ...]]


def repairs_at(plan: Plan, router: str) -> Repairs:
    """Backups by what this router's isisd knows. Raises CheckFailed if it does not answer."""
    state = link_state_at(plan, router)
    return Repairs(state.network, state.prefixes, REPAIR_SEGMENTS)


@dataclass
class _Router:
    """A router's kernel, and what is wanted there by a version of its link state."""

    kernel: RouterKernel
    detours: DetourTable | None = None  # with BFD
    version: Version | None = None
    backups: tuple[Backup, ...] = ()


class Keeper:
    """Keeps the kernels of all routers as their link states demand."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._routes = plan, RepairPlan(plan)
        self._routers = {r.name: _router(plan, r.name) for r in plan.routers}
        self._repairs: dict[Version, Repairs] = {}

    def rule_was_lost(self, router: str) -> None:
        """Have the next look bring the router's rules back."""
        found = self._routers[router]
        found.kernel.rule_was_lost()
        if found.detours:
            found.detours.rule_was_lost()

    def adjacency_changed(self, router: str, interface: str, down: bool) -> None:
        """BFD or hellos have found that packets get lost there, or not any more: act at once."""
        detours = self._routers[router].detours
        if detours:
            detours.tell(interface, down)

    def look(self) -> bool:
        """Bring every router to what its link state demands; True if that is so everywhere."""
        done = [self._look_at(name, router) for name, router in self._routers.items()]
        used = {router.version for router in self._routers.values()}
        self._repairs = {v: found for v, found in self._repairs.items() if v in used}
        return all(done)

    def clear(self) -> None:
        """Remove everything from all routers."""
        for router in self._routers.values():
            router.kernel.clear()
            if router.detours:
                router.detours.clear()

    def _look_at(self, name: str, router: _Router) -> bool:
        try:
            known = self._read(name, router)
        except TestbedError as error:  # its isisd is about to start; what is there stays
            log.info("%s", error)
            return False
        routes: list[RepairRoute] = [
            *self._routes.unpacking(name),
            *self._routes.backups(router.backups),
        ]
        done = router.kernel.apply(routes, self._routes.next_hops(router.backups))
        if router.detours:
            router.detours.update()
        return done and known

    def _read(self, name: str, router: _Router) -> bool:
        """Compute the router's backups anew if its link state is another; False: it is empty."""
        version = link_state_version(name)
        if version == router.version:
            return True
        if version not in self._repairs:
            self._repairs[version] = repairs_at(self._plan, name)
        backups = self._repairs[version].of(name, self._plan.repair)
        if not backups and router.backups:  # an isisd that has just started knows itself alone
            return False
        router.version, router.backups = version, tuple(backups)
        log.info("%s: %d destinations", name, len(backups))
        return True


def _router(plan: Plan, name: str) -> _Router:
    kernel = RouterKernel(name)
    return _Router(kernel, DetourTable(plan, kernel) if plan.bfd else None)
