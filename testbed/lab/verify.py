"""Up means verified: routes as the plan's SPF demands, sessions and policies on every node."""

from __future__ import annotations

from collections.abc import Mapping

from testbed.agent.contract import NodeStatus
from testbed.agent.status_file import read_status
from testbed.host.wait import wait_for
from testbed.observe.convergence import difference
from testbed.observe.routes import isis_routes
from testbed.orchestrators.agents import present
from testbed.paths import NODES
from testbed.plan.model import Plan
from testbed.plan.spf import demanded_routes

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
        fix="testbed exec ROUTER vtysh -c 'show isis neighbor'",
    )


def backbone_problems(plan: Plan) -> list[str]:
    """What is not as the SPF demands, right now."""
    demanded = demanded_routes(plan)
    return difference(demanded, {router: isis_routes(router) for router in demanded})


def agent_status(node: str) -> NodeStatus | None:
    """The status that a node's agent wrote last, or None before its first."""
    return read_status(NODES / node / "status.json")


def cluster_problems(plan: Plan) -> list[str]:
    """What keeps the overlay from being complete, in words."""
    if plan.overlay == "calico-vpp":
        from testbed.orchestrators.kubernetes.calico_vpp import problems as of_calico

        return of_calico(plan)
    names = [n.name for n in present(plan)]
    problems: list[str] = []
    for name in names:
        status = agent_status(name)
        if status is None:
            problems.append(f"{name}: the agent has not reported yet")
        else:
            problems += [f"{name}: {p}" for p in _node_problems(plan, status, names)]
    return problems


def generations(plan: Plan) -> dict[str, int]:
    """Node → how many statuses its agent has written."""
    statuses = {node.name: agent_status(node.name) for node in present(plan)}
    return {name: status.generation for name, status in statuses.items() if status}


def reported_anew(plan: Plan, before: Mapping[str, int]) -> None:
    """Wait until every node's agent has written a status after those counted in `before`."""

    def probe() -> tuple[bool | None, str]:
        now = generations(plan)
        old = [n.name for n in present(plan) if now.get(n.name, 0) <= before.get(n.name, 0)]
        return (None if old else True), f"not from {', '.join(old)}"

    wait_for("the agents to report anew", probe, timeout=60, fix="testbed logs NODE.agent")


def _node_problems(plan: Plan, status: NodeStatus, present_nodes: list[str]) -> list[str]:
    problems = list(status.problems)
    if not status.ready:
        problems.append("agent is not ready")
    up = {session.address for session in status.sessions if session.established}
    peers = [n for n in present_nodes if n != status.node] + [n.name for n in plan.injectors]
    for peer in peers:
        if str(plan.address_v6(peer)) not in up:
            problems.append(f"no BGP session with {peer}")
    for peer in present_nodes:
        if peer == status.node:
            continue
        endpoint = str(plan.address_v6(peer))
        for family in _families(plan):
            if status.chosen_policy(endpoint, family) is None:
                problems.append(f"no IPv{family} policy towards {peer}")
    return problems


def _families(plan: Plan) -> list[int]:
    pools = plan.pools
    return [f for f, pool in ((4, pools.pods_v4), (6, pools.pods_v6)) if pool is not None]


def cluster_complete(plan: Plan) -> None:
    """Wait for all sessions, and a chosen policy for every pair of nodes and family."""

    def probe() -> tuple[bool | None, str]:
        problems = cluster_problems(plan)
        return (None if problems else True), "; ".join(problems[:5])

    fix = "testbed status; testbed logs NODE.agent"
    wait_for("the overlay", probe, timeout=60 * plan.patience, fix=fix)
