"""Actions on the backbone: namespaces and links, the lab's supervisor, IS-IS."""

from __future__ import annotations

from testbed.backbone import build as backbone
from testbed.backbone import link_mtu
from testbed.backbone.repair import program as repair
from testbed.host.wait import wait_for
from testbed.lab import silent_links, state, verify
from testbed.lab.up.context import UpContext

SHOWN = 5  # problems that are named


def title(context: UpContext) -> str:
    return f"{len(context.plan.nodes)} nodes and {len(context.plan.links)} links"


def build(context: UpContext) -> None:
    """Build the network, while the supervisor starts."""
    state.save(context.plan)
    backbone.build(context.plan)


def stands(context: UpContext) -> bool:
    """The network was there before this `up`."""
    return not context.fresh


def mend(context: UpContext) -> None:
    """Bring links up, and MTUs and static routes back that were changed; says which."""
    plan = context.plan
    for link in backbone.links_down(plan):
        backbone.set_link(plan, link, up=True)
        context.progress.note(f"{link.a.interface} was down, and is up again")
    for one in link_mtu.resized(plan):
        link_mtu.restore(one)
        context.progress.note(f"{one.port.interface} had MTU {one.now}, and has {one.wanted} again")
    for name, routes in verify.missing_routes(plan).items():
        for port in plan.ports_of(name):
            backbone.restore_port(plan, port)
        for route in routes:
            context.progress.note(f"{name} has its route to {route.name} again")


def wait_for_supervisor(context: UpContext) -> None:
    """Wait until programs can be started. Raises CheckFailed."""
    ready = context.supervisor.ready
    wait_for("the lab's supervisor", lambda: (ready() or None, "no answer"), timeout=30)


def has_repair(context: UpContext) -> bool:
    """Routers protect against failures by themselves."""
    return context.plan.repair != "off"


def verify_repair(context: UpContext) -> None:
    """Wait until every router has its backups. Raises CheckFailed."""

    def probe() -> tuple[bool | None, str]:
        found = repair.problems(context.plan)
        return (None if found else True), "; ".join(found[:SHOWN])

    wait_for("the routers' backups", probe, timeout=30, fix=f"testbed logs {repair.NAME}")


def has_bfd(context: UpContext) -> bool:
    """Routers watch each other."""
    return context.plan.bfd is not None


def verify_bfd(context: UpContext) -> None:
    """Wait until every link between routers has its session. Raises CheckFailed."""

    def probe() -> tuple[bool | None, str]:
        found = list(silent_links.problems(context.plan))
        return (None if found else True), "; ".join(found[:SHOWN])

    wait_for("the BFD sessions", probe, timeout=30, interval=0.1, fix="testbed status")


def verify_isis(context: UpContext) -> None:
    """Wait until every router holds what the plan's SPF demands. Raises CheckFailed."""
    verify.backbone_converged(context.plan)
