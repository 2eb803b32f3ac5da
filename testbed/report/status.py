"""Prints the output of `testbed status` for a terminal."""

from __future__ import annotations

from typing import Any

from testbed.agent.contract import NodeStatus
from testbed.report.tables import show_table

SHOWN = 12  # problems on a terminal; one cut link has dozens of consequences


# Any: the view is a JSON document with values of several kinds, made in testbed/lab/status.py
def print_status(lab: str, view: dict[str, Any]) -> None:
    """Print nodes, policies and pods as tables, then all problems."""
    running = sum(p["state"] == "RUNNING" for p in view["programs"].values())
    print(
        f"lab {lab}: {view['topology']}, profile {view['profile']}, "
        f"{len(view['routers'])} routers, {len(view['hosts'])} hosts, "
        f"{running}/{len(view['programs'])} programs running"
    )
    if view["box"]:
        print("machines: box " + ", ".join(f"{k} {v}" for k, v in view["box"].items()))
    agents = {name: status for name, status in view["nodes"].items() if status}
    if agents:
        show_table(
            "Nodes", ["node", "TE", "sessions", "blocks", "local SIDs"], _list_node_rows(agents)
        )
        show_table(
            "Policies in use",
            ["head end", "endpoint", "family", "source", "segments"],
            _list_policy_rows(agents),
        )
    if view["pods"]:
        rows = [[p["name"], p["node"], p["ipv4"] or "-", p["ipv6"] or "-"] for p in view["pods"]]
        show_table("Pods", ["pod", "node", "IPv4", "IPv6"], rows)
    if view["problems"]:
        print("Not as wanted:")
        for problem in view["problems"][:SHOWN]:
            print(f"  ✗ {problem}")
        if len(view["problems"]) > SHOWN:
            print(f"  … and {len(view['problems']) - SHOWN} more (--format json has all)")
    else:
        print("Everything is as wanted.")


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
