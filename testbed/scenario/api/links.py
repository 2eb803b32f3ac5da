"""`testbed.links`: links that are cut and mended, and routers that process SRHs or not."""

from __future__ import annotations

from pathlib import Path

from testbed.backbone.bfd.sessions import silent_links
from testbed.backbone.build import cut_off, set_link
from testbed.backbone.repair import program as repair
from testbed.backbone.shaping import ALL, reshape
from testbed.host.namespaces import in_netns
from testbed.lab import verify
from testbed.lab.access.links import find_link
from testbed.scenario.api.context import Context


class Links:
    """The backbone; all of it is as before when the scenario ends."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def cut(self, a: str, b: str) -> None:
        """Cut a link; it is mended when the scenario ends."""
        plan = self._context.plan
        link = find_link(plan, a, b)
        self._context.undo.callback(self.mend, a, b)
        set_link(plan, link, up=False)

    def mend(self, a: str, b: str) -> None:
        """Mend a link and wait for IS-IS."""
        plan = self._context.plan
        set_link(plan, find_link(plan, a, b), up=True)
        verify.backbone_converged(plan)

    def silence(self, a: str, b: str) -> None:
        """Have a link lose every packet and stay up; it is as before when the scenario ends."""
        plan = self._context.plan
        link = find_link(plan, a, b)
        self._context.undo.callback(self.end_silence, a, b)
        reshape(plan, link, link.shaping.bandwidth, link.shaping.delay, ALL)

    def end_silence(self, a: str, b: str) -> None:
        """Have the link carry packets again, and wait for IS-IS."""
        plan = self._context.plan
        link = find_link(plan, a, b)
        reshape(plan, link, link.shaping.bandwidth, link.shaping.delay, link.shaping.loss)
        self.wait_converged()

    def wait_converged(self) -> None:
        """Wait until every router has the routes of the whole backbone."""
        verify.backbone_converged(self._context.plan)

    def wait_watched(self) -> None:
        """Wait until every link between routers has its BFD session."""
        self._context.wait("BFD sessions", lambda: not silent_links(self._context.plan))

    def cut_router(self, router: str) -> None:
        """Cut all links of a router at once; they are mended when the scenario ends."""
        plan = self._context.plan
        self._context.undo.callback(self.mend_router, router)
        cut_off(plan, router)

    def mend_router(self, router: str) -> None:
        """Mend all links of a router and wait for IS-IS."""
        plan = self._context.plan
        for link in plan.links_of(router):
            set_link(plan, link, up=True)
        verify.backbone_converged(plan)

    def wait_protected(self) -> None:
        """Wait until every router has its backups (local repair)."""
        plan = self._context.plan
        self._context.wait("backups on every router", lambda: not repair.problems(plan))

    def set_seg6(self, router: str, enabled: bool) -> None:
        """Let a router process SRHs or not (seg6_enabled on all its interfaces)."""
        _write_seg6(router, enabled)
        if not enabled:
            self._context.undo.callback(_write_seg6, router, True)


def _write_seg6(router: str, enabled: bool) -> None:
    with in_netns(router):
        for file in Path("/proc/sys/net/ipv6/conf").glob("*/seg6_enabled"):
            file.write_text("1" if enabled else "0")
