"""Prints the output of `testbed status` for a terminal."""

from __future__ import annotations

from testbed.agent.contract import NodeStatus
from testbed.report.lab_status import LabStatus
from testbed.report.tables import Column, show_table

NODES = [
    *map(Column, ("node", "TE", "sessions")),
    Column("blocks", prose=True),
    Column("local SIDs", rank=1),
]
POLICIES = [
    *map(Column, ("head end", "endpoint", "family", "source")),
    Column("segments", prose=True),
]
SHOWN = 12  # problems on a terminal; one cut link has dozens of consequences


def print_status(lab: str, status: LabStatus, wide: bool = False) -> None:
    """Nodes, policies and pods as tables, then what is not as wanted."""
    running = sum(program.runs for program in status.programs.values())
    print(
        f"lab {lab}: {status.topology}, profile {status.profile}, "
        f"{len(status.routers)} routers, {len(status.hosts)} hosts, "
        f"{running}/{len(status.programs)} programs running"
    )
    if status.box:
        print("machines: box " + ", ".join(f"{k} {v}" for k, v in status.box.items()))
    agents = {name: report for name, report in status.nodes.items() if report}
    if agents:
        show_table("Nodes", NODES, _list_node_rows(agents), wide)
        show_table("Policies in use", POLICIES, _list_policy_rows(agents), wide)
        _print_refused(agents)
        _print_isolation(agents)
    if status.pods:
        rows = [[pod.name, pod.node, pod.ipv4 or "-", pod.ipv6 or "-"] for pod in status.pods]
        show_table("Pods", ["pod", "node", "IPv4", "IPv6"], rows, wide)
    if status.problems:
        print("Not as wanted:")
        for problem in status.problems[:SHOWN]:
            print(f"  ✗ {problem}")
        if len(status.problems) > SHOWN:
            print(f"  … and {len(status.problems) - SHOWN} more (--format json has all)")
    print(conclude(status))


def conclude(status: LabStatus) -> str:
    """The last line: what was measured, and that all is well only if it is."""
    measured = status.measured
    if status.problems:
        return f"Measured: {measured}." if measured else "Not measured: `testbed status --probe`."
    if len(status.nodes) < 2:
        return "Everything is as wanted, as reported."
    if measured is None:
        return "Everything is as wanted, as reported (`testbed status --probe` measures it)."
    if not measured.probes:
        return f"Everything is as wanted, as reported; not measured: {measured}."
    return f"Everything is as wanted, and measured: {measured}."


def _print_refused(agents: dict[str, NodeStatus]) -> None:
    """The policies that a head end cannot use, and why."""
    refused = [
        f"  {name} to {policy.endpoint} IPv{policy.family} ({policy.source}): {policy.why}"
        for name, status in agents.items()
        for policy in status.policies
        if policy.refused
    ]
    if refused:
        print("Policies not used:")
        print("\n".join(refused[:SHOWN]))
    if len(refused) > SHOWN:
        print(f"  … and {len(refused) - SHOWN} more (`testbed policy list` has all)")


def _print_isolation(agents: dict[str, NodeStatus]) -> None:
    """On which nodes NetworkPolicies isolate pods."""
    isolated = [
        f"{name}: {one.pods} pods by {one.policies} policies with {one.rules} rules"
        for name, status in agents.items()
        if (one := status.isolation).pods
    ]
    if isolated:
        print(f"NetworkPolicies isolate: {'; '.join(isolated)}")


def _list_node_rows(agents: dict[str, NodeStatus]) -> list[list[str]]:
    rows = []
    for name, status in agents.items():
        up = sum(session.established for session in status.sessions)
        sids = (("dt4", status.local_sids.dt4), ("dt6", status.local_sids.dt6))
        rows.append(
            [
                name,
                status.te_mode,
                f"{up}/{len(status.sessions)}",
                "\n".join(status.blocks),
                "\n".join(f"{kind} {sid}" for kind, sid in sids if sid),
            ]
        )
    return rows


def _list_policy_rows(agents: dict[str, NodeStatus]) -> list[list[str]]:
    return [
        [
            name,
            policy.endpoint,
            f"IPv{policy.family}",
            policy.source,
            "\n".join(" → ".join(item.segments) for item in policy.segment_lists),
        ]
        for name, status in agents.items()
        for policy in status.policies
        if policy.chosen
    ]
