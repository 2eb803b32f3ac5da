"""Up means verified: routes as the plan's SPF demands, sessions and policies on every node."""

from __future__ import annotations

from testbed.host.wait import wait_for
from testbed.observe.convergence import difference
from testbed.observe.routes import isis_routes, routes_of
from testbed.orchestrators.overlays.registry import overlay_of
from testbed.plan.model import Plan
from testbed.plan.spf import demanded_routes
from testbed.render import network
from testbed.render.network import StaticRoute

_BY_HAND = (3, 4)  # RTPROT_BOOT, which `ip` gives where no protocol is named, and RTPROT_STATIC
# What the profile's timers need at worst, and then some (seconds).
CONVERGENCE_LIMIT = {"fast": 60.0, "paper": 180.0}


def backbone_converged(plan: Plan) -> None:
    """Wait until every router holds every demanded prefix over exactly the right next hops."""
    waiting = dict(demanded_routes(plan))

    def probe() -> tuple[bool | None, str]:
        missing: list[str] = []
        for router in list(waiting):
            wrong = difference({router: waiting[router]}, {router: isis_routes(router)})
            if wrong:
                missing += wrong
                break  # one router that is not there yet is enough to wait on
            del waiting[router]
        return (None if waiting else True), "; ".join(missing[:5])

    wait_for(
        "IS-IS to converge",
        probe,
        timeout=CONVERGENCE_LIMIT[plan.profile],
        fix=lambda: f"testbed exec {next(iter(waiting))} vtysh -c 'show isis neighbor'",
    )


def backbone_problems(plan: Plan) -> list[str]:
    """What is not as the SPF demands, right now."""
    demanded = demanded_routes(plan)
    return difference(demanded, {router: isis_routes(router) for router in demanded})


def missing_routes(plan: Plan) -> dict[str, list[StaticRoute]]:
    """Node → the static routes of the plan that it does not have, e.g. its default routes."""
    missing: dict[str, list[StaticRoute]] = {}
    for node in plan.namespaced:
        wanted = network.static_routes(plan, node)
        if wanted:
            have = {
                (prefix, interface)
                for proto in _BY_HAND
                for prefix, interfaces in routes_of(node.name, proto).items()
                for interface in interfaces
            }
            prefixes = {prefix for prefix, _ in have}
            missing[node.name] = [
                route
                for route in wanted
                if (route.prefix not in prefixes)
                or (route.behaviour and (route.prefix, route.interface) not in have)
            ]
    return {name: routes for name, routes in missing.items() if routes}


def static_problems(plan: Plan) -> list[str]:
    """Missing static routes, as sentences."""
    return [
        f"{name}: no route to {route} (`testbed up` repairs it)"
        for name, routes in missing_routes(plan).items()
        for route in routes
    ]


def cluster_problems(plan: Plan) -> list[str]:
    """What keeps the overlay from being complete, in words."""
    return overlay_of(plan).problems(plan)


def cluster_complete(plan: Plan) -> None:
    """Wait for all sessions, and a chosen policy for every pair of nodes and family."""

    def probe() -> tuple[bool | None, str]:
        problems = cluster_problems(plan)
        return (None if problems else True), "; ".join(problems[:5])

    fix = "testbed status; testbed logs, which lists the programs that have one"
    wait_for("the overlay", probe, timeout=60 * plan.slowness, fix=fix)
