"""The node overlay `agent`: gobgpd and the testbed's agent on every node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from testbed.agent.contract import NodeStatus
from testbed.host.progress import Progress
from testbed.kube.documents import KubeObject
from testbed.orchestrators import agents
from testbed.orchestrators.agent_status import agent_status
from testbed.orchestrators.kubernetes import base_objects
from testbed.orchestrators.overlays.base import CniFiles
from testbed.paths import CNI_NETWORKS, CNI_PLUGINS
from testbed.plan.model import Node, Plan
from testbed.providers.base import NodeHandle
from testbed.providers.members import present

_NAMED = 3
_SILENT = "the agent has not reported yet"
CNI_PLUGIN = f"{CNI_PLUGINS}/testbed"
CNI_CONFIGURATION = f"{CNI_NETWORKS}/10-testbed.conflist"


class AgentOverlay:
    """A NodeOverlay."""

    pods_at_start = True
    own_definitions = False

    def fetch(self, say: Callable[[str], None]) -> None:
        """Agents are part of the testbed."""

    def cni(self, configuration: str, node: NodeHandle) -> CniFiles:
        from testbed.agent.cni import plugin_main

        plugin = node.package(Path(str(plugin_main.__file__)))
        return CniFiles({CNI_CONFIGURATION: configuration}, {CNI_PLUGIN: str(plugin)})

    def start(self, nodes: Sequence[Node], gobgpd: Path) -> None:
        agents.start(nodes, gobgpd)

    def objects(self, plan: Plan) -> list[KubeObject]:
        return base_objects.resources(plan)

    def install(self, plan: Plan, progress: Progress) -> None:
        """Agents are no pods."""

    def problems(self, plan: Plan) -> list[str]:
        names = [n.name for n in present(plan)]
        found: dict[str, list[str]] = {}  # what, and who says so
        for name in names:
            status = agent_status(name)
            for problem in _node_problems(plan, status, names) if status else [_SILENT]:
                found.setdefault(problem, []).append(name)
        return [f"{say_who(nodes)}: {problem}" for problem, nodes in found.items()]


def say_who(nodes: Sequence[str]) -> str:
    """The first three by name, of the others how many: what concerns the lab, all nodes say."""
    rest = len(nodes) - _NAMED
    return ", ".join(nodes[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _node_problems(plan: Plan, status: NodeStatus, present_nodes: list[str]) -> list[str]:
    problems = list(status.problems)
    if not status.ready:
        problems.append("agent is not ready")
    up = {session.address for session in status.sessions if session.established}
    peers = [n for n in present_nodes if n != status.node] + [n.name for n in plan.injectors]
    for peer in peers:
        if str(plan.address_v6(peer)) not in up:
            problems.append(f"no BGP session with {peer}")
    routers = {router.name for router in plan.edge_routers}  # asked for by routed pools alone
    down = (s.peer for s in status.sessions if s.peer in routers and not s.established)
    problems += [f"no BGP session with {router}" for router in down]
    for peer in present_nodes:
        if peer == status.node:
            continue
        endpoint = str(plan.address_v6(peer))
        for family in _pod_families(plan):
            used = status.chosen_policy(endpoint, family)
            if used is None and not status.drops(endpoint, family):
                problems.append(f"no IPv{family} policy towards {peer}")
    return problems


def _pod_families(plan: Plan) -> list[int]:
    pools = plan.pools
    return [f for f, pool in ((4, pools.pods_v4), (6, pools.pods_v6)) if pool is not None]
